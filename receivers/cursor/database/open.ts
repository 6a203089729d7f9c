import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { authorize } from "./authorizer.ts";

/** How long a statement waits for a writer that locks readers out. What is not read now is read at the next look. */
const BUSY_MS = 30;
const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";
/** Where the header says how the file is written: 1 with a rollback journal, 2 with a write-ahead log. */
const WRITE_VERSION_AT = 18;

/** The file is not as it was when reading began, or is being written: what was read of it does not count. */
export class ChangedMeanwhile extends Error {
  override readonly name = "ChangedMeanwhile";
}

/**
 * Gives `read` a connection that can read two tables and nothing else, and closes it. Never writes, never keeps a
 * lock: an idle handle would keep Cursor from replacing its file.
 */
export function withDatabase<T>(file: string, read: (db: DatabaseSync) => T): T {
  const version = writeVersion(file);
  if (version === 2) return using(new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS }), read);
  // With a rollback journal, any lock of ours could make Cursor's own open fail, after which it throws its data away.
  const before = stampOf(file);
  const url = new URL(`${pathToFileURL(file).href}?mode=ro&nolock=1`);
  const result = using(new DatabaseSync(url, { readOnly: true }), read);
  if (before === undefined || stampOf(file) !== before)
    throw new ChangedMeanwhile("written while it was read");
  return result;
}

function using<T>(db: DatabaseSync, read: (db: DatabaseSync) => T): T {
  try {
    // Sorting must put nothing on a disk.
    db.exec("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000;");
    db.setAuthorizer(authorize);
    return read(db);
  } finally {
    db.close();
  }
}

function writeVersion(file: string): number {
  const header = Buffer.alloc(HEADER_BYTES);
  const fd = openSync(file, "r");
  try {
    if (readSync(fd, header, 0, HEADER_BYTES, 0) < HEADER_BYTES)
      throw new ChangedMeanwhile("no database yet");
  } finally {
    closeSync(fd);
  }
  if (header.toString("latin1", 0, MAGIC.length) !== MAGIC) throw new ChangedMeanwhile("not a database");
  return header[WRITE_VERSION_AT] ?? 0;
}

/** Undefined while a transaction is being written. */
function stampOf(file: string): string | undefined {
  if (existsSync(`${file}-journal`)) return undefined;
  const { ino, size, mtimeNs } = statSync(file, { bigint: true });
  return `${ino}:${size}:${mtimeNs}`;
}
