import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Position } from "#component/unit.ts";
import { StateError } from "./errors.ts";
import { keyBytes, keyText } from "./hex.ts";
import { int, text } from "./row.ts";
import type { Rewind } from "./types.ts";

const DIGEST = /^([0-9a-f]{32})?$/;

/** Where reading each file resumes. */
export class Positions {
  readonly #get: StatementSync;
  readonly #set: StatementSync;
  readonly #forget: StatementSync;
  readonly #back: StatementSync;
  readonly #backLater: StatementSync;
  readonly #applyBack: StatementSync;
  readonly #dropBack: StatementSync;
  readonly #touch: StatementSync;
  readonly #prune: StatementSync;
  /** Files of this run: they are there, however long they have not grown. */
  readonly #seen = new Set<string>();

  constructor(db: DatabaseSync) {
    this.#get = db.prepare(
      "SELECT offset, head, head_bytes, marker, grew_at FROM positions WHERE file_key = ?",
    );
    this.#set = db.prepare(
      `INSERT INTO positions (file_key, offset, head, head_bytes, marker, grew_at, seen_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET offset = excluded.offset, head = excluded.head,
         head_bytes = excluded.head_bytes, marker = excluded.marker,
         grew_at = excluded.grew_at, seen_at = excluded.seen_at`,
    );
    this.#forget = db.prepare("DELETE FROM positions WHERE file_key = ?");
    this.#back = db.prepare(
      "UPDATE positions SET offset = ?2, marker = '' WHERE file_key = ?1 AND offset > ?2",
    );
    this.#backLater = db.prepare(
      `INSERT INTO rewinds (file_key, from_byte) VALUES (?, ?)
       ON CONFLICT DO UPDATE SET from_byte = min(from_byte, excluded.from_byte)`,
    );
    this.#applyBack = db.prepare(
      `UPDATE positions SET offset = from_byte, marker = '' FROM rewinds
       WHERE rewinds.file_key = positions.file_key AND offset > from_byte`,
    );
    this.#dropBack = db.prepare("DELETE FROM rewinds");
    this.#touch = db.prepare("UPDATE positions SET seen_at = max(seen_at, ?) WHERE file_key = ?");
    this.#prune = db.prepare("DELETE FROM positions WHERE seen_at < ?");
  }

  get(fileKey: string): Position | undefined {
    const row = this.#get.get(keyBytes(fileKey));
    if (row === undefined) return undefined;
    this.#seen.add(fileKey);
    return {
      offset: int(row, "offset"),
      head: text(row, "head"),
      headBytes: int(row, "head_bytes"),
      marker: text(row, "marker"),
      grewAtMs: int(row, "grew_at"),
    };
  }

  set(fileKey: string, position: Position | null, nowMs: number): void {
    const key = keyBytes(fileKey);
    if (position === null) {
      this.#forget.run(key);
      this.#seen.delete(fileKey);
      return;
    }
    const { offset, head, headBytes, marker, grewAtMs } = position;
    if (!DIGEST.test(head) || !DIGEST.test(marker)) {
      throw new StateError("invalid", "a position's head and marker must be keyed digests");
    }
    this.#set.run(key, offset, head, headBytes, marker, Math.trunc(grewAtMs), nowMs);
    this.#seen.add(fileKey);
  }

  /**
   * Moves files back, and clears their markers, which belong to the old offsets. While running, the receiver goes on
   * from where it is in memory and stores that, so the way back is kept for the next open, too.
   */
  rewind(files: readonly Rewind[], running: boolean): void {
    for (const { fileKey, from } of files) {
      this.#back.run(keyBytes(fileKey), from);
      if (running) this.#backLater.run(keyBytes(fileKey), from);
    }
  }

  /** At open, before anything reads. */
  applyRewinds(): void {
    this.#applyBack.run();
    this.#dropBack.run();
  }

  /** Returns how many files are forgotten. */
  prune(beforeMs: number, nowMs: number): number {
    for (const fileKey of this.#seen) this.#touch.run(nowMs, keyBytes(fileKey));
    return Number(this.#prune.run(beforeMs).changes);
  }
}

const RANGE_BYTES = 24;

/** The earliest byte per file. */
export function earliest(ranges: Iterable<Rewind>): Rewind[] {
  const from = new Map<string, number>();
  for (const range of ranges) {
    from.set(range.fileKey, Math.min(range.from, from.get(range.fileKey) ?? range.from));
  }
  return Array.from(from, ([fileKey, first]) => ({ fileKey, from: first }));
}

export function packRanges(ranges: readonly Rewind[]): Uint8Array {
  const packed = Buffer.alloc(ranges.length * RANGE_BYTES);
  ranges.forEach(({ fileKey, from }, n) => {
    if (!Number.isSafeInteger(from) || from < 0) throw new StateError("invalid", "a range begins at no byte");
    packed.set(keyBytes(fileKey), n * RANGE_BYTES);
    packed.writeBigUInt64BE(BigInt(from), n * RANGE_BYTES + 16);
  });
  return packed;
}

export function unpackRanges(packed: Uint8Array): Rewind[] {
  const view = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const ranges: Rewind[] = [];
  for (let at = 0; at + RANGE_BYTES <= view.length; at += RANGE_BYTES) {
    ranges.push({
      fileKey: keyText(view.subarray(at, at + 16)),
      from: Number(view.readBigUInt64BE(at + 16)),
    });
  }
  return ranges;
}
