/** Writes databases as Cursor's storage does. */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

const TABLE = (name: string) =>
  `CREATE TABLE IF NOT EXISTS ${name} (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)`;
const HEADERS = `CREATE TABLE IF NOT EXISTS composerHeaders (composerId TEXT PRIMARY KEY, workspaceId TEXT,
  createdAt INTEGER, lastUpdatedAt INTEGER, isArchived INTEGER, isSubagent INTEGER, recency INTEGER,
  checkpointAt INTEGER, value TEXT);
  CREATE INDEX IF NOT EXISTS idx_composerHeaders_1 ON composerHeaders (recency, composerId);`;

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
    const stored =
      value === null || typeof value === "string" || value instanceof Uint8Array
        ? value
        : JSON.stringify(value);
    const upsert = how === "upsert" ? " ON CONFLICT (key) DO UPDATE SET value = excluded.value" : "";
    this.#db.prepare(`INSERT INTO ${table} (key, value) VALUES (?, ?)${upsert}`).run(key, stored);
  }

  remove(key: string): void {
    this.#db.prepare("DELETE FROM cursorDiskKV WHERE key = ?").run(key);
  }

  putHeader({ id, createdMs, changedMs, isSubagent = false }: StoredHeader): void {
    this.#db
      .prepare(
        `INSERT OR REPLACE INTO composerHeaders (composerId, createdAt, lastUpdatedAt, isArchived, isSubagent, recency)
         VALUES (?, ?, ?, 0, ?, ?)`,
      )
      .run(id, createdMs, changedMs, isSubagent ? 1 : 0, changedMs);
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
