import type { Weight } from "#component/record.ts";
import type { Unit } from "#component/unit.ts";

/** One batch for one destination, before it is encrypted into an outbox row. */
export interface NewBatch {
  /** The exporter's id from the configuration: `otlp_http/talos`. */
  exporter: string;
  /** Gated records, as the protobuf of an ExportLogsServiceRequest. Never stored as it is. */
  plaintext: Uint8Array;
  records: number;
  /** `StateStore.recordKey` of each record. */
  keys: string[];
  /** The earliest byte to read again per file, when the batch cannot be decrypted. */
  ranges: { fileKey: string; from: number }[];
}

/** What one commit stores, in one synchronous transaction. */
export interface Commit {
  unit: Unit;
  /** Records accepted for sending: replaces what was known of each key. */
  emitted: { key: string; weight: Weight; lastTimeMs: number }[];
  /** Refills that this commit satisfies. */
  refilled: { key: string; exporter: string }[];
  batches: NewBatch[];
  /** Added to the stored counters, by the names of `CounterName`. */
  counters: Map<string, number>;
}

/**
 * Stored counters, all of records. `read` = Σ `dropped:*` + `accepted`; per exporter
 * `accepted` + `again/<exporter>` … see `Balance`.
 *
 *   read · accepted · dropped:<reason>
 *   spooled/<exporter> · skipped:<reason>/<exporter>
 *   acknowledged/<exporter> · rejected/<exporter> · purged:<reason>/<exporter>
 *   receiver_<what> …: anything else a component counts
 */
export type CounterName = string;

/** What is known of a record key that was accepted before. */
export interface Known {
  weight: Weight;
  /** Exporters whose batch with this record was lost (key gone) and that have not got it again. */
  owed: string[];
}

/** A queued batch, decrypted. */
export interface QueuedBatch {
  id: number;
  plaintext: Uint8Array;
  records: number;
  /** Milliseconds since the Unix epoch, UTC, when it was committed. */
  queuedAtMs: number;
}

export interface Pending {
  batches: number;
  records: number;
  /** Ciphertext bytes. */
  bytes: number;
  /** Milliseconds since the Unix epoch, UTC; undefined when nothing is queued. */
  oldestMs: number | undefined;
}

/** The balance of one destination: spooled = acknowledged + rejected + parked + queued + purged. */
export interface DestinationBalance {
  exporter: string;
  spooled: number;
  acknowledged: number;
  rejected: number;
  parked: number;
  queued: number;
  purged: number;
  /** Records accepted that this destination does not take, by reason. accepted = spooled + skipped. */
  skipped: Record<string, number>;
  /** True when the equation holds. */
  balanced: boolean;
}

/** read = dropped + open + accepted, where `read` includes what is open now. */
export interface Balance {
  read: number;
  dropped: Record<string, number>;
  open: number;
  accepted: number;
  destinations: DestinationBalance[];
  balanced: boolean;
}

export type KeySource = "keychain" | "memory" | "file";

/** How the last attempts of one destination went; shown by `talos status`, holds no body text. */
export interface DestinationHealth {
  exporter: string;
  lastDeliveredMs: number | undefined;
  lastProblemMs: number | undefined;
  /** A constant of ours with a status code, for example `POST answered 401`. Never a response's text. */
  lastProblem: string | undefined;
  state: "ok" | "retrying" | "parked";
  retryAtMs: number | undefined;
}
