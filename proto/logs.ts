/**
 * The part of the OTLP logs data model that this project speaks, in the shape of its JSON mapping.
 * Source: opentelemetry-proto, `logs/v1/logs.proto` and `collector/logs/v1/logs_service.proto`.
 */

/** Exactly one member is set. An empty object is an unset value. Integers beyond 2^53 are `bigint`. */
export interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: number | bigint;
  doubleValue?: number;
  bytesValue?: Uint8Array;
  arrayValue?: { values: AnyValue[] };
  kvlistValue?: { values: KeyValue[] };
}

export interface KeyValue {
  key: string;
  value: AnyValue;
}

export interface LogRecord {
  /** Event time, nanoseconds since the Unix epoch. Zero when unknown. */
  timeUnixNano: bigint;
  /** When the record was observed. This project never sends it. */
  observedTimeUnixNano?: bigint;
  /** 1 to 24; 0 or absent when unset. */
  severityNumber?: number;
  severityText?: string;
  body?: AnyValue;
  attributes: KeyValue[];
  droppedAttributesCount?: number;
  flags?: number;
  /** 16 bytes, or absent. */
  traceId?: Uint8Array;
  /** 8 bytes, or absent. */
  spanId?: Uint8Array;
  eventName?: string;
}

export interface InstrumentationScope {
  name: string;
  version: string;
  attributes: KeyValue[];
}

export interface ScopeLogs {
  scope: InstrumentationScope;
  logRecords: LogRecord[];
  schemaUrl?: string;
}

export interface ResourceLogs {
  resource: { attributes: KeyValue[] };
  scopeLogs: ScopeLogs[];
  schemaUrl?: string;
}

export interface LogsRequest {
  resourceLogs: ResourceLogs[];
}

export interface LogsResponse {
  /** Absent when every record was accepted. */
  partialSuccess?: { rejectedLogRecords: number; errorMessage: string };
}

/** google.rpc.Status, the body of every refused OTLP/HTTP request. */
export interface RpcStatus {
  /** Unused by OTLP/HTTP; 0 when absent. */
  code: number;
  message: string;
}

/** The bytes are not a message of the expected kind. The message is a code of our own, never a parser's text. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}
