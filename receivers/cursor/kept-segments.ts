import { lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";

const NAME = /^read-(\d{4}-\d{2}-\d{2})(?:\.\d+)?\.jsonl$/;
const DAY_MS = 86_400_000;
const KEPT_MS = 31 * DAY_MS;
const MOST_BYTES = 16 * 1024 * 1024;

export interface KeptSegment {
  path: string;
  bytes: number;
  /** Milliseconds since the Unix epoch, UTC: the end of its day. */
  endMs: number;
}

/**
 * Days of hooks that are stored. The collector reads them no more, and the recorder does not count them: they are there
 * for commands that look at what was used, such as `talos usage`.
 */
export class KeptSegments {
  readonly #folder: string;
  #prunedMs = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** In the order of their days. */
  list(): KeptSegment[] {
    return namesIn(this.#folder)
      .toSorted()
      .flatMap((name) => {
        const dayMs = Date.parse(NAME.exec(name)?.[1] ?? "");
        const file = path.join(this.#folder, name);
        const found = Number.isNaN(dayMs) ? undefined : lstatSync(file, { throwIfNoEntry: false });
        return found?.isFile() === true ? [{ path: file, bytes: found.size, endMs: dayMs + DAY_MS }] : [];
      });
  }

  /** False when it could not be done: it is tried again. */
  keep(file: string): boolean {
    try {
      renameSync(file, this.#freeName(path.basename(file, ".jsonl")));
      return true;
    } catch {
      return false;
    }
  }

  /** Removes what is old, and the oldest of what is much. Looks once a day. */
  prune(nowMs: number): void {
    if (nowMs >= this.#prunedMs && nowMs < this.#prunedMs + DAY_MS) return;
    this.#prunedMs = nowMs;
    let bytes = 0;
    for (const kept of this.list().toReversed()) {
      bytes += kept.bytes;
      if (kept.endMs >= nowMs - KEPT_MS && bytes <= MOST_BYTES) continue;
      try {
        rmSync(kept.path);
      } catch {
        // Tomorrow again.
      }
    }
  }

  /** A recorder that was late begins its day once more. */
  #freeName(day: string): string {
    const nameOf = (n: number) => path.join(this.#folder, `read-${day}${n === 0 ? "" : `.${n}`}.jsonl`);
    let n = 0;
    while (lstatSync(nameOf(n), { throwIfNoEntry: false }) !== undefined) n += 1;
    return nameOf(n);
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
