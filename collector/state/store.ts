import type { Clock, Logger } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import type { Position } from "#component/unit.ts";
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

export interface StateOptions {
  dir: string;
  /** Ids of the configured exporters, the primary first. */
  exporters: string[];
  /** 32 bytes, from `loadMasterKey`. */
  masterKey: Uint8Array;
  keySource: KeySource;
  clock: Clock;
  log: Logger;
  /** Called after a batch could not be decrypted while running. Files are also read again at the next open. */
  onLost?: (files: Rewind[]) => void;
}

/**
 * The collector's durable state: one SQLite file. Hold the folder's lock (`acquireLock`) before `open`.
 * Every method is synchronous; those that write are one durable transaction each and throw `StateError`.
 */
export class StateStore {
  /** `rebuilt`: a damaged file was set aside, so every file is read again. */
  readonly opened: "fresh" | "existing" | "rebuilt" = "fresh";

  static open(_options: StateOptions): StateStore {
    return new StateStore();
  }

  /** Keyed hash of a file's identity, 32 hex digits. */
  fileKey(_identity: string): string {
    throw new Error("not implemented");
  }

  /** Keyed hash of bytes, 32 hex digits. */
  digest(_bytes: Uint8Array): string {
    throw new Error("not implemented");
  }

  /** Keyed hash of what makes a record the same record, 32 hex digits. */
  recordKey(_record: SourceRecord): string {
    throw new Error("not implemented");
  }

  position(_fileKey: string): Position | undefined {
    throw new Error("not implemented");
  }

  /** What was accepted before, of these keys. */
  known(_keys: string[]): Map<string, Known> {
    throw new Error("not implemented");
  }

  commit(_commit: Commit): void {
    throw new Error("not implemented");
  }

  /** The oldest queued batches within both limits (bytes of ciphertext), at least one if any is queued. Marks nothing. */
  take(_exporter: string, _limits: { maxBytes: number; maxBatches: number }): QueuedBatch[] {
    throw new Error("not implemented");
  }

  /** The destination has these batches and refused `rejected` of their records for good. */
  acknowledge(_exporter: string, _ids: number[], _rejected: number): void {
    throw new Error("not implemented");
  }

  /** Keeps queued batches, unsent, until `unpark`. The reason is a constant of ours. */
  park(_exporter: string, _ids: number[], _reason: string): void {
    throw new Error("not implemented");
  }

  /** Queues all parked batches again. Returns how many. */
  unpark(_exporter: string): number {
    throw new Error("not implemented");
  }

  /** Replaces a queued batch by smaller ones in its place. They must hold its records, in their order. */
  split(_exporter: string, _id: number, _halves: SplitBatch[]): void {
    throw new Error("not implemented");
  }

  /** Deletes queued or parked batches for good, counted by reason. */
  purge(_exporter: string, _ids: number[], _reason: string): void {
    throw new Error("not implemented");
  }

  /** What is queued. */
  pending(_exporter: string): Pending {
    throw new Error("not implemented");
  }

  /** What is parked. */
  parked(_exporter: string): Pending {
    throw new Error("not implemented");
  }

  /** Stores how the last attempts went, for `talos status`. */
  health(_exporter: string, _patch: Partial<Omit<DestinationHealth, "exporter">>): void {
    throw new Error("not implemented");
  }

  balance(): Balance {
    throw new Error("not implemented");
  }

  /** Forgets records older than 180 days and files not seen for 90, and gives free pages back to the disk. */
  prune(_nowMs: number): { keys: number; files: number } {
    throw new Error("not implemented");
  }

  close(): void {}
}
