import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { BatchCipher } from "./cipher.ts";
import { StateError } from "./errors.ts";
import { keysBytes } from "./hex.ts";
import { packRanges, unpackRanges } from "./positions.ts";
import { bytes, int, type Row, text } from "./row.ts";
import type { NewBatch, Pending, QueuedBatch, Rewind, SplitBatch } from "./types.ts";

const KEY_BYTES = 16;

/** A row that left the outbox. */
export interface Removed {
  records: number;
  keys: Uint8Array[];
  ranges: Rewind[];
}

type Totals = Omit<Pending, "oldestMs">;

/** A batch ready to be sealed. */
interface NewRow {
  exporter: string;
  parked: boolean;
  queuedAtMs: number;
  records: number;
  keys: Uint8Array;
  ranges: Uint8Array;
  plaintext: Uint8Array;
}

/** Sealed batches: a queue per exporter, and what is parked beside it. Totals are kept in memory. */
export class Outbox {
  readonly #db: DatabaseSync;
  readonly #cipher: BatchCipher;
  readonly #insert: StatementSync;
  readonly #oldest: StatementSync;
  readonly #oldestTime: StatementSync;
  readonly #row: StatementSync;
  readonly #delete: StatementSync;
  readonly #park: StatementSync;
  readonly #unpark: StatementSync;
  #totals = new Map<string, Totals>();
  #nextId = 1;

  constructor(db: DatabaseSync, cipher: BatchCipher) {
    this.#db = db;
    this.#cipher = cipher;
    this.#insert = db.prepare(
      `INSERT INTO outbox (id, exporter, parked, queued_at, records, size, keys, ranges, sealed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#oldest = db.prepare(
      `SELECT id, records, size, queued_at FROM outbox INDEXED BY outbox_by_age
       WHERE exporter = ? AND parked = 0 ORDER BY queued_at, id LIMIT ?`,
    );
    this.#oldestTime = db.prepare(
      "SELECT min(queued_at) AS oldest FROM outbox INDEXED BY outbox_by_age WHERE exporter = ? AND parked = ?",
    );
    this.#row = db.prepare("SELECT * FROM outbox WHERE id = ? AND exporter = ?");
    this.#delete = db.prepare(
      "DELETE FROM outbox WHERE id = ? AND exporter = ? RETURNING parked, records, size, keys, ranges",
    );
    this.#park = db.prepare(
      "UPDATE outbox SET parked = 1, reason = ? WHERE id = ? AND exporter = ? AND parked = 0 RETURNING records, size",
    );
    this.#unpark = db.prepare(
      "UPDATE outbox SET parked = 0, reason = NULL WHERE exporter = ? AND parked = 1",
    );
    this.reload();
  }

  reload(): void {
    this.#totals = readTotals(this.#db);
    const row = this.#db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'").get();
    this.#nextId = row === undefined ? 1 : int(row, "seq") + 1;
  }

  add({ exporter, plaintext, records, keys, ranges }: NewBatch, queuedAtMs: number): void {
    if (keys.length !== records || records < 1) {
      throw new StateError("invalid", "a batch must have one key per record");
    }
    this.#add({
      exporter,
      parked: false,
      queuedAtMs,
      records,
      keys: keysBytes(keys),
      ranges: packRanges(ranges),
      plaintext,
    });
  }

  #add({ exporter, parked, queuedAtMs, records, keys, ranges, plaintext }: NewRow): void {
    const id = this.#nextId;
    this.#nextId += 1;
    const sealed = this.#cipher.seal(exporter, id, plaintext);
    const size = plaintext.length;
    this.#insert.run(id, exporter, parked ? 1 : 0, queuedAtMs, records, size, keys, ranges, sealed);
    this.#count(exporter, parked, { batches: 1, records, bytes: size });
  }

  /** The oldest queued batches within the limits, and the ids of those among them that do not open. */
  take(
    exporter: string,
    { maxBytes, maxBatches }: { maxBytes: number; maxBatches: number },
  ): { batches: QueuedBatch[]; lost: number[] } {
    const batches: QueuedBatch[] = [];
    const lost: number[] = [];
    let size = 0;
    for (const row of this.#oldest.all(exporter, Math.min(maxBatches, 100_000))) {
      size += int(row, "size");
      if (size > maxBytes && batches.length + lost.length > 0) break;
      const id = int(row, "id");
      const opened = this.#opened(exporter, id);
      if (opened === undefined) lost.push(id);
      else batches.push({ id, ...opened, records: int(row, "records"), queuedAtMs: int(row, "queued_at") });
    }
    return { batches, lost };
  }

  #plaintext(exporter: string, id: number): Uint8Array | undefined {
    return this.#opened(exporter, id)?.plaintext;
  }

  #opened(exporter: string, id: number): Pick<QueuedBatch, "plaintext" | "ranges"> | undefined {
    const row = this.#row.get(id, exporter);
    const plaintext = row && this.#cipher.open(exporter, id, bytes(row, "sealed"));
    return plaintext && { plaintext, ranges: unpackRanges(bytes(row, "ranges")) };
  }

  /** Seals every batch under another key. Those that do not open stay as they are. Returns how many there are. */
  reseal(next: BatchCipher): number {
    const update = this.#db.prepare("UPDATE outbox SET sealed = ? WHERE id = ?");
    const places = this.#db.prepare("SELECT id, exporter FROM outbox INDEXED BY outbox_by_age").all();
    for (const row of places) {
      const [id, exporter] = [int(row, "id"), text(row, "exporter")];
      const plaintext = this.#plaintext(exporter, id);
      if (plaintext !== undefined) update.run(next.seal(exporter, id, plaintext), id);
    }
    return places.length;
  }

  /** Every queued or parked batch that does not open. */
  unreadable(): { exporter: string; id: number }[] {
    const places = this.#db.prepare("SELECT id, exporter FROM outbox INDEXED BY outbox_by_age").all();
    return places
      .map((row) => ({ exporter: text(row, "exporter"), id: int(row, "id") }))
      .filter(({ exporter, id }) => this.#plaintext(exporter, id) === undefined);
  }

  /** Undefined when it is no longer there. */
  remove(exporter: string, id: number): Removed | undefined {
    const row = this.#delete.get(id, exporter);
    if (row === undefined) return undefined;
    const records = int(row, "records");
    this.#count(exporter, int(row, "parked") === 1, {
      batches: -1,
      records: -records,
      bytes: -int(row, "size"),
    });
    return { records, keys: split16(bytes(row, "keys")), ranges: unpackRanges(bytes(row, "ranges")) };
  }

  /** Returns how many records left. Batches that are no longer there were counted when they left. */
  removeAll(exporter: string, ids: readonly number[]): number {
    return ids.reduce((records, id) => records + (this.remove(exporter, id)?.records ?? 0), 0);
  }

  /** Ids of batches queued before `beforeMs`, parked or not. */
  olderThan(exporter: string, beforeMs: number): number[] {
    return this.#db
      .prepare(
        "SELECT id FROM outbox INDEXED BY outbox_by_age WHERE exporter = ? AND parked IN (0, 1) AND queued_at < ?",
      )
      .all(exporter, beforeMs)
      .map((row) => int(row, "id"));
  }

  park(exporter: string, id: number, reason: string): void {
    const row = this.#park.get(reason, id, exporter);
    if (row === undefined) return;
    const records = int(row, "records");
    const size = int(row, "size");
    this.#count(exporter, false, { batches: -1, records: -records, bytes: -size });
    this.#count(exporter, true, { batches: 1, records, bytes: size });
  }

  /** Returns how many batches are queued again. */
  unpark(exporter: string): number {
    const parked = this.#of(exporter, true);
    if (parked.batches === 0) return 0;
    this.#unpark.run(exporter);
    this.#count(exporter, false, parked);
    this.#totals.delete(slot(exporter, true));
    return parked.batches;
  }

  /** Replaces a batch by smaller ones of the same age. */
  split(exporter: string, id: number, halves: readonly SplitBatch[]): void {
    const row = this.#row.get(id, exporter);
    if (row === undefined) return;
    const counts = halves.map((half) => half.records);
    if (counts.some((n) => n < 1) || counts.reduce((a, b) => a + b, 0) !== int(row, "records")) {
      throw new StateError("invalid", "the parts of a batch must hold exactly its records");
    }
    const shared = sharedBy(exporter, row);
    this.remove(exporter, id);
    let first = 0;
    for (const { plaintext, records } of halves) {
      const keys = bytes(row, "keys").subarray(first * KEY_BYTES, (first + records) * KEY_BYTES);
      this.#add({ ...shared, records, keys, plaintext });
      first += records;
    }
  }

  pending(exporter: string, parked: boolean): Pending {
    const { batches, records, bytes: size } = this.#of(exporter, parked);
    const row = batches === 0 ? undefined : this.#oldestTime.get(exporter, parked ? 1 : 0);
    return { batches, records, bytes: size, oldestMs: row === undefined ? undefined : int(row, "oldest") };
  }

  /** By `queued/<exporter>` and `parked/<exporter>`. */
  get totals(): ReadonlyMap<string, Totals> {
    return this.#totals;
  }

  #of(exporter: string, parked: boolean): Totals {
    return this.#totals.get(slot(exporter, parked)) ?? { batches: 0, records: 0, bytes: 0 };
  }

  #count(exporter: string, parked: boolean, by: Totals): void {
    const { batches, records, bytes: size } = this.#of(exporter, parked);
    this.#totals.set(slot(exporter, parked), {
      batches: batches + by.batches,
      records: records + by.records,
      bytes: size + by.bytes,
    });
  }
}

/** Everything of a row that its parts keep. */
function sharedBy(exporter: string, row: Row): Omit<NewRow, "records" | "keys" | "plaintext"> {
  return {
    exporter,
    parked: int(row, "parked") === 1,
    queuedAtMs: int(row, "queued_at"),
    ranges: bytes(row, "ranges"),
  };
}

function split16(packed: Uint8Array): Uint8Array[] {
  const keys: Uint8Array[] = [];
  for (let at = 0; at < packed.length; at += KEY_BYTES) keys.push(packed.subarray(at, at + KEY_BYTES));
  return keys;
}

function slot(exporter: string, parked: boolean): string {
  return `${parked ? "parked" : "queued"}/${exporter}`;
}

/** By `queued/<exporter>` and `parked/<exporter>`, from the index alone. */
export function readTotals(db: DatabaseSync): Map<string, Pending> {
  const rows = db
    .prepare(
      `SELECT exporter, parked, count(*) AS batches, sum(records) AS records, sum(size) AS size,
         min(queued_at) AS oldest
       FROM outbox INDEXED BY outbox_by_age GROUP BY exporter, parked`,
    )
    .all();
  return new Map(rows.map((row) => [slot(text(row, "exporter"), int(row, "parked") === 1), pendingOf(row)]));
}

function pendingOf(row: Row): Pending {
  return {
    batches: int(row, "batches"),
    records: int(row, "records"),
    bytes: int(row, "size"),
    oldestMs: int(row, "oldest"),
  };
}
