import path from "node:path";
import { existsSync } from "node:fs";
import type { Component, ReceiverHost, Settings } from "#component/component.ts";
import type { ClaudeCodeConfig } from "./config.ts";
import { discover, discoverBelow, type Found, isSelected, type Selection } from "./discovery.ts";
import { FileTable, type Look } from "./file-table.ts";
import { FolderWatch, needsPolling } from "./folder-watch.ts";
import { compileGlob } from "./glob.ts";
import { Ledger } from "./ledger.ts";
import { Outgoing } from "./outgoing.ts";
import { Reading } from "./reading.ts";
import { defaultIncludes } from "./roots.ts";

const SCOPE = { name: "talos.receiver.claude_code", version: "0.1.0" };
/** A burst of writes is taken together: each pass ends in a commit, which costs a sync of the disk. */
const COALESCE_MS = 100;

export class ClaudeCodeReceiver implements Component {
  readonly #settings: Settings;
  readonly #config: ClaudeCodeConfig;
  readonly #host: ReceiverHost;
  readonly #selection: Selection;
  readonly #files: FileTable;
  readonly #ledger: Ledger;
  readonly #outgoing: Outgoing;
  readonly #reading: Reading;
  readonly #watch: FolderWatch;
  readonly #dirtyFiles = new Set<string>();
  readonly #dirtyFolders = new Set<string>();
  #isFirstLook = true;
  #fullLookDue = true;
  #polling = false;
  #stopped = false;
  #running: Promise<void> | undefined;
  #again = false;
  #cancelWake: (() => void) | undefined;
  #cancelDeadline: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;

  constructor(settings: Settings, config: ClaudeCodeConfig, host: ReceiverHost) {
    const { clock, log, platform } = settings;
    this.#settings = settings;
    this.#config = config;
    this.#host = host;
    const compile = (pattern: string) => compileGlob(pattern, platform);
    this.#selection = {
      includes: (config.include ?? defaultIncludes(platform)).map(compile),
      excludes: config.exclude.map(compile),
    };
    this.#files = new FileTable(host);
    const open = () => this.#ledger.open;
    this.#outgoing = new Outgoing({ host, clock, log, files: this.#files, scope: SCOPE, open });
    this.#ledger = new Ledger({
      finalDelayMs: config.final_delay,
      idleTimeoutMs: config.idle_timeout,
      sinceMs: config.start_at === "end" ? host.firstStartMs : 0,
      text: () => host.text?.(),
      now: () => clock.now(),
      emit: (record) => this.#outgoing.emit(record),
      drop: (reason) => this.#outgoing.drop(reason),
      count: (name) => this.#outgoing.count(name),
    });
    this.#reading = new Reading({
      host,
      clock,
      log,
      config,
      files: this.#files,
      ledger: this.#ledger,
      outgoing: this.#outgoing,
      isStopped: () => this.#stopped,
      lag: (bytes) => settings.gauge?.("lag_bytes", bytes),
    });
    this.#watch = new FolderWatch(platform.os, {
      onChange: (changed, moved) => this.#changed(changed, moved),
      onUnknown: () => this.#lookAtAll(),
      onExhausted: () => this.#poll("no watches left, polling instead"),
    });
  }

  async start(): Promise<void> {
    if (!this.#host.once) this.#chooseWatching();
    this.#run();
  }

  /** Ends reading. What is final is stored; what is open is read again at the next start. */
  async shutdown(signal: AbortSignal): Promise<void> {
    if (this.#stopped) return;
    const isComplete = this.#host.isPausing === true && (await this.#lastLook(signal));
    this.#stopped = true;
    this.#cancelWake?.();
    this.#cancelDeadline?.();
    this.#cancelLook?.();
    this.#watch.close();
    this.#outgoing.stop();
    await this.#reading.stop();
    await Promise.race([this.#running, aborted(signal)]);
    if (signal.aborted) return;
    if (isComplete) this.#ledger.finish();
    else this.#ledger.expire();
    await Promise.race([this.#outgoing.flush(), aborted(signal)]);
  }

  /** Reads what is there before a pause. False when it took too long. */
  async #lastLook(signal: AbortSignal): Promise<boolean> {
    this.#fullLookDue = true;
    this.#run();
    await Promise.race([this.#running, aborted(signal)]);
    return !signal.aborted;
  }

  #chooseWatching(): void {
    const { watch } = this.#config;
    const { os } = this.#settings.platform;
    if (watch === "poll") this.#polling = true;
    else if (watch === "auto" && this.#selection.includes.some(({ base }) => needsPolling(base, os))) {
      this.#poll("a network mount tells of no changes, polling instead");
    }
    this.#scheduleLook();
  }

  #poll(reason: string): void {
    if (this.#polling || this.#stopped) return;
    this.#polling = true;
    this.#settings.log.warn(reason, { interval_ms: this.#config.poll_interval });
    this.#watch.close();
    this.#scheduleLook();
  }

  /** The only timer that runs while nothing happens. */
  #scheduleLook(): void {
    this.#cancelLook?.();
    const delayMs = this.#polling ? this.#config.poll_interval : this.#config.reconcile_interval;
    this.#cancelLook = this.#settings.clock.after(delayMs, () => {
      this.#scheduleLook();
      this.#lookAtAll();
    });
  }

  #lookAtAll(): void {
    this.#fullLookDue = true;
    this.#wake();
  }

  #changed(changed: string, moved: boolean): void {
    if (isSelected(changed, this.#selection)) this.#dirtyFiles.add(changed);
    else if (!moved) return;
    else if (this.#selection.includes.some((glob) => glob.mayHold(changed))) this.#dirtyFolders.add(changed);
    else if (this.#selection.includes.some(({ base }) => isAbove(changed, base))) this.#fullLookDue = true;
    else return;
    this.#wake();
  }

  #wake(): void {
    if (this.#stopped || this.#cancelWake !== undefined) return;
    this.#cancelWake = this.#settings.clock.after(COALESCE_MS, () => {
      this.#cancelWake = undefined;
      this.#run();
    });
  }

  /** One pass at a time; what is noticed meanwhile makes another one. */
  #run(): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#running = this.#passes()
      .catch((error: unknown) => {
        // The error's own text may name a path.
        this.#host.fatal(
          new Error(`reading transcripts failed: ${error instanceof Error ? error.name : "unknown"}`),
        );
      })
      .finally(() => {
        this.#running = undefined;
        this.#scheduleDeadline();
      });
  }

  async #passes(): Promise<void> {
    do {
      this.#again = false;
      await this.#pass();
    } while (this.#again && !this.#stopped);
    if (!this.#host.once || this.#stopped) return;
    this.#ledger.finish(true);
    await this.#outgoing.flush();
    this.#host.finished();
  }

  async #pass(): Promise<void> {
    const looks = this.#fullLookDue ? this.#everything() : this.#whatChanged();
    await this.#reading.readAll(looks);
    if (this.#stopped) return;
    this.#ledger.expire();
    await this.#outgoing.flush();
  }

  #everything(): Look[] {
    this.#fullLookDue = false;
    this.#dirtyFiles.clear();
    this.#dirtyFolders.clear();
    const isHistory = this.#isFirstLook && this.#host.isFirstStart && this.#config.start_at === "end";
    const skipBeforeMs = this.#isFirstLook ? this.#host.skipBeforeMs : undefined;
    const above = this.#host.once || this.#polling ? [] : this.#missingRoots();
    for (const dir of above) this.#watch.add(dir, false);
    const found = this.#listed(() => discover(this.#selection));
    this.#watch.keep(new Set([...found.dirs, ...above]));
    const files = new Set(found.files);
    if (this.#isFirstLook && files.size === 0) {
      const message =
        "no transcripts found yet: is Claude Code used on this machine, and does `include` name its folder?";
      this.#settings.log.warn(message);
    }
    this.#isFirstLook = false;
    this.#files.missing(files, this.#settings.clock.now());
    return this.#look(files, isHistory ? "end" : "beginning", skipBeforeMs);
  }

  #whatChanged(): Look[] {
    for (const folder of this.#dirtyFolders) {
      this.#watch.forget(folder);
      const found = this.#listed(() => discoverBelow(folder, this.#selection));
      for (const file of found.files) this.#dirtyFiles.add(file);
    }
    this.#dirtyFolders.clear();
    const files = new Set(this.#dirtyFiles);
    this.#dirtyFiles.clear();
    return this.#look(files, "beginning");
  }

  /** Watches what it lists, and lists again what was new: it may have changed before it was watched. */
  #listed(list: () => Found): Found {
    for (let i = 0; ; i += 1) {
      const found = list();
      if (this.#host.once || this.#polling || this.#stopped) return found;
      let isNew = false;
      for (const dir of found.dirs) {
        const deep = this.#selection.includes.some((glob) => glob.isDeep(dir));
        if (this.#watch.add(dir, deep)) isNew = true;
      }
      if (!isNew || i >= 3) return found;
    }
  }

  #look(files: ReadonlySet<string>, unknown: "beginning" | "end", skipBeforeMs?: number): Look[] {
    const looks: Look[] = [];
    for (const file of files) {
      const look = this.#files.look(file, unknown, skipBeforeMs);
      if (look !== undefined) looks.push(look);
    }
    return looks;
  }

  /** For each root that does not exist yet, the nearest folder above it that does. */
  #missingRoots(): string[] {
    const above: string[] = [];
    for (const { base } of this.#selection.includes) {
      let dir = base;
      while (!existsSync(dir) && path.dirname(dir) !== dir) dir = path.dirname(dir);
      if (dir !== base) above.push(dir);
    }
    return above;
  }

  #scheduleDeadline(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
    const next = this.#stopped ? undefined : this.#ledger.nextDeadline();
    if (next === undefined) return;
    const delayMs = Math.max(10, next - this.#settings.clock.now());
    this.#cancelDeadline = this.#settings.clock.after(delayMs, () => this.#run());
  }
}

function isAbove(dir: string, base: string): boolean {
  return base === dir || base.startsWith(dir + path.sep);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
