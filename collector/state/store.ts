import type { DatabaseSync } from "node:sqlite";
import type { Clock, Logger } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import type { Position } from "#component/unit.ts";
import { balanceOf } from "./balance.ts";
import { begin, type Begun } from "./begin.ts";
import { openDatabase, transaction } from "./database.ts";
import { configureExporters } from "./destinations.ts";
import { StateError, stateError } from "./errors.ts";
import { type HealthPatch, readHealth, untried, writeHealth } from "./health.ts";
import { keyBytes, keyText } from "./hex.ts";
import { writeMeta } from "./meta.ts";
import type { Parts } from "./parts.ts";
import { forgetLost, type Loss } from "./recovery.ts";
import { Reserve } from "./reserve.ts";
import { forgetNextKey, reseal } from "./rotation.ts";
import type {
  Balance,
  Commit,
  DestinationHealth,
  KeySource,
  Known,
  Pending,
  QueuedBatch,
  Rewind,
  SplitBatch,
} from "./types.ts";

const DAY_MS = 86_400_000;
const KEEP_KEYS_MS = 180 * DAY_MS;
const KEEP_FILES_MS = 90 * DAY_MS;

/** A reason is a short constant of ours: counted by name, or shown. */
const REASON = /^[a-z][a-z0-9_]{0,59}$/;
const MAX_REASON_TEXT = 200;

export interface StateOptions {
  dir: string;
  /** Ids of the configured exporters, the primary first. */
  exporters: string[];
  /** 32 bytes, from `loadMasterKey`. */
  masterKey: Uint8Array;
  keySource: KeySource;
  clock: Pick<Clock, "now">;
  log: Logger;
  /** Called after a batch did not open while running. Its files are read again at the next open in any case. */
  onLost?: (files: Rewind[]) => void;
}

/**
 * The collector's durable state: one SQLite file. Hold the folder's lock (`acquireLock`) before `open`.
 * Every method is synchronous; each that writes is one durable transaction, or throws `StateError` and stores nothing.
 */
export class StateStore {
  /** `rebuilt`: a damaged file was set aside, so every file is read again. */
  readonly opened: "fresh" | "existing" | "rebuilt";
  /** The key in use, when a rotation ended before it was stored in its place. Store it, then call `keyStored`. */
  readonly rotatedKey: Uint8Array | undefined;
  readonly #db: DatabaseSync;
  readonly #parts: Parts;
  readonly #options: StateOptions;
  readonly #health: Map<string, DestinationHealth>;
  readonly #reserve: Reserve;
  /** After a failed transaction, until what is kept in memory could be read again. */
  #stale = false;

  private constructor({ db, parts, rotatedKey }: Begun, opened: StateStore["opened"], options: StateOptions) {
    this.opened = opened;
    this.rotatedKey = rotatedKey;
    this.#db = db;
    this.#parts = parts;
    this.#options = options;
    this.#health = readHealth(db);
    this.#reserve = new Reserve(options.dir);
    this.#reserve.keep();
  }

  static open(options: StateOptions): StateStore {
    if (options.masterKey.length !== 32) throw new StateError("invalid", "the master key must be 32 bytes");
    const { dir, clock, log } = options;
    const { how, setAside, value } = openDatabase(dir, clock.now(), (db) => begin(db, options));
    if (setAside !== undefined) {
      log.warn("the state was damaged and is set aside; the followed files are read again", {
        file: setAside,
      });
    }
    if (value.loss !== undefined && value.loss.batches > 0) logLoss(log, value.loss);
    return new StateStore(value, how, options);
  }

  /**
   * Seals everything under another key. Store that key in its place, then call `keyStored`, then `close`: this store
   * goes on with the key before. Returns how many batches there are.
   */
  reseal(masterKey: Uint8Array): number {
    return this.#write((parts) => reseal(this.#db, parts, masterKey));
  }

  /** The key's own place holds the key: nothing sealed under the one before is left, in no file. */
  keyStored(): void {
    if (!this.#write(() => forgetNextKey(this.#db))) return;
    this.#read(() => this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
  }

  /** From now on these exporters take batches, the primary first. What is queued for another one stays. */
  configure(exporters: readonly string[]): void {
    if (exporters.join() === this.#options.exporters.join()) return;
    this.#write((parts) => configureExporters(this.#db, parts, exporters));
    this.#options.exporters = [...exporters];
  }

  /** Keyed hash of a file's identity, 32 hex digits. */
  fileKey(identity: string): string {
    return this.#parts.keys.fileKey(identity);
  }

  /** Keyed hash of bytes, 32 hex digits. */
  digest(content: Uint8Array): string {
    return this.#parts.keys.digest(content);
  }

  /** Keyed hash of what makes a record the same record, 32 hex digits. */
  recordKey(record: Pick<SourceRecord, "eventName" | "source" | "local">): string {
    return this.#parts.keys.recordKey(record);
  }

  /** The folder that this is kept in. */
  get dir(): string {
    return this.#options.dir;
  }

  /** 32 bytes that this state's key gives for a purpose. */
  secret(purpose: string): Uint8Array {
    return this.#parts.secrets.of(purpose);
  }

  position(fileKey: string): Position | undefined {
    return this.#read((parts) => parts.positions.get(fileKey));
  }

  /** What was accepted before, of these keys. */
  known(keys: readonly string[]): Map<string, Known> {
    return this.#read((parts) => parts.emitted.known(keys, this.#options.exporters));
  }

  commit(commit: Commit): void {
    const { unit, emitted, refilled, owed = [], withheld = [], batches, counters, settled } = commit;
    const nowMs = this.#now();
    if (batches.some(({ exporter }) => !this.#options.exporters.includes(exporter))) {
      throw new StateError("invalid", "a batch is for an exporter that is not configured");
    }
    this.#write((parts) => {
      for (const [fileKey, position] of unit.positions) parts.positions.set(fileKey, position, nowMs);
      parts.emitted.set(emitted);
      for (const { key, exporter } of refilled) parts.emitted.settle(key, exporter);
      for (const { key, exporter, ...place } of owed) {
        parts.emitted.owe(keyBytes(key), exporter);
        parts.missed.add(exporter, place);
      }
      for (const { key, exporter } of withheld) parts.emitted.owe(keyBytes(key), exporter);
      for (const batch of batches) parts.outbox.add(batch, nowMs);
      if (settled !== undefined) {
        const done = parts.outbox.removeAll(settled.exporter, [settled.id]);
        if (done === 0) throw new StateError("invalid", "what is settled waits no longer");
        parts.counters.add(`acknowledged/${settled.exporter}`, done);
      }
      parts.counters.addGiven(counters);
      parts.counters.setOpen(unit.open);
      writeMeta(this.#db, "last_commit_at", nowMs);
    });
  }

  /**
   * The oldest queued batches within both limits (bytes as in `Pending`), at least one if any is queued. Marks nothing.
   * Batches that do not open are forgotten on the way, and their records owed.
   */
  take(exporter: string, limits: { maxBytes: number; maxBatches: number }): QueuedBatch[] {
    for (;;) {
      const { batches, lost } = this.#read((parts) => parts.outbox.take(exporter, limits));
      if (lost.length === 0) return batches;
      const places = lost.map((id) => ({ exporter, id }));
      const loss = this.#write((parts) => forgetLost(parts, places, true));
      logLoss(this.#options.log, loss);
      this.#options.onLost?.(loss.files);
    }
  }

  /** The destination has these batches and refused `rejected` of their records for good. */
  acknowledge(exporter: string, ids: readonly number[], rejected: number): void {
    this.#shrink((parts) => {
      const records = parts.outbox.removeAll(exporter, ids);
      const refused = Math.min(records, Math.max(0, Math.trunc(rejected)));
      parts.counters.add(`acknowledged/${exporter}`, records - refused);
      parts.counters.add(`rejected/${exporter}`, refused);
    });
  }

  /** Keeps queued batches, unsent, until `unpark`. The reason is a constant of ours, shown by `talos status`. */
  park(exporter: string, ids: readonly number[], reason: string): void {
    this.#write((parts) => {
      for (const id of ids) parts.outbox.park(exporter, id, reason.slice(0, MAX_REASON_TEXT));
    });
  }

  /** Queues all parked batches again. Returns how many. */
  unpark(exporter: string): number {
    return this.#write((parts) => parts.outbox.unpark(exporter));
  }

  /** Deletes what was queued or parked before `beforeMs` for good, counted as `expired`. Returns how many records. */
  expire(exporter: string, beforeMs: number): number {
    return this.#shrink((parts) => {
      const records = parts.outbox.removeAll(
        exporter,
        parts.outbox.olderThan(exporter, Math.trunc(beforeMs)),
      );
      parts.counters.add(`purged:expired/${exporter}`, records);
      return records;
    });
  }

  /**
   * Owes the exporter what it was never offered: records of this time, accepted while it was not configured. It gets
   * them when their lines are read again. Returns how many are new.
   */
  owe(exporter: string, sinceMs: number, untilMs: number): number {
    return this.#write((parts) => parts.emitted.oweBetween(exporter, sinceMs, untilMs));
  }

  /** What is owed to a queue that is no more is owed to others in its place. */
  passOn(from: string, to: readonly string[]): void {
    this.#write((parts) => parts.emitted.passOn(from, to));
  }

  /** True from the moment that a record found no room, until `refill`. */
  isDetached(exporter: string): boolean {
    return this.#read((parts) => parts.missed.has(exporter));
  }

  /**
   * Moves every file back to the first record that the exporter is owed, and attaches it again. No receiver may run:
   * each reads on from what it has in memory. Returns how many files are read again.
   */
  refill(exporter: string): number {
    return this.#write((parts) => {
      const files = parts.missed.take(exporter);
      parts.positions.rewind(files, false);
      return files.length;
    });
  }

  /** Replaces a batch by smaller ones in its place. They must hold its records, in their order. */
  split(exporter: string, id: number, halves: readonly SplitBatch[]): void {
    this.#write((parts) => parts.outbox.split(exporter, id, halves));
  }

  /**
   * Moves a batch, rewritten, from a destination's queue for content to its other one: a stricter mode left no content
   * of it. Counted as purged there, and as spooled here. False when it is gone already.
   */
  demote(from: { exporter: string; id: number }, to: { exporter: string; plaintext: Uint8Array }): boolean {
    return this.#write((parts) => {
      const removed = parts.outbox.remove(from.exporter, from.id);
      if (removed === undefined) return false;
      const { records, keys, ranges } = removed;
      parts.counters.add(`purged:tightened/${from.exporter}`, records);
      parts.counters.add(`skipped:text/${to.exporter}`, -records);
      parts.counters.add(`spooled/${to.exporter}`, records);
      parts.outbox.add({ ...to, records, keys: keys.map(keyText), ranges }, this.#now());
      return true;
    });
  }

  /** Deletes queued or parked batches for good, counted by reason. */
  purge(exporter: string, ids: readonly number[], reason: string): void {
    if (!REASON.test(reason)) throw new StateError("invalid", "a reason to purge must be one short word");
    this.#shrink((parts) => {
      parts.counters.add(`purged:${reason}/${exporter}`, parts.outbox.removeAll(exporter, ids));
    });
  }

  /** What is queued. */
  pending(exporter: string): Pending {
    return this.#read((parts) => parts.outbox.pending(exporter, false));
  }

  /** What is parked. */
  parked(exporter: string): Pending {
    return this.#read((parts) => parts.outbox.pending(exporter, true));
  }

  /** Stores how the last attempts went, for `talos status`. What is equal to what is stored costs nothing. */
  health(exporter: string, patch: HealthPatch): void {
    const before = this.#health.get(exporter);
    const after = { ...(before ?? untried(exporter)), ...patch, exporter };
    after.lastProblem = after.lastProblem?.slice(0, MAX_REASON_TEXT);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(after)) return;
    this.#write(() => writeHealth(this.#db, after));
    this.#health.set(exporter, after);
  }

  balance(): Balance {
    return this.#read(({ counters, outbox }) =>
      balanceOf({
        counters: counters.values,
        open: counters.open,
        totals: outbox.totals,
        configured: this.#options.exporters,
      }),
    );
  }

  /** Forgets records older than 180 days and files not seen for 90, and gives free pages back to the disk. */
  prune(nowMs: number): { keys: number; files: number } {
    const pruned = this.#write((parts) => ({
      keys: parts.emitted.prune(nowMs - KEEP_KEYS_MS),
      files: parts.positions.prune(nowMs - KEEP_FILES_MS, nowMs),
    }));
    this.#read(() => this.#db.exec("PRAGMA incremental_vacuum"));
    this.#reserve.keep();
    return pruned;
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }

  #now(): number {
    return Math.trunc(this.#options.clock.now());
  }

  #read<T>(work: (parts: Parts) => T): T {
    try {
      return work(this.#current());
    } catch (error) {
      throw stateError(error);
    }
  }

  #write<T>(work: (parts: Parts) => T): T {
    try {
      const parts = this.#current();
      return transaction(this.#db, () => work(parts));
    } catch (error) {
      this.#stale = true;
      throw stateError(error);
    }
  }

  /** A write that makes room: a full disk must not keep it from happening. */
  #shrink<T>(work: (parts: Parts) => T): T {
    try {
      return this.#write(work);
    } catch (error) {
      if (stateError(error).code !== "disk_full" || !this.#reserve.spend()) throw error;
      this.#read(() => this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE)"));
      const result = this.#write(work);
      this.#reserve.keep();
      return result;
    }
  }

  #current(): Parts {
    if (this.#stale) this.#parts.reload();
    this.#stale = false;
    return this.#parts;
  }
}

function logLoss(log: Logger, { batches, records, files }: Loss): void {
  log.warn("batches could not be decrypted; their records are read again", {
    batches,
    records,
    files: files.length,
  });
}
