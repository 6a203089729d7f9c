import { statSync } from "node:fs";
import path from "node:path";
import type { Clock, Logger, ReceiverHost } from "#component/component.ts";
import type { Position } from "#component/unit.ts";
import { identityOf } from "#tail/file-bytes.ts";
import type { Answer, Changes, Job, Place } from "./database/job.ts";
import type { HeaderPlace } from "./database/queries.ts";
import { type Workspace, workspacesIn } from "./working-folder.ts";

/** At one look, so long is read of one database; what is left is read at the next one, soon after. */
const BUDGET_MS = 200;
/** Lists of changes are looked at from here back: Cursor notes some of them late. */
const OVERLAP_MS = 10 * 60_000;
/** All that changed since the first start is compared again so often: a message may change in its place. */
const RECONCILE_MS = 60 * 60_000;
/** Where a version keeps no list of changes, asking for one reads every conversation. */
const COSTLY_RECONCILE_MS = 5 * 60_000;
const START: HeaderPlace = { changedMs: 0, id: "" };

/** What a look did not get to: some, because there was much, or somebody wrote. */
export type Left = "nothing" | "some" | "busy";

export function worse(a: Left, b: Left): Left {
  return b === "nothing" ? a : b;
}

export interface DatabasesOptions {
  host: ReceiverHost;
  clock: Clock;
  log: Logger;
  userDir: string;
  /** Conversations that changed before are history. */
  sinceMs: number;
  /** True when what is said of the conversation's last change was read before. */
  isRead(id: string, changedMs: number): boolean;
  ask(job: Job): Promise<Answer>;
  count(name: string): void;
}

/** One of Cursor's databases. */
export interface Database {
  file: string;
  /** Working folder of what is in it; "" for the one of all folders. */
  folder: string;
  identity: string;
  key: string;
  /** What told that it changed; "" when it is to be looked at in any case. */
  stamp: string;
  place: Place;
  /** Conversations that are to be read, and when each was last said to change. */
  dirty: Map<string, number>;
  /** What is known of each conversation: when Cursor last changed it, and whether it is a sub-agent's. */
  headers: Map<string, { changedMs: number; isSubagent: boolean }>;
  reconcileAtMs: number;
  /** It changed since all was compared. */
  isBehind: boolean;
  /** It keeps a list of headers, so that asking for changes costs little. */
  hasHeaders: boolean;
  /** Its row's number is to be stored. */
  changed: boolean;
  isUsable: boolean;
}

/** Notices what changes in Cursor's databases. Opens none that did not. */
export class Databases {
  readonly #o: DatabasesOptions;
  readonly #byFile = new Map<string, Database>();
  readonly #workspaces = new Map<string, Workspace>();
  #toldUnusable = false;

  constructor(options: DatabasesOptions) {
    this.#o = options;
  }

  get all(): IterableIterator<Database> {
    return this.#byFile.values();
  }

  /** Cursor's database of all folders, once there is one that can be read. */
  get main(): Database | undefined {
    const main = this.#byFile.get(this.#mainFile);
    return main?.isUsable === true ? main : undefined;
  }

  get #mainFile(): string {
    return path.join(this.#o.userDir, "globalStorage", "state.vscdb");
  }

  /** Finds what changed since the last look, and which databases did; not all of it, when there is much. */
  async look(): Promise<{ changed: Set<Database>; left: Left }> {
    this.#find();
    const changed = new Set<Database>();
    let left: Left = "nothing";
    for (const database of this.#byFile.values()) {
      if (!this.#isDue(database)) continue;
      changed.add(database);
      left = worse(left, await this.#changes(database));
    }
    return { changed, left };
  }

  /** Adds the positions that changed since the last call. */
  takePositions(into: Map<string, Position | null>): void {
    for (const database of this.#byFile.values()) {
      // Before they are read, a crash would lose what only their rows told of.
      if (!database.changed || database.dirty.size > 0 || database.place.row === undefined) continue;
      database.changed = false;
      const position = { offset: database.place.row, head: "", headBytes: 0, marker: "" };
      into.set(database.key, { ...position, grewAtMs: this.#o.clock.now() });
    }
  }

  #find(): void {
    const main: Workspace = { database: this.#mainFile, folder: "" };
    for (const { database, folder } of [main, ...workspacesIn(this.#o.userDir, this.#workspaces)]) {
      const identity = identityAt(database);
      if (identity === undefined) this.#byFile.delete(database);
      // One that was put in its place is another one.
      else if (this.#byFile.get(database)?.identity !== identity) this.#add({ database, folder }, identity);
    }
  }

  #add({ database: file, folder }: Workspace, identity: string): void {
    const key = this.#o.host.fileKey(identity);
    const row = this.#o.host.position(key)?.offset;
    this.#byFile.set(file, {
      file,
      folder,
      identity,
      key,
      stamp: "",
      place: { row, headers: this.#from() },
      dirty: new Map(),
      headers: new Map(),
      reconcileAtMs: this.#o.clock.now() + RECONCILE_MS,
      isBehind: false,
      hasHeaders: true,
      changed: false,
      isUsable: true,
    });
  }

  /** What changed before the first start is of no interest. */
  #from(): HeaderPlace {
    return this.#o.sinceMs === 0 ? START : { changedMs: this.#o.sinceMs - OVERLAP_MS, id: "" };
  }

  #isDue(database: Database): boolean {
    const stamp = stampOf(database.file);
    if (stamp === undefined) {
      this.#byFile.delete(database.file);
      return false;
    }
    const isChanged = stamp !== database.stamp;
    database.stamp = stamp;
    database.isBehind ||= isChanged;
    if (database.isBehind && this.#o.clock.now() >= database.reconcileAtMs) {
      database.isBehind = false;
      database.reconcileAtMs = this.#o.clock.now() + RECONCILE_MS;
      database.place.headers = this.#from();
    }
    if (isChanged && database.hasHeaders) database.place.headers ??= this.#recent(database);
    return isChanged || (database.isUsable && database.place.headers !== undefined);
  }

  /** Where the list of changes is read from when something changed. */
  #recent(database: Database): HeaderPlace {
    let changedMs = this.#from().changedMs;
    for (const header of database.headers.values()) {
      if (header.changedMs - OVERLAP_MS > changedMs) changedMs = header.changedMs - OVERLAP_MS;
    }
    return { changedMs, id: "" };
  }

  async #changes(database: Database): Promise<Left> {
    const { file, place } = database;
    const answer = await this.#o.ask({ kind: "changes", file, since: { ...place }, budgetMs: BUDGET_MS });
    if (answer.outcome === "changes") return this.#book(database, answer.changes);
    this.failed(database, answer.outcome);
    return answer.outcome === "busy" ? "busy" : "nothing";
  }

  #book(database: Database, changes: Changes): Left {
    database.isUsable = true;
    if (changes.isRenumbered) database.place.headers = this.#from();
    for (const { id, changedMs, isSubagent } of changes.headers) {
      const known = database.headers.get(id);
      database.headers.set(id, { changedMs, isSubagent });
      if (known?.changedMs === changedMs || changedMs < this.#o.sinceMs) continue;
      if (known !== undefined || !this.#o.isRead(id, changedMs)) database.dirty.set(id, changedMs);
    }
    for (const id of changes.ids) database.dirty.set(id, database.headers.get(id)?.changedMs ?? 0);
    if (database.place.row !== changes.place.row) database.changed = true;
    database.place = changes.isRenumbered
      ? { row: changes.place.row, headers: this.#from() }
      : { ...changes.place };
    database.hasHeaders = changes.hasHeaders;
    if (!changes.hasHeaders && changes.place.headers === undefined) {
      database.reconcileAtMs = this.#o.clock.now() + COSTLY_RECONCILE_MS;
    }
    const isMore = !changes.isRowEnd || database.place.headers !== undefined;
    // Looked at again in any case.
    if (isMore) database.stamp = "";
    return isMore ? "some" : "nothing";
  }

  /** A question was not answered. It is asked again at the next look. */
  failed(database: Database, outcome: Answer["outcome"]): void {
    database.stamp = "";
    if (outcome === "busy") return this.#o.count("receiver_busy_databases");
    if (outcome === "gone") return void this.#byFile.delete(database.file);
    // Looked at again when it changes.
    database.stamp = stampOf(database.file) ?? "";
    database.isUsable = false;
    if (outcome === "empty") return;
    this.#o.count("receiver_unusable_databases");
    if (this.#toldUnusable) return;
    this.#toldUnusable = true;
    this.#o.log.warn(
      "a database of Cursor's cannot be read, or is of an unknown version: transcripts are read alone",
    );
  }
}

function identityAt(file: string): string | undefined {
  try {
    const stat = statSync(file, { bigint: true });
    // Opening a pipe would wait for somebody at its other end.
    if (!stat.isFile()) return undefined;
    const { dev, ino } = stat;
    return `database ${identityOf(dev, ino, file)}`;
  } catch {
    return undefined;
  }
}

/** Of the file and of its write-ahead log, where new rows are first. Undefined where there is no file. */
function stampOf(file: string): string | undefined {
  const main = statOf(file);
  return main === undefined ? undefined : `${main} ${statOf(`${file}-wal`) ?? ""}`;
}

function statOf(file: string): string | undefined {
  try {
    const { dev, ino, size, mtimeNs } = statSync(file, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}`;
  } catch {
    return undefined;
  }
}
