import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { authorize } from "./authorizer.ts";

const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";
/** Where the header says how the file is written: 1 with a rollback journal, 2 with a write-ahead log. */
const WRITE_VERSION_AT = 18;
/** Where it counts transactions: times of files are not fine enough to tell two of them apart. */
const CHANGES_AT = 24;
/** Who closed a database so long ago does not open it again just now. */
const QUIET_MS = 1_000;

/** The file is not as it was when reading began, or is being written: what was read of it does not count. */
export class ChangedMeanwhile extends Error {
  override readonly name = "ChangedMeanwhile";
}

/** Something else has its name: whoever writes it, no later look finds a database before it changes. */
export class NotADatabase extends Error {
  override readonly name = "NotADatabase";
}

/** SQLite made the file, and nobody has written to it yet. */
export class EmptyFile extends Error {
  override readonly name = "EmptyFile";
}

/**
 * Gives `read` a connection that can read two tables and nothing else, and closes it. Never writes, never waits, never
 * keeps a lock: an idle handle would keep Cursor from replacing its file.
 */
export function withDatabase<T>(file: string, read: (db: DatabaseSync) => T): T {
  if (headerOf(file)[WRITE_VERSION_AT] !== 2) return withoutLock(file, read);
  if (existsSync(`${file}-shm`)) {
    // Its index is opened for reading alone: no lock of ours can shut anybody out, whatever SQLite is about to do.
    return using(new DatabaseSync(uri(file, "readonly_shm=1"), { readOnly: true, timeout: 0 }), read);
  }
  // Nobody has it open. To read it, SQLite makes its log and index anew.
  if (Date.now() - statSync(file).mtimeMs < QUIET_MS) throw new ChangedMeanwhile("was just closed");
  return using(new DatabaseSync(file, { readOnly: true, timeout: 0 }), read);
}

/** With a rollback journal, any lock of ours could make Cursor's own open fail, after which it throws its data away. */
function withoutLock<T>(file: string, read: (db: DatabaseSync) => T): T {
  const before = stampOf(file);
  if (before === undefined) throw new ChangedMeanwhile("is being written");
  try {
    return using(new DatabaseSync(uri(file, "nolock=1"), { readOnly: true }), read);
  } finally {
    // Half of a change looks like damage.
    // oxlint-disable-next-line no-unsafe-finally -- what was read of it, or what went wrong with it, does not count
    if (stampOf(file) !== before) throw new ChangedMeanwhile("written while it was read");
  }
}

function uri(file: string, how: string): URL {
  return new URL(`${pathToFileURL(file).href}?mode=ro&${how}`);
}

function using<T>(db: DatabaseSync, read: (db: DatabaseSync) => T): T {
  try {
    // Sorting must put nothing on a disk, and what a schema calls must be harmless.
    db.exec("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2000; PRAGMA trusted_schema = OFF;");
    db.setAuthorizer(authorize);
    return read(db);
  } finally {
    db.close();
  }
}

function headerOf(file: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const fd = openSync(file, "r");
  try {
    if (readSync(fd, header, 0, HEADER_BYTES, 0) === 0) throw new EmptyFile("nothing is in it yet");
  } finally {
    closeSync(fd);
  }
  if (header.toString("latin1", 0, MAGIC.length) !== MAGIC) throw new NotADatabase("not a database");
  return header;
}

/** Undefined while a transaction is being written. */
function stampOf(file: string): string | undefined {
  if (existsSync(`${file}-journal`)) return undefined;
  const { ino, size, mtimeNs } = statSync(file, { bigint: true });
  return `${ino}:${size}:${mtimeNs}:${headerOf(file).readUInt32BE(CHANGES_AT)}`;
}
