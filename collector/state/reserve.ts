import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** As much as the write-ahead log usually holds at most, so that all of it can move into the database. */
const RESERVE_BYTES = 4 * 1024 * 1024;

/**
 * Room on the disk that is given up when it is full, because deleting what was delivered needs some, too. Without it
 * a full disk would send the same batches again and again, and could not purge what may no longer leave.
 */
export class Reserve {
  readonly #path: string;

  constructor(dir: string) {
    this.#path = join(dir, "state.reserve");
  }

  /** Takes the room, if there is any. */
  keep(): void {
    if (existsSync(this.#path)) return;
    const draft = `${this.#path}.tmp`;
    try {
      writeFileSync(draft, Buffer.alloc(RESERVE_BYTES, 0x2e), { mode: 0o600, flush: true });
      renameSync(draft, this.#path);
    } catch {
      rmSync(draft, { force: true });
    }
  }

  /** Returns whether there was room to give up. */
  spend(): boolean {
    if (!existsSync(this.#path)) return false;
    rmSync(this.#path, { force: true });
    return true;
  }
}
