import type { Clock, ReceiverHost } from "#component/component.ts";
import type { Position } from "#component/unit.ts";
import type { Outgoing } from "#tail/outgoing.ts";
import type { Conversations } from "./conversations.ts";
import type { Answer, Job } from "./database/job.ts";
import { type Database, type Databases, type Left, worse } from "./databases.ts";
import type { WorkingFolders } from "./working-folder.ts";

/** At one look, so long is read; then for ten times as long nothing is. */
const BUDGET_MS = 200;
const REST_MS = 2_000;
const CONVERSATIONS_AT_ONCE = 20;
/** So long after its last change, a conversation's messages may still change in their place. */
const CHANGING_MS = 10 * 60_000;

/** `run --once` asks so often, so long apart, where somebody writes. */
const MOST_TRIES = 20;
const RETRY_MS = 100;

export interface DatabaseReadingOptions {
  host: ReceiverHost;
  clock: Clock;
  intervalMs: number;
  databases: Databases;
  conversations: Conversations;
  folders: WorkingFolders;
  outgoing: Outgoing;
  ask(job: Job): Promise<Answer>;
  /** Has another pass made. */
  wake(): void;
  isStopped(): boolean;
}

/** Reads the conversations that changed in Cursor's databases, within a budget of time. */
export class DatabaseReading {
  readonly #o: DatabaseReadingOptions;
  #isDue = true;
  #isUnsettled = false;
  #cancel: (() => void) | undefined;
  /** Rows that could not be read, by conversation: each is counted once. */
  readonly #malformed = new Map<string, number>();

  constructor(options: DatabaseReadingOptions) {
    this.#o = options;
  }

  /** The next pass looks at every database. */
  due(): void {
    this.#isDue = true;
  }

  stop(): void {
    this.#cancel?.();
  }

  /** What was read is settled, as far as it can be. */
  settled(): void {
    this.#isUnsettled = false;
  }

  /** None before what was read is settled: a crash would lose what only its rows told of. */
  takePositions(into: Map<string, Position | null>): void {
    if (!this.#isUnsettled) this.#o.databases.takePositions(into);
  }

  /** Reads what changed, and what `wanted` names. Returns the conversations that were read. */
  async look(wanted: ReadonlySet<string>): Promise<Set<string>> {
    const read = new Set<string>();
    const { host, clock } = this.#o;
    for (let tries = 0; !this.#o.isStopped() && (this.#isDue || wanted.size > 0); tries += 1) {
      const isDue = this.#isDue;
      const left = await this.#once(wanted, read, isDue);
      if (!host.once) {
        if (isDue || left !== "nothing") this.#schedule(left === "nothing" ? this.#o.intervalMs : REST_MS);
        break;
      }
      if (left === "nothing" || (left === "busy" && tries >= MOST_TRIES)) break;
      if (left === "busy") await new Promise<void>((resolve) => void clock.after(RETRY_MS, resolve));
    }
    return read;
  }

  async #once(wanted: ReadonlySet<string>, read: Set<string>, isDue: boolean): Promise<Left> {
    const { databases, conversations } = this.#o;
    this.#isDue = false;
    this.#isUnsettled = true;
    let left: Left = "nothing";
    if (isDue) {
      const looked = await databases.look();
      left = looked.left;
      this.#again(looked.changed);
    }
    const { main } = databases;
    for (const id of wanted) {
      const conversation = conversations.of(id);
      if (main === undefined) conversation.isAsked = true;
      else if (!read.has(id)) this.#want(main, id);
    }
    for (const database of databases.all) left = worse(left, await this.#conversations(database, read));
    if (left !== "nothing") this.#isDue = true;
    return left;
  }

  /** A message may change in its place, which no list tells: what is going on is read at every change. */
  #again(changed: ReadonlySet<Database>): void {
    const sinceMs = this.#o.clock.now() - CHANGING_MS;
    for (const { id, isOpen, stored } of this.#o.conversations.active) {
      if (stored === undefined || !changed.has(stored.database)) continue;
      if (isOpen || stored.changedMs >= sinceMs) this.#want(stored.database, id);
    }
  }

  #want(database: Database, id: string): void {
    if (!database.dirty.has(id)) database.dirty.set(id, database.headers.get(id)?.changedMs ?? 0);
  }

  async #conversations(database: Database, read: Set<string>): Promise<Left> {
    const { clock, outgoing } = this.#o;
    const endMs = clock.now() + BUDGET_MS;
    while (database.dirty.size > 0) {
      if (this.#o.isStopped()) return "nothing";
      const ids = [...database.dirty.keys()].slice(0, CONVERSATIONS_AT_ONCE);
      const answer = await this.#o.ask({
        kind: "conversations",
        file: database.file,
        ids,
        budgetMs: BUDGET_MS,
      });
      if (answer.outcome !== "conversations") {
        this.#o.databases.failed(database, answer.outcome);
        // A file that cannot be read has nothing to tell.
        if (answer.outcome !== "busy") this.#without(database, read);
        return answer.outcome === "busy" ? "busy" : "nothing";
      }
      for (const found of answer.found) {
        this.#book(database, found);
        read.add(found.id);
      }
      if (outgoing.isFull) await outgoing.flush();
      if (clock.now() >= endMs) return database.dirty.size > 0 ? "some" : "nothing";
    }
    return "nothing";
  }

  #without(database: Database, read: Set<string>): void {
    for (const id of database.dirty.keys()) {
      this.#o.conversations.of(id).isAsked = true;
      read.add(id);
    }
    database.dirty.clear();
  }

  #book(
    database: Database,
    { id, conversation, malformed }: Extract<Answer, { outcome: "conversations" }>["found"][number],
  ): void {
    const changedMs = database.dirty.get(id) ?? 0;
    database.dirty.delete(id);
    const before = this.#malformed.get(id) ?? 0;
    if (malformed > before) {
      this.#malformed.set(id, malformed);
      this.#o.outgoing.count("receiver_malformed_rows", malformed - before);
    }
    const known = this.#o.conversations.of(id);
    known.isAsked = true;
    if (conversation === undefined) return;
    if (conversation.cwd !== "") this.#o.folders.learn(conversation.cwd);
    for (const child of conversation.subagents) this.#o.conversations.isBegunBy(child, id);
    conversation.isSubagent ||= database.headers.get(id)?.isSubagent === true;
    known.stored = { database, conversation, changedMs };
  }

  #schedule(delayMs: number): void {
    this.#cancel?.();
    if (this.#o.isStopped()) return;
    this.#cancel = this.#o.clock.after(delayMs, () => {
      this.#isDue = true;
      this.#o.wake();
    });
  }
}
