import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import process, { platform } from "node:process";
import { DatabaseSync } from "node:sqlite";
import { StateError, stateError } from "./errors.ts";
import { text } from "./row.ts";

export const STATE_FILE = "state.db";

/** Files that SQLite keeps beside a database. They belong to it and move with it. */
const COMPANIONS = ["", "-wal", "-shm", "-journal"];

/** What this program keeps in its folders, and what its user puts there for it. */
const OUR_FILES =
  /^(state|lock|first-start|outbox|watching|control|ledger|config|token|salt|secrets|enrolment)\b/;

const BUSY_TIMEOUT_MS = 5_000;

export interface Opened<T> {
  how: "fresh" | "existing" | "rebuilt";
  /** The name of the damaged file, when one was set aside. */
  setAside: string | undefined;
  value: T;
}

/**
 * Opens `state.db` and hands it to `use`, which makes it current and reads what it needs. A damaged file is set
 * aside and a new one begun. The caller holds the folder's lock.
 */
export function openDatabase<T>(dir: string, nowMs: number, use: (db: DatabaseSync) => T): Opened<T> {
  try {
    secureFolder(dir);
    const path = join(dir, STATE_FILE);
    const existed = COMPANIONS.some((suffix) => existsSync(path + suffix));
    if (!existed) return { how: "fresh", setAside: undefined, value: openFile(path, use) };
    const value = hasContent(path) ? openSound(path, use) : undefined;
    if (value !== undefined) return { how: "existing", setAside: undefined, value };
    const setAside = moveAway(path, nowMs);
    return { how: "rebuilt", setAside, value: openFile(path, use) };
  } catch (error) {
    throw stateError(error);
  }
}

/** Undefined when the file is damaged. */
function openSound<T>(path: string, use: (db: DatabaseSync) => T): T | undefined {
  try {
    return openFile(path, use);
  } catch (error) {
    if (stateError(error).code === "corrupt") return undefined;
    throw error;
  }
}

function openFile<T>(path: string, use: (db: DatabaseSync) => T): T {
  const isNew = !existsSync(path);
  createPrivate(path);
  const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Only before the first table; on an existing file it would write, and a damaged file is kept as it is.
    if (isNew) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
    configure(db);
    requireSound(db);
    return use(db);
  } catch (error) {
    db.close();
    throw error;
  }
}

function configure(db: DatabaseSync): void {
  db.exec("PRAGMA journal_mode = WAL");
  db.exec("PRAGMA synchronous = FULL");
  db.exec("PRAGMA secure_delete = ON");
  db.exec("PRAGMA trusted_schema = OFF");
}

function requireSound(db: DatabaseSync): void {
  const row = db.prepare("PRAGMA quick_check(1)").get();
  if (row === undefined || text(row, "quick_check") !== "ok") {
    throw new StateError("corrupt", "state.db: it is damaged");
  }
}

/** A database that was once written is never empty; an empty one was cut by a crash. */
function hasContent(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

/** `state.db.corrupt-20261124T080000Z`, with what belongs to it. Returns the name. */
function moveAway(path: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  let target = `${path}.corrupt-${stamp}`;
  for (let n = 2; existsSync(target); n += 1) target = `${path}.corrupt-${stamp}-${n}`;
  for (const suffix of COMPANIONS) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  return target.slice(path.length - STATE_FILE.length);
}

/** Before SQLite opens it, so that it is at no moment readable by others. SQLite gives its companions the same mode. */
export function createPrivate(path: string): void {
  // An existing file is never opened here: closing it would drop the locks SQLite holds on it in this process.
  if (!existsSync(path)) closeSync(openSync(path, "wx", 0o600));
  for (const suffix of COMPANIONS) restrict(path + suffix, 0o600);
}

/** A folder that others share, such as `/tmp` or `/var/lib`, is left as it is: each of our files guards itself. */
export function secureFolder(dir: string): void {
  const made = mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (made !== undefined || isOurs(dir)) restrict(dir, 0o700);
}

/** True for a folder of this user that holds nothing but files of this program. */
function isOurs(dir: string): boolean {
  if (platform === "win32" || statSync(dir).uid !== process.getuid?.()) return false;
  return readdirSync(dir).every((name) => OUR_FILES.test(name));
}

/** Windows guards a user's folders by inherited access lists instead. */
function restrict(path: string, mode: number): void {
  if (platform !== "win32" && existsSync(path) && (statSync(path).mode & 0o777) !== mode)
    chmodSync(path, mode);
}

/** Runs `work` as one durable transaction. Throws `StateError` with nothing stored when anything fails. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  try {
    db.exec("BEGIN IMMEDIATE");
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    rollback(db);
    throw stateError(error);
  }
}

/** SQLite has rolled back by itself after some errors, and says so when asked again. */
function rollback(db: DatabaseSync): void {
  try {
    if (db.isTransaction) db.exec("ROLLBACK");
  } catch {
    // The transaction's own error is the one to report.
  }
}
