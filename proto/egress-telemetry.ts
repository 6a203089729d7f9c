/** The part of the egress contract that binds what the collector tells of itself. What it does not name is not sent. */

/** Every label, with all its values: no label can hold a name that a user chose. */
export const TELEMETRY_LABELS = {
  /** The exporter's type. Its name from the configuration stays on this machine. `none`: the queue leads to none yet. */
  "talos.exporter.type": ["otlp_http", "file", "debug", "none", "other"],
  /** Which of the destinations, in the order of the configuration; 1 is the first. `none` as before. */
  "talos.destination": ["1", "2", "3", "4", "5", "6", "7", "8", "9", "none", "other"],
  /** `numbers`; `content`: what came of texts; `unread`: texts that wait, encrypted, to be worked on. */
  "talos.queue": ["numbers", "content", "unread"],
  "talos.reason": [
    "synthetic",
    "historical",
    "duplicate",
    "not_human",
    "malformed",
    "out_of_scope",
    "paused",
    "egress_blocked",
    "expired",
    "key_lost",
    "tightened",
    "other",
  ],
  /** What the redaction removed. */
  "talos.rule": ["removed_bodies", "other"],
} as const;

export type TelemetryLabel = keyof typeof TELEMETRY_LABELS;

export interface MetricRule {
  name: string;
  kind: "counter" | "gauge";
  unit: "{record}" | "{file}" | "By" | "s" | "1";
  labels: readonly TelemetryLabel[];
  meaning: string;
}

const PER_DESTINATION = ["talos.exporter.type", "talos.destination", "talos.queue"] as const;

export const METRICS = {
  accepted: {
    name: "talos_receiver_accepted_log_records",
    kind: "counter",
    unit: "{record}",
    labels: [],
    meaning: "Records read and accepted.",
  },
  dropped: {
    name: "talos_receiver_dropped_log_records",
    kind: "counter",
    unit: "{record}",
    labels: ["talos.reason"],
    meaning: "Records read and dropped, by reason.",
  },
  open: {
    name: "talos_receiver_open_log_records",
    kind: "gauge",
    unit: "{record}",
    labels: [],
    meaning: "Requests begun and not yet complete.",
  },
  readBytes: {
    name: "talos_receiver_read_bytes",
    kind: "counter",
    unit: "By",
    labels: [],
    meaning: "Bytes of transcripts read.",
  },
  lag: {
    name: "talos_receiver_file_lag",
    kind: "gauge",
    unit: "By",
    labels: [],
    meaning: "Bytes known of and not read yet.",
  },
  files: {
    name: "talos_receiver_followed_files",
    kind: "gauge",
    unit: "{file}",
    labels: [],
    meaning: "Files followed.",
  },
  sinceCommit: {
    name: "talos_receiver_last_commit_age",
    kind: "gauge",
    unit: "s",
    labels: [],
    meaning: "Time since anything read was stored.",
  },
  redacted: {
    name: "talos_processor_redacted",
    kind: "counter",
    unit: "{record}",
    labels: ["talos.rule"],
    meaning: "Records that the redaction changed, by rule.",
  },
  sent: {
    name: "talos_exporter_sent_log_records",
    kind: "counter",
    unit: "{record}",
    labels: PER_DESTINATION,
    meaning: "Records delivered.",
  },
  rejected: {
    name: "talos_exporter_rejected_log_records",
    kind: "counter",
    unit: "{record}",
    labels: PER_DESTINATION,
    meaning: "Records that the destination refused for good.",
  },
  purged: {
    name: "talos_exporter_purged_log_records",
    kind: "counter",
    unit: "{record}",
    labels: [...PER_DESTINATION, "talos.reason"],
    meaning: "Records given up before they were sent, by reason.",
  },
  queued: {
    name: "talos_exporter_queue_size",
    kind: "gauge",
    unit: "{record}",
    labels: PER_DESTINATION,
    meaning: "Records that wait.",
  },
  queuedBytes: {
    name: "talos_exporter_queue_bytes",
    kind: "gauge",
    unit: "By",
    labels: PER_DESTINATION,
    meaning: "Bytes that wait.",
  },
  parked: {
    name: "talos_exporter_parked_log_records",
    kind: "gauge",
    unit: "{record}",
    labels: PER_DESTINATION,
    meaning: "Records kept aside because the destination refused them.",
  },
  oldest: {
    name: "talos_exporter_oldest_unsent_age",
    kind: "gauge",
    unit: "s",
    labels: PER_DESTINATION,
    meaning: "How long the oldest record waits.",
  },
  owed: {
    name: "talos_exporter_owed_log_records",
    kind: "gauge",
    unit: "{record}",
    labels: PER_DESTINATION,
    meaning: "Records that a detached destination is to get later.",
  },
  memory: {
    name: "talos_process_memory",
    kind: "gauge",
    unit: "By",
    labels: [],
    meaning: "Resident memory.",
  },
} as const satisfies Record<string, MetricRule>;

export type MetricName = keyof typeof METRICS;

/** Resource of both: no host, user, process or path, and no resource detectors. */
export const TELEMETRY_RESOURCE = ["service.name", "service.version", "service.instance.id"] as const;

/** Head of each request, beside the headers that the configuration adds. The user agent names the library alone. */
export const TELEMETRY_HEADERS = [
  "connection",
  "content-type",
  "host",
  "transfer-encoding",
  "user-agent",
] as const;

export const TELEMETRY_SCOPE = "talos.collector";

/** Values: `number` and `bool` as they are, a pattern for text. All other fields of a log line stay on this machine. */
export const LOG_FIELDS: Readonly<Record<string, "number" | "bool" | RegExp>> = {
  batches: "number",
  cause: /^[A-Za-z][A-Za-z0-9_]{1,60}$/,
  files: "number",
  interval_ms: "number",
  limit_bytes: "number",
  mode: /^(off|categorize_local|categorize_cloud|full)$/,
  pipelines: "number",
  reason:
    /^(POST answered \d{3}|connection failed: [A-Z][A-Z0-9_]{1,60}|the proxy answered \d{3}|no complete answer in time)$/,
  records: "number",
  signal: /^SIG(INT|TERM)$/,
  version: /^\d{1,5}\.\d{1,5}\.\d{1,5}(-[\w.]{1,30})?$/,
  wait_ms: "number",
};

/** Log lines that may be sent. Another one is sent as `other`. */
export const LOG_MESSAGES: readonly string[] = [
  "a changed setting needs a restart; until then the value before stands",
  "a component did not stop cleanly",
  "a component refused the new configuration; the one before goes on",
  "a deprecated setting is used",
  "a destination has room again: what it missed is read again",
  "a destination is over its limit: it gets what it misses once it takes records again",
  "a record is too large for the destination: kept aside",
  "a transcript cannot be read, will try again: may this user read all of them?",
  "a variable names no http:// or https:// proxy: connecting directly",
  "batches could not be decrypted; their records are read again",
  "collector started",
  "collector stopped",
  "an acceptance cannot be kept, trying again",
  "configuration applied",
  "delivery failed: nothing is lost, trying again",
  "destination accepts again",
  "file is not usable, tried again with each request",
  "old state could not be pruned, trying again tomorrow",
  "paused, nothing is read",
  "records rejected by the destination",
  "records waited too long for a destination and are given up",
  "request refused: kept aside, tried again at the next start",
  "scan threads do not work here, reading on one thread",
  "stopping",
  "texts are worked on again",
  "texts that may not leave any more could not be taken out yet: none is sent before",
  "texts that may not leave any more were taken out",
  "texts wait, encrypted: counts go on",
  "the key in the keychain is damaged and is replaced",
  "the new configuration is not usable; the one before goes on",
  "the pause is over, reading goes on",
  "the state refused: nothing is lost, trying again",
  "the state was damaged and is set aside; the followed files are read again",
  "what was read cannot be stored: reading waits and goes on by itself",
  "what was read could be stored: reading goes on",
];

/** The value as it may be sent. */
export function telemetryLabel(label: TelemetryLabel, value: string): string {
  const values: readonly string[] = TELEMETRY_LABELS[label];
  return values.includes(value) ? value : "other";
}

/** The line as it may be sent: a message of the list, and the fields that the table names. */
export function telemetryLine(
  message: string,
  fields: Readonly<Record<string, string | number | boolean>>,
): { message: string; fields: Record<string, string | number | boolean> } {
  const allowed = Object.entries(fields).filter(([name, value]) => admitsField(name, value));
  return { message: LOG_MESSAGES.includes(message) ? message : "other", fields: Object.fromEntries(allowed) };
}

function admitsField(name: string, value: string | number | boolean): boolean {
  const rule = Object.hasOwn(LOG_FIELDS, name) ? LOG_FIELDS[name] : undefined;
  if (rule === undefined) return false;
  if (rule === "number") return typeof value === "number" && Number.isFinite(value);
  if (rule === "bool") return typeof value === "boolean";
  return typeof value === "string" && rule.test(value);
}
