import { DatabaseSync } from "node:sqlite";
import { createPrivate } from "#state/database.ts";

/** An append takes far less than a millisecond. */
const WAIT_MS = 500;

/** One process at a time appends: the operating system's lock on an empty database, gone with whoever held it. */
export class WriteLock {
  readonly #db: DatabaseSync;

  constructor(file: string) {
    createPrivate(file);
    this.#db = new DatabaseSync(file, { timeout: WAIT_MS });
  }

  /** Throws when another process does not give it back. */
  hold<T>(work: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      return work();
    } finally {
      this.#db.exec("ROLLBACK");
    }
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}
