import type { SourceRecord } from "./record.ts";

/** Where reading one file resumes. Holds no path and no content: digests are keyed. */
export interface Position {
  /** Bytes from the start of the file to the first line that must be read again after a restart. */
  offset: number;
  /** Keyed digest of the file's first `headBytes` bytes: tells a rewritten file from a grown one. */
  head: string;
  headBytes: number;
  /** Keyed digest of the up to 64 bytes before `offset`, or "" when there is nothing to compare. */
  marker: string;
  /** Milliseconds since the Unix epoch, UTC, when the file last grew as far as this receiver saw. */
  grewAtMs: number;
}

/** Why a record that was read is not sent. Each is a counter; add a reason here first. */
export type DropReason =
  /** Nothing was asked of a model: `<synthetic>` lines and requests with all counts zero. */
  | "synthetic"
  /** Its last line is older than the first start, and history is skipped. */
  | "historical"
  /** Sent before with counts at least as large. */
  | "duplicate"
  /** A prompt written by a program, not by a person. */
  | "not_human"
  /** The time stamp, the id or the counts could not be read. */
  | "malformed"
  /** From a folder or repository that the configuration or the user's own list leaves out. */
  | "out_of_scope"
  /** Written while the user had paused the collector. */
  | "paused"
  /** The contract does not allow the record. */
  | "egress_blocked";

/**
 * One atomic step of a receiver: its records and the positions that go with them. Committing it is one
 * synchronous SQLite transaction, so a crash leaves either all of it or none.
 */
export interface Unit {
  /** The receiver's scope, for example `talos.receiver.claude_code`. */
  scope: { name: string; version: string };
  /** Records that are complete. Each counts as read. */
  records: SourceRecord[];
  /** Records that were read and are not sent, by reason. Each counts as read. */
  drops: Map<DropReason, number>;
  /** New positions by file key; null forgets the file. */
  positions: Map<string, Position | null>;
  /** Records that are begun and not yet complete, after this unit. */
  open: number;
  /** Lines and bytes seen, unknown types, torn lines …: `receiver_<what>` counters, added to the stored ones. */
  counts: Map<string, number>;
}

export function emptyUnit(scope: Unit["scope"]): Unit {
  return { scope, records: [], drops: new Map(), positions: new Map(), open: 0, counts: new Map() };
}
