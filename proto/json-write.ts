/** Messages as the plain values that `JSON.stringify` turns into the JSON mapping. Defaults are left out. */
import { base64Of, hexOf } from "./json-scalar.ts";
import type { AnyValue, InstrumentationScope, KeyValue, LogRecord } from "./logs.ts";
import type { LogsRequest, LogsResponse, ResourceLogs, RpcStatus, ScopeLogs } from "./logs.ts";

export function requestJson({ resourceLogs }: LogsRequest): object {
  return { resourceLogs: resourceLogs.map(resourceLogsJson) };
}

function resourceLogsJson({ resource, scopeLogs, schemaUrl }: ResourceLogs): object {
  return {
    resource: { attributes: resource.attributes.map(keyValueJson) },
    scopeLogs: scopeLogs.map(scopeLogsJson),
    schemaUrl: schemaUrl || undefined,
  };
}

function scopeLogsJson({ scope, logRecords, schemaUrl }: ScopeLogs): object {
  return {
    scope: scopeJson(scope),
    logRecords: logRecords.map(recordJson),
    schemaUrl: schemaUrl || undefined,
  };
}

function scopeJson({ name, version, attributes }: InstrumentationScope): object {
  return {
    name: name || undefined,
    version: version || undefined,
    attributes: attributes.length > 0 ? attributes.map(keyValueJson) : undefined,
  };
}

function recordJson(record: LogRecord): object {
  return {
    timeUnixNano: record.timeUnixNano ? String(record.timeUnixNano) : undefined,
    observedTimeUnixNano: record.observedTimeUnixNano ? String(record.observedTimeUnixNano) : undefined,
    severityNumber: record.severityNumber || undefined,
    severityText: record.severityText || undefined,
    eventName: record.eventName || undefined,
    body: record.body && anyValueJson(record.body),
    attributes: record.attributes.map(keyValueJson),
    droppedAttributesCount: record.droppedAttributesCount || undefined,
    flags: record.flags || undefined,
    traceId: record.traceId?.length ? hexOf(record.traceId) : undefined,
    spanId: record.spanId?.length ? hexOf(record.spanId) : undefined,
  };
}

function keyValueJson({ key, value }: KeyValue): object {
  return { key: key.toWellFormed(), value: anyValueJson(value) };
}

function anyValueJson(value: AnyValue): object {
  if (value.stringValue !== undefined) return { stringValue: value.stringValue.toWellFormed() };
  if (value.intValue !== undefined) return { intValue: String(value.intValue) };
  if (value.doubleValue !== undefined) return { doubleValue: doubleJson(value.doubleValue) };
  if (value.boolValue !== undefined) return { boolValue: value.boolValue };
  if (value.bytesValue !== undefined) return { bytesValue: base64Of(value.bytesValue) };
  if (value.arrayValue !== undefined)
    return { arrayValue: { values: value.arrayValue.values.map(anyValueJson) } };
  if (value.kvlistValue !== undefined) {
    return { kvlistValue: { values: value.kvlistValue.values.map(keyValueJson) } };
  }
  return {};
}

/** JSON has no words for these, so its mapping has strings. */
function doubleJson(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

export function responseJson({ partialSuccess }: LogsResponse): object {
  if (partialSuccess === undefined) return {};
  const { rejectedLogRecords, errorMessage } = partialSuccess;
  return { partialSuccess: { rejectedLogRecords: String(rejectedLogRecords), errorMessage } };
}

export function statusJson({ code, message }: RpcStatus): object {
  return { code: code || undefined, message };
}
