import type { Weight } from "#component/record.ts";
import type { Unit } from "#component/unit.ts";

/** One batch for one destination, before it is encrypted into an outbox row. */
export interface NewBatch {
  /** The exporter's id from the configuration: `otlp_http/talos`. */
  exporter: string;
  /** Whose records these are. Not stored: for those who look at what passes. */
  pipeline?: string;
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
  /** Stored of it: `positions`, and `open`, which counts the open records of all receivers. */
  unit: Pick<Unit, "positions" | "open">;
  /** Records accepted for sending: replaces what was known of each key. */
  emitted: { key: string; weight: Weight; lastTimeMs: number }[];
  /** Refills that this commit satisfies, whether queued again or skipped. */
  refilled: { key: string; exporter: string }[];
  /** Records that an exporter had no room for: it is owed them, and is detached until it was refilled. */
  owed?: (Rewind & { key: string; exporter: string })[];
  /** Records that an exporter is owed and gets when somebody asks: nothing is read again for it by itself. */
  withheld?: { key: string; exporter: string }[];
  batches: NewBatch[];
  /** A queued row that these batches take the place of: counted as acknowledged. */
  settled?: { exporter: string; id: number };
  /** Added to the stored counters, by the names of `CounterName` that the caller counts. */
  counters: ReadonlyMap<CounterName, number>;
}

/**
 * Stored counters, all of records.
 *
 *   the caller counts   read · accepted · dropped:<reason> · spooled/<exporter> · skipped:<reason>/<exporter>
 *                       receiver_<what> …: anything else a component counts
 *   the store counts    acknowledged/<exporter> · rejected/<exporter> · purged:<reason>/<exporter>
 *                       skipped:not_configured/<exporter>: accepted while the configuration did not name it
 *
 * `read` = Σ `dropped:*` + `accepted`. Per exporter `accepted` = `spooled` + Σ `skipped:*`: a record that is read
 * again because a batch was lost counts as accepted again, and as skipped for the exporters that had it.
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
  /** Where it is read again when it is lost. */
  ranges: Rewind[];
}

export interface Pending {
  batches: number;
  records: number;
  /** Bytes of the batches as they came, which is about what is sent. They take a tenth of it on the disk. */
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
  /** False for a destination with a past that the running configuration does not name. */
  configured: boolean;
  /** True when both equations hold; the second only where it is configured. */
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

/** What a split gives back: the records of one batch, in their order, in smaller requests. */
export type SplitBatch = Pick<NewBatch, "plaintext" | "records">;

/** Where a file must be read again, because a batch with its records was lost. */
export interface Rewind {
  fileKey: string;
  /** Bytes from the start of the file. */
  from: number;
}

/** What another process sees of a state folder, whether or not the collector runs. */
export interface Status {
  running: boolean;
  /** Of the collector that runs, or that ran last. */
  pid: number | undefined;
  startedAtMs: number | undefined;
  lastCommitAtMs: number | undefined;
  schemaVersion: number;
  keySource: KeySource | undefined;
  filesFollowed: number;
  open: number;
  balance: Balance;
  counters: Record<string, number>;
  destinations: DestinationStatus[];
}

export interface DestinationStatus {
  exporter: string;
  queued: Pending;
  parked: Pending;
  health: DestinationHealth | undefined;
  /** It was over its limit: gets nothing new until its queue has half emptied, then what it missed. */
  detached: boolean;
  /** Records that it is still to get again. */
  owed: number;
}
