import { countOf, ID_BYTES, MAX_DEPTH, responseOf } from "./decoding.ts";
import { DecodeError } from "./logs.ts";
import type { AnyValue, InstrumentationScope, KeyValue, LogRecord } from "./logs.ts";
import type { LogsRequest, LogsResponse, ResourceLogs, RpcStatus, ScopeLogs } from "./logs.ts";
import {
  bytesOf,
  doubleOf,
  flagOf,
  idOf,
  int32Of,
  int64Of,
  listOf,
  nanosOf,
  objectOf,
} from "./json-scalar.ts";
import { textOf, uint32Of } from "./json-scalar.ts";

export function requestOf(json: unknown): LogsRequest {
  return { resourceLogs: listOf(objectOf(json)["resourceLogs"]).map(resourceLogsOf) };
}

function resourceLogsOf(json: unknown): ResourceLogs {
  const { resource, scopeLogs, schemaUrl } = objectOf(json);
  const read: ResourceLogs = {
    resource: { attributes: attributesOf(objectOf(resource ?? {})["attributes"]) },
    scopeLogs: listOf(scopeLogs).map(scopeLogsOf),
  };
  const url = textOf(schemaUrl);
  if (url !== "") read.schemaUrl = url;
  return read;
}

function scopeLogsOf(json: unknown): ScopeLogs {
  const { scope, logRecords, schemaUrl } = objectOf(json);
  const read: ScopeLogs = { scope: scopeOf(scope ?? {}), logRecords: listOf(logRecords).map(recordOf) };
  const url = textOf(schemaUrl);
  if (url !== "") read.schemaUrl = url;
  return read;
}

function scopeOf(json: unknown): InstrumentationScope {
  const { name, version, attributes } = objectOf(json);
  return { name: textOf(name), version: textOf(version), attributes: attributesOf(attributes) };
}

/** As in protobuf, a default that is spelled out is an absent field. */
function recordOf(json: unknown): LogRecord {
  const from = objectOf(json);
  const read: LogRecord = {
    timeUnixNano: nanosOf(from["timeUnixNano"]),
    attributes: attributesOf(from["attributes"]),
  };
  const eventName = textOf(from["eventName"]);
  if (eventName !== "") read.eventName = eventName;
  if (isSet(from["body"])) read.body = anyValueOf(from["body"], 0);
  readRareFields(from, read);
  return read;
}

function readRareFields(from: Record<string, unknown>, read: LogRecord): void {
  const observed = nanosOf(from["observedTimeUnixNano"]);
  if (observed !== 0n) read.observedTimeUnixNano = observed;
  const severity = int32Of(from["severityNumber"]);
  if (severity !== 0) read.severityNumber = severity;
  const severityText = textOf(from["severityText"]);
  if (severityText !== "") read.severityText = severityText;
  const dropped = uint32Of(from["droppedAttributesCount"]);
  if (dropped !== 0) read.droppedAttributesCount = dropped;
  const flags = uint32Of(from["flags"]);
  if (flags !== 0) read.flags = flags;
  const traceId = idOf(from["traceId"], ID_BYTES.traceId);
  if (traceId !== undefined) read.traceId = traceId;
  const spanId = idOf(from["spanId"], ID_BYTES.spanId);
  if (spanId !== undefined) read.spanId = spanId;
}

function attributesOf(json: unknown): KeyValue[] {
  return listOf(json).map((item) => keyValueOf(item, 0));
}

function keyValueOf(json: unknown, depth: number): KeyValue {
  const { key, value } = objectOf(json);
  return { key: textOf(key), value: anyValueOf(value ?? {}, depth) };
}

function anyValueOf(json: unknown, depth: number): AnyValue {
  const from = objectOf(json);
  let read: AnyValue | undefined;
  for (const member of Object.keys(from)) {
    if (!MEMBERS.has(member) || !isSet(from[member])) continue;
    if (read !== undefined) throw new DecodeError("several_values");
    read = memberOf(member, from[member], depth);
  }
  return read ?? {};
}

const MEMBERS: ReadonlySet<string> = new Set<keyof AnyValue>([
  "stringValue",
  "boolValue",
  "intValue",
  "doubleValue",
  "bytesValue",
  "arrayValue",
  "kvlistValue",
]);

function memberOf(member: string, value: unknown, depth: number): AnyValue {
  switch (member) {
    case "stringValue":
      return { stringValue: textOf(value) };
    case "intValue":
      return { intValue: int64Of(value) };
    case "doubleValue":
      return { doubleValue: doubleOf(value) };
    case "boolValue":
      return { boolValue: flagOf(value) };
    case "bytesValue":
      return { bytesValue: bytesOf(value) };
    case "arrayValue":
      return {
        arrayValue: { values: nested(value, depth).map((item) => anyValueOf(item ?? {}, depth + 1)) },
      };
    default:
      return { kvlistValue: { values: nested(value, depth).map((item) => keyValueOf(item, depth + 1)) } };
  }
}

function nested(json: unknown, depth: number): unknown[] {
  if (depth >= MAX_DEPTH) throw new DecodeError("too_deep");
  return listOf(objectOf(json)["values"]);
}

function isSet(json: unknown): boolean {
  return json !== undefined && json !== null;
}

export function responseFrom(json: unknown): LogsResponse {
  const { rejectedLogRecords, errorMessage } = objectOf(objectOf(json)["partialSuccess"] ?? {});
  return responseOf({
    rejectedLogRecords: countOf(int64Of(rejectedLogRecords ?? 0)),
    errorMessage: textOf(errorMessage),
  });
}

export function statusFrom(json: unknown): RpcStatus {
  const { code, message } = objectOf(json);
  return { code: int32Of(code), message: textOf(message) };
}
