/** Writes databases as Cursor's storage does. */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

const TABLE = (name: string) =>
  `CREATE TABLE IF NOT EXISTS ${name} (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)`;
const HEADERS = `CREATE TABLE IF NOT EXISTS composerHeaders (composerId TEXT PRIMARY KEY, workspaceId TEXT,
  createdAt INTEGER, lastUpdatedAt INTEGER, isArchived INTEGER, isSubagent INTEGER, recency INTEGER,
  checkpointAt INTEGER, value TEXT);
  CREATE INDEX IF NOT EXISTS idx_composerHeaders_0 ON composerHeaders (workspaceId, isSubagent, isArchived, recency);
  CREATE INDEX IF NOT EXISTS idx_composerHeaders_1 ON composerHeaders (recency, composerId);`;
/** The editor tries to open a database again, once, after so long; then it takes its backup instead. */
const RETRY_MS = 2_000;

export interface StorageOptions {
  /** The database of all folders has a write-ahead log, those of single folders a rollback journal. */
  journal: "wal" | "rollback";
  /** Newer versions keep a list of their conversations. */
  headers?: boolean;
  /** How long a write waits for others, in milliseconds. */
  timeout?: number;
}

export interface StoredHeader {
  id: string;
  createdMs: number;
  changedMs: number;
  isSubagent?: boolean;
  /** What else is told of the conversation. */
  value?: object;
}

/** One database, opened as Cursor opens it: that fails where somebody else holds a lock. */
export class CursorStorage {
  readonly file: string;
  readonly #db: DatabaseSync;

  constructor(file: string, { journal, headers = false, timeout = 1_000 }: StorageOptions) {
    mkdirSync(path.dirname(file), { recursive: true });
    this.file = file;
    this.#db = new DatabaseSync(file, { timeout });
    try {
      if (journal === "wal") this.#db.exec("PRAGMA journal_mode = WAL");
      this.#db.exec(`PRAGMA user_version = 1; ${TABLE("ItemTable")}; ${TABLE("cursorDiskKV")}`);
      if (headers) this.#db.exec(HEADERS);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** A new row takes the old one's place, under a new number; or the old one is changed. */
  put(key: string, value: unknown, { table = "cursorDiskKV", how = "replace" }: PutOptions = {}): void {
    const upsert = how === "upsert" ? " ON CONFLICT (key) DO UPDATE SET value = excluded.value" : "";
    this.#db.prepare(`INSERT INTO ${table} (key, value) VALUES (?, ?)${upsert}`).run(key, stored(value));
  }

  /** Writes a row that is there again, in its place, as while an answer comes in. */
  update(key: string, value: unknown): void {
    this.#db.prepare("UPDATE cursorDiskKV SET value = ? WHERE key = ?").run(stored(value), key);
  }

  remove(key: string): void {
    this.#db.prepare("DELETE FROM cursorDiskKV WHERE key = ?").run(key);
  }

  putHeader({ id, createdMs, changedMs, isSubagent = false, value }: StoredHeader): void {
    this.#db
      .prepare(
        `INSERT OR REPLACE INTO composerHeaders
         (composerId, createdAt, lastUpdatedAt, isArchived, isSubagent, recency, value) VALUES (?, ?, ?, 0, ?, ?, ?)`,
      )
      .run(id, createdMs, changedMs, isSubagent ? 1 : 0, changedMs, value ? JSON.stringify(value) : null);
  }

  transaction(change: () => void): void {
    this.#db.exec("BEGIN IMMEDIATE");
    change();
    this.#db.exec("COMMIT");
  }

  /** Everything in one lock that keeps readers out, too. */
  exclusively(change: () => void): void {
    this.#db.exec("BEGIN EXCLUSIVE");
    change();
    this.#db.exec("COMMIT");
  }

  vacuum(): void {
    this.#db.exec("VACUUM");
  }

  /** What is written from here on stays in the log. */
  keepInLog(): void {
    this.#db.exec("PRAGMA wal_autocheckpoint = 0");
  }

  /** True when the log could be emptied: no reader stood in the way. */
  truncateLog(): boolean {
    return this.#db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get()?.["busy"] === 0;
  }

  close(): void {
    this.#db.close();
  }
}

interface PutOptions {
  table?: "cursorDiskKV" | "ItemTable";
  how?: "replace" | "upsert";
}

function stored(value: unknown): string | Uint8Array | null {
  const isPlain = value === null || typeof value === "string" || value instanceof Uint8Array;
  return isPlain ? value : JSON.stringify(value);
}

/** What became of an opening. */
export interface Opened {
  storage: CursorStorage;
  /** It was locked at first. */
  isRetried: boolean;
  /** It could not be opened: it was thrown away, and the backup is in its place. */
  isRestored: boolean;
}

/** The editor's way to open a database. */
export async function openAsEditor(file: string, options: StorageOptions): Promise<Opened> {
  try {
    return { storage: new CursorStorage(file, options), isRetried: false, isRestored: false };
  } catch (error) {
    const isBusy = error instanceof Error && "errcode" in error && error.errcode === 5;
    if (isBusy) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    try {
      if (isBusy) return { storage: new CursorStorage(file, options), isRetried: true, isRestored: false };
    } catch {
      // Its data is thrown away.
    }
    restoreBackup(file);
    return { storage: new CursorStorage(file, options), isRetried: isBusy, isRestored: true };
  }
}

/** The editor's way to close one: then it keeps a copy. False when a log was left, because somebody else has it open. */
export function closeAsEditor(storage: CursorStorage): boolean {
  storage.close();
  copyFileSync(storage.file, `${storage.file}.backup`);
  return !existsSync(`${storage.file}-wal`);
}

/** The editor's way to get rid of a database that it cannot open. */
export function restoreBackup(file: string): void {
  rmSync(file, { force: true });
  if (existsSync(`${file}.backup`)) renameSync(`${file}.backup`, file);
}
