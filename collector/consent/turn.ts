import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createPrivate, secureFolder } from "#state/database.ts";
import { sqliteResult } from "#state/errors.ts";

const FILE = "consent.lock";
const AGAIN_MS = 100;
const SQLITE_BUSY = 5;

/** Somebody else on this machine is changing what is accepted, and did not end in time. */
export class BusyError extends Error {
  override readonly name = "BusyError";
}

/**
 * Does one change of what is accepted after the other, in whatever process: the backend and the file then say the same.
 * The lock is the operating system's and ends with its process. Rejects with BusyError when `signal` aborts before.
 */
export async function inTurn<T>(configDir: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  secureFolder(configDir);
  const file = path.join(configDir, FILE);
  createPrivate(file);
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    while (!isTaken(lock)) {
      if (signal.aborted) throw new BusyError();
      // oxlint-disable-next-line no-await-in-loop -- until it is our turn
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    return await task();
  } finally {
    lock.close();
  }
}

function isTaken(lock: DatabaseSync): boolean {
  try {
    lock.exec("BEGIN IMMEDIATE");
    return true;
  } catch (error) {
    if (sqliteResult(error) === SQLITE_BUSY) return false;
    throw error;
  }
}
