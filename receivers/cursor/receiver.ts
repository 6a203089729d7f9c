import type { Component, ReceiverHost, Settings } from "#component/component.ts";
import { FileTable, type Look } from "#tail/file-table.ts";
import { aborted, Following } from "#tail/following.ts";
import { Outgoing } from "#tail/outgoing.ts";
import type { CursorConfig } from "./config.ts";
import { Conversations } from "./conversations.ts";
import { DatabaseThread } from "./database/thread.ts";
import type { Job } from "./database/job.ts";
import { DatabaseReading, type DatabaseReadingOptions } from "./database-reading.ts";
import { Databases } from "./databases.ts";
import { HOOK_FOLDER, HookFolder } from "./hook-folder.ts";
import { HookKey } from "./hook-key.ts";
import { HookReading } from "./hook-reading.ts";
import { HookTurns } from "./hook-turns.ts";
import { Reading } from "./reading.ts";
import { defaultUserDir, selectionOf } from "./roots.ts";
import { noContext, type TranscriptContext } from "./transcript.ts";
import { WorkingFolders } from "./working-folder.ts";

const SCOPE = { name: "talos.receiver.cursor", version: "0.1.0" };
const NONE_FOUND =
  "no transcripts of Cursor found yet: is Cursor used on this machine, and does `include` name its folder?";

export class CursorReceiver implements Component {
  readonly #host: ReceiverHost;
  readonly #outgoing: Outgoing;
  readonly #reading: Reading;
  readonly #conversations: Conversations;
  readonly #thread = new DatabaseThread();
  readonly #databases: DatabaseReading | undefined;
  readonly #hooks: HookReading | undefined;
  readonly #hookTurns: HookTurns | undefined;
  readonly #following: Following<TranscriptContext>;
  #isFirstPass = true;
  #areHooksKnown = false;

  constructor(settings: Settings, config: CursorConfig, host: ReceiverHost) {
    const { clock, log, platform } = settings;
    this.#host = host;
    const files = new FileTable(host, noContext);
    const folders = new WorkingFolders(platform);
    const outgoing = new Outgoing({
      host,
      clock,
      log,
      scope: SCOPE,
      takePositions: (into) => {
        files.takeChanged(into);
        this.#conversations.takePositions(into);
        this.#databases?.takePositions(into);
        this.#hooks?.takePositions(into);
      },
      open: () => this.#conversations.open,
    });
    this.#outgoing = outgoing;
    const common = { host, clock, log, folders, outgoing, isStopped: () => this.#following.isStopped };
    const folder = config.hooks ? host.folder?.(HOOK_FOLDER) : undefined;
    if (folder !== undefined) {
      const seed = host.secret?.(HOOK_FOLDER);
      this.#hookTurns = new HookTurns(host);
      this.#hooks = new HookReading({
        ...common,
        platform,
        folder: new HookFolder(folder.path),
        isOwn: folder.isOwn,
        key: seed === undefined ? undefined : new HookKey(seed),
        turns: this.#hookTurns,
        learn: (cwd) => folders.learn(cwd),
        wake: () => this.#following.wake(),
      });
    }
    this.#conversations = new Conversations({
      ...common,
      hooks: this.#hookTurns,
      idleTimeoutMs: config.idle_timeout,
      sinceMs: config.start_at === "end" ? host.firstStartMs : 0,
      texts: (file, keys) => this.#texts(file, keys),
    });
    this.#reading = new Reading({ ...common, maxLineBytes: config.max_line_size, files });
    if (config.database) {
      const userDir = config.user_dir ?? defaultUserDir(platform);
      folders.learnWorkspaces(userDir);
      this.#databases = this.#databasesIn(userDir, config, common);
    }
    this.#following = new Following({
      settings,
      host,
      config,
      selection: selectionOf(config, platform),
      files,
      noneFound: NONE_FOUND,
      pass: (looks) => this.#pass(looks),
      finish: () => this.#finish(),
      nextDeadline: () => this.#conversations.nextDeadline(),
    });
  }

  #databasesIn(
    userDir: string,
    { start_at, database_interval }: CursorConfig,
    common: Pick<Settings, "clock" | "log"> &
      Pick<DatabaseReadingOptions, "host" | "folders" | "outgoing" | "isStopped">,
  ): DatabaseReading {
    const { host, outgoing } = common;
    const ask = (job: Job) => this.#thread.ask(job);
    const databases = new Databases({
      ...common,
      userDir,
      sinceMs: Math.max(start_at === "end" ? host.firstStartMs : 0, host.skipBeforeMs ?? 0),
      isRead: (id, changedMs) => this.#conversations.isRead(id, changedMs),
      ask,
      count: (name) => outgoing.count(name),
    });
    return new DatabaseReading({
      ...common,
      intervalMs: database_interval,
      databases,
      conversations: this.#conversations,
      ask,
      wake: () => this.#following.wake(),
    });
  }

  async #texts(file: string, keys: string[]): Promise<string[]> {
    const answer = await this.#thread.ask({ kind: "texts", file, keys });
    return answer.outcome === "texts" ? answer.texts : [];
  }

  async start(): Promise<void> {
    this.#hooks?.start();
    this.#following.start();
  }

  /** Ends reading. What is over is stored; what is open is read again at the next start. */
  async shutdown(signal: AbortSignal): Promise<void> {
    if (this.#following.isStopped) return;
    this.#databases?.due();
    const isComplete = this.#host.isPausing === true && (await this.#following.lastLook(signal));
    this.#following.stop();
    this.#databases?.stop();
    this.#hooks?.stop();
    this.#outgoing.stop();
    await this.#following.settled(signal);
    if (!signal.aborted) {
      if (isComplete) await this.#settleAll();
      await Promise.race([this.#outgoing.flush(), aborted(signal)]);
    }
    await this.#thread.stop();
  }

  async #pass(looks: Look<TranscriptContext>[]): Promise<void> {
    const touched = await this.#reading.readAll(looks);
    if (this.#isFirstPass) {
      this.#isFirstPass = false;
      for (const id of this.#reading.conversations) if (this.#conversations.isOwed(id)) touched.add(id);
    }
    do {
      await this.#round(touched);
    } while (this.#host.once && this.#hooks?.isMore === true && !this.#following.isStopped);
  }

  async #round(touched: Set<string>): Promise<void> {
    for (const id of await this.#hooked()) touched.add(id);
    const isAsked = this.#databases === undefined;
    for (const id of touched) this.#conversations.of(id).isAsked ||= isAsked;
    for (const id of (await this.#databases?.look(touched)) ?? []) touched.add(id);
    for (const { id } of this.#conversations.due) touched.add(id);
    for (const id of touched) {
      if (this.#following.isStopped) return;
      await this.#settle(id);
      if (this.#outgoing.isFull) await this.#outgoing.flush();
    }
    this.#databases?.settled();
    this.#hooks?.settled();
    this.#conversations.forget();
    await this.#outgoing.flush();
    if (!this.#following.isStopped) this.#hooks?.tidy();
    touched.clear();
  }

  /** Conversations of which hooks have news. */
  async #hooked(): Promise<Set<string>> {
    const news = (await this.#hooks?.read()) ?? new Set();
    for (const id of news) await this.#reading.catchUp(id);
    if (!this.#areHooksKnown) {
      this.#areHooksKnown = true;
      for (const id of this.#hookTurns?.conversations ?? []) if (this.#conversations.isOwed(id)) news.add(id);
    }
    return news;
  }

  async #settle(id: string, isEnd = false): Promise<void> {
    const conversation = this.#conversations.of(id);
    conversation.transcript = await this.#reading.transcriptOf(id);
    await this.#conversations.settle(conversation, isEnd);
  }

  async #finish(): Promise<void> {
    for (;;) {
      await this.#settleAll();
      await this.#outgoing.flush();
      if (this.#following.isStopped) return;
      this.#hooks?.tidy();
      if (this.#hooks?.isMore !== true) return;
      await this.#round(new Set());
    }
  }

  /** What is there is all there is. */
  async #settleAll(): Promise<void> {
    for (const { id, isOpen } of this.#conversations.active) if (isOpen) await this.#settle(id, true);
  }
}
