import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createPrivate, secureFolder } from "./database.ts";
import { sqliteResult, stateError } from "./errors.ts";
import { int } from "./row.ts";

export const LOCK_FILE = "lock.db";
/** Another process that only looks whether the folder is held takes the lock for a moment. */
const WAIT_MS = 500;
const SQLITE_BUSY = 5;
const DAMAGED = new Set([11, 26]);

/** A connection that nothing refers to is closed by the garbage collector, and its lock is gone with it. */
const held = new Set<DatabaseSync>();

/** Another collector holds the state folder. */
export class LockedError extends Error {
  readonly pid: number | undefined;

  constructor(pid: number | undefined, message: string) {
    super(message);
    this.name = "LockedError";
    this.pid = pid;
  }
}

export interface Lock {
  /** Safe to call twice. */
  release(): void;
}

export interface LockOwner {
  pid: number;
  /** Milliseconds since the Unix epoch, UTC. */
  startedAtMs: number;
}

/**
 * Makes this process the only collector of the folder until `release` or its death, however it dies: the lock is the
 * operating system's, on a database that holds nothing but its owner. Throws `LockedError`.
 */
export function acquireLock(dir: string, owner: LockOwner): Lock {
  try {
    secureFolder(dir);
    return lockFile(join(dir, LOCK_FILE), owner);
  } catch (error) {
    if (error instanceof LockedError) throw error;
    throw stateError(error, LOCK_FILE);
  }
}

function lockFile(path: string, owner: LockOwner): Lock {
  try {
    return hold(path, owner);
  } catch (error) {
    const result = sqliteResult(error);
    if (result === SQLITE_BUSY) throw locked(readOwner(path));
    if (result === undefined || !DAMAGED.has(result)) throw error;
  }
  rmSync(path);
  return hold(path, owner);
}

/** Readers may look at a file that another holds by BEGIN IMMEDIATE; a second holder is refused. */
function hold(path: string, owner: LockOwner): Lock {
  createPrivate(path);
  const db = new DatabaseSync(path, { timeout: WAIT_MS });
  try {
    db.exec("BEGIN IMMEDIATE");
    db.exec("CREATE TABLE IF NOT EXISTS owner (pid INTEGER NOT NULL, started_at INTEGER NOT NULL) STRICT");
    db.exec("DELETE FROM owner");
    db.prepare("INSERT INTO owner (pid, started_at) VALUES (?, ?)").run(
      owner.pid,
      Math.trunc(owner.startedAtMs),
    );
    db.exec("COMMIT");
    db.exec("BEGIN IMMEDIATE");
  } catch (error) {
    db.close();
    throw error;
  }
  held.add(db);
  return {
    release() {
      if (held.delete(db)) db.close();
    },
  };
}

function locked(owner: LockOwner | undefined): LockedError {
  if (owner === undefined) {
    return new LockedError(
      undefined,
      "another collector uses this state folder: stop it, or name another folder",
    );
  }
  const since = new Date(owner.startedAtMs).toISOString();
  const who = `another collector (process ${owner.pid}, started ${since}) uses this state folder`;
  return new LockedError(owner.pid, `${who}: stop that process, or name another folder`);
}

/** Who holds the folder, or held it last. */
export function readLock(dir: string): { held: boolean; owner: LockOwner | undefined } {
  const path = join(dir, LOCK_FILE);
  if (!existsSync(path)) return { held: false, owner: undefined };
  return { held: isHeld(path), owner: readOwner(path) };
}

function readOwner(path: string): LockOwner | undefined {
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: WAIT_MS });
    try {
      const row = db.prepare("SELECT pid, started_at FROM owner").get();
      return row && { pid: int(row, "pid"), startedAtMs: int(row, "started_at") };
    } finally {
      db.close();
    }
  } catch {
    return undefined;
  }
}

function isHeld(path: string): boolean {
  try {
    const db = new DatabaseSync(path, { timeout: 0 });
    try {
      db.exec("BEGIN IMMEDIATE");
      return false;
    } finally {
      db.close();
    }
  } catch (error) {
    return sqliteResult(error) === SQLITE_BUSY;
  }
}
