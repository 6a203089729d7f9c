/** What a receiver hands on: in memory only, because nothing of it may touch a disk before the egress gate. */

export type Value = string | number | boolean;

/** The tools that are followed, as `talos.source` names them. */
export type Source = "claude_code" | "cursor";

export type EventName = "gen_ai.client.inference.operation.details" | "talos.prompt" | "talos.completion";

/** Where a record was read, so that it can be read again when its encrypted batch cannot be opened. */
export interface SourceRange {
  /** The receiver's key of the file, 32 hex digits: `ReceiverHost.fileKey`. */
  fileKey: string;
  /** Bytes from the start of the file to the record's first line. */
  from: number;
  /** Bytes from the start of the file to the end of its last line. */
  to: number;
}

/**
 * How much of a record was known when it was read. A later version of the same record replaces the earlier one
 * where any part is larger: `final` beats partial, then each count grows.
 */
export interface Weight {
  final: boolean;
  output: number;
  /** All input, cache included. */
  input: number;
  webSearches: number;
}

export interface SourceRecord {
  eventName: EventName;
  source: Source;
  /** Milliseconds since the Unix epoch, UTC: the record's first line. */
  timeMs: number;
  /** Milliseconds since the Unix epoch, UTC: its last line. Decides whether the record is historical. */
  lastTimeMs: number;
  /**
   * Local ids, never sent as they are: the gate turns each into a keyed hash per destination.
   * `request` is unique and stable within the source: the same request gives the same key on any read.
   * `origin` is the repository's normalised address, set only where the team turned project identity on.
   */
  local: { request: string; session?: string; turn?: string; origin?: string };
  /** Absolute working directory. `cwd_hash` replaces it by `talos.cwd.hash`. */
  cwd?: string;
  /** By the names of the egress contract. Absent counts stay absent: unknown is never 0. */
  attributes: Map<string, Value>;
  /** Text, where the mode allows reading it. Mode `off` never reads it. */
  body?: string;
  weight: Weight;
  range: SourceRange;
}
