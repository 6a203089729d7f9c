import type { Writer } from "protobufjs/minimal.js";
import type { AnyValue, InstrumentationScope, KeyValue, LogRecord } from "./logs.ts";
import type { LogsRequest, LogsResponse, ResourceLogs, RpcStatus, ScopeLogs } from "./logs.ts";
import { writeFixed64, writeInt64, writeText } from "./protobuf-wire.ts";

/**
 * Fields in the order of their numbers, defaults left out. Each number written first is a tag: field × 8 + wire type.
 * `fork` and `ldelim` write a nested message's length in front of it.
 */

export function writeRequest(writer: Writer, { resourceLogs }: LogsRequest): void {
  for (const logs of resourceLogs) {
    writer.uint32(10).fork();
    writeResourceLogs(writer, logs);
    writer.ldelim();
  }
}

function writeResourceLogs(writer: Writer, { resource, scopeLogs, schemaUrl }: ResourceLogs): void {
  writer.uint32(10).fork();
  for (const attribute of resource.attributes) writeKeyValue(writer, 10, attribute);
  writer.ldelim();
  for (const logs of scopeLogs) {
    writer.uint32(18).fork();
    writeScopeLogs(writer, logs);
    writer.ldelim();
  }
  if (schemaUrl) writeTextField(writer, 26, schemaUrl);
}

function writeScopeLogs(writer: Writer, { scope, logRecords, schemaUrl }: ScopeLogs): void {
  writer.uint32(10).fork();
  writeScope(writer, scope);
  writer.ldelim();
  for (const record of logRecords) {
    writer.uint32(18).fork();
    writeRecord(writer, record);
    writer.ldelim();
  }
  if (schemaUrl) writeTextField(writer, 26, schemaUrl);
}

export function writeScope(writer: Writer, { name, version, attributes }: InstrumentationScope): void {
  if (name) writeTextField(writer, 10, name);
  if (version) writeTextField(writer, 18, version);
  for (const attribute of attributes) writeKeyValue(writer, 26, attribute);
}

function writeRecord(writer: Writer, record: LogRecord): void {
  if (record.timeUnixNano) writeFixed64(writer.uint32(9), record.timeUnixNano);
  if (record.severityNumber) writer.uint32(16).int32(record.severityNumber);
  if (record.severityText) writeTextField(writer, 26, record.severityText);
  if (record.body) writeNestedValue(writer, 42, record.body);
  for (const attribute of record.attributes) writeKeyValue(writer, 50, attribute);
  if (record.droppedAttributesCount) writer.uint32(56).uint32(record.droppedAttributesCount);
  if (record.flags) writer.uint32(69).fixed32(record.flags);
  if (record.traceId?.length) writer.uint32(74).bytes(record.traceId);
  if (record.spanId?.length) writer.uint32(82).bytes(record.spanId);
  if (record.observedTimeUnixNano) writeFixed64(writer.uint32(89), record.observedTimeUnixNano);
  if (record.eventName) writeTextField(writer, 98, record.eventName);
}

export function writeKeyValue(writer: Writer, tag: number, { key, value }: KeyValue): void {
  writer.uint32(tag).fork();
  if (key) writeTextField(writer, 10, key);
  writeNestedValue(writer, 18, value);
  writer.ldelim();
}

export function writeNestedValue(writer: Writer, tag: number, value: AnyValue): void {
  writer.uint32(tag).fork();
  writeAnyValue(writer, value);
  writer.ldelim();
}

/** A set member is written even where it is its type's default: being set is what it says. */
function writeAnyValue(writer: Writer, value: AnyValue): void {
  if (value.stringValue !== undefined) writeTextField(writer, 10, value.stringValue);
  else if (value.intValue !== undefined) writeInt64(writer.uint32(24), value.intValue);
  else if (value.doubleValue !== undefined) writer.uint32(33).double(value.doubleValue);
  else if (value.boolValue !== undefined) writer.uint32(16).bool(value.boolValue);
  else if (value.bytesValue !== undefined) writer.uint32(58).bytes(value.bytesValue);
  else if (value.arrayValue !== undefined) {
    writer.uint32(42).fork();
    for (const item of value.arrayValue.values) writeNestedValue(writer, 10, item);
    writer.ldelim();
  } else if (value.kvlistValue !== undefined) {
    writer.uint32(50).fork();
    for (const item of value.kvlistValue.values) writeKeyValue(writer, 10, item);
    writer.ldelim();
  }
}

export function writeTextField(writer: Writer, tag: number, text: string): void {
  writeText(writer.uint32(tag), text);
}

export function writeResponse(writer: Writer, { partialSuccess }: LogsResponse): void {
  if (partialSuccess === undefined) return;
  writer.uint32(10).fork();
  if (partialSuccess.rejectedLogRecords) writeInt64(writer.uint32(8), partialSuccess.rejectedLogRecords);
  if (partialSuccess.errorMessage) writeTextField(writer, 18, partialSuccess.errorMessage);
  writer.ldelim();
}

export function writeStatus(writer: Writer, { code, message }: RpcStatus): void {
  if (code) writer.uint32(8).int32(code);
  if (message) writeTextField(writer, 18, message);
}
