import { countOf, ID_BYTES, MAX_DEPTH, responseOf } from "./decoding.ts";
import { DecodeError } from "./logs.ts";
import type { AnyValue, InstrumentationScope, KeyValue, LogRecord } from "./logs.ts";
import type { LogsRequest, LogsResponse, ResourceLogs, RpcStatus, ScopeLogs } from "./logs.ts";
import type { BoundedReader as Reader } from "./protobuf-wire.ts";
import { enter, leave, readFixed64, readInt64, skip } from "./protobuf-wire.ts";

/**
 * Each `case` is a field's tag: number × 8 + wire type (0 varint, 1 eight bytes, 2 with a length, 5 four bytes).
 * A known field of another wire type falls through to `skip`, as the wire format wants.
 */

export function readRequest(reader: Reader): LogsRequest {
  const resourceLogs: ResourceLogs[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 10) resourceLogs.push(readResourceLogs(reader));
    else skip(reader, tag);
  }
  return { resourceLogs };
}

function readResourceLogs(reader: Reader): ResourceLogs {
  const outer = enter(reader);
  const read: ResourceLogs = { resource: { attributes: [] }, scopeLogs: [] };
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 10) read.resource = readResource(reader);
    else if (tag === 18) read.scopeLogs.push(readScopeLogs(reader));
    else if (tag === 26) setText(read, "schemaUrl", reader);
    else skip(reader, tag);
  }
  leave(reader, outer);
  return read;
}

function readResource(reader: Reader): ResourceLogs["resource"] {
  const outer = enter(reader);
  const attributes: KeyValue[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 10) attributes.push(readKeyValue(reader, 0));
    else skip(reader, tag);
  }
  leave(reader, outer);
  return { attributes };
}

function readScopeLogs(reader: Reader): ScopeLogs {
  const outer = enter(reader);
  const read: ScopeLogs = { scope: { name: "", version: "", attributes: [] }, logRecords: [] };
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 10) read.scope = readScope(reader);
    else if (tag === 18) read.logRecords.push(readRecord(reader));
    else if (tag === 26) setText(read, "schemaUrl", reader);
    else skip(reader, tag);
  }
  leave(reader, outer);
  return read;
}

function readScope(reader: Reader): InstrumentationScope {
  const outer = enter(reader);
  const read: InstrumentationScope = { name: "", version: "", attributes: [] };
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 10) read.name = reader.stringVerify();
    else if (tag === 18) read.version = reader.stringVerify();
    else if (tag === 26) read.attributes.push(readKeyValue(reader, 0));
    else skip(reader, tag);
  }
  leave(reader, outer);
  return read;
}

function readRecord(reader: Reader): LogRecord {
  const outer = enter(reader);
  const read: LogRecord = { timeUnixNano: 0n, attributes: [] };
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 50) read.attributes.push(readKeyValue(reader, 0));
    else if (tag === 9) read.timeUnixNano = readFixed64(reader);
    else if (tag === 98) setText(read, "eventName", reader);
    else readRareField(reader, tag, read);
  }
  leave(reader, outer);
  return read;
}

/** Fields that this project never sends, and others rarely. A default on the wire is an absent field. */
function readRareField(reader: Reader, tag: number, read: LogRecord): void {
  switch (tag) {
    case 16:
      return setNumber(read, "severityNumber", reader.int32());
    case 26:
      return setText(read, "severityText", reader);
    case 42:
      read.body = readAnyValue(reader, 0);
      return;
    case 56:
      return setNumber(read, "droppedAttributesCount", reader.uint32());
    case 69:
      return setNumber(read, "flags", reader.fixed32());
    case 74:
      return setId(read, "traceId", reader.bytes());
    case 82:
      return setId(read, "spanId", reader.bytes());
    case 89:
      return setObserved(read, readFixed64(reader));
    default:
      return skip(reader, tag);
  }
}

function setText<K extends string>(into: { [key in K]?: string }, key: K, reader: Reader): void {
  const text = reader.stringVerify();
  if (text === "") delete into[key];
  else into[key] = text;
}

function setNumber<K extends string>(into: { [key in K]?: number }, key: K, value: number): void {
  if (value === 0) delete into[key];
  else into[key] = value;
}

function setObserved(into: LogRecord, value: bigint): void {
  if (value === 0n) delete into.observedTimeUnixNano;
  else into.observedTimeUnixNano = value;
}

/** An id of another length is invalid, and an invalid id means "no trace". */
function setId(into: LogRecord, key: "traceId" | "spanId", bytes: Uint8Array): void {
  // A copy: the record may outlive the request's buffer.
  if (bytes.length === ID_BYTES[key]) into[key] = new Uint8Array(bytes);
  else delete into[key];
}

function readKeyValue(reader: Reader, depth: number): KeyValue {
  const outer = enter(reader);
  const read: KeyValue = { key: "", value: {} };
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 10) read.key = reader.stringVerify();
    else if (tag === 18) read.value = readAnyValue(reader, depth);
    else skip(reader, tag);
  }
  leave(reader, outer);
  return read;
}

function readAnyValue(reader: Reader, depth: number): AnyValue {
  const outer = enter(reader);
  let read: AnyValue = {};
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 10) read = { stringValue: reader.stringVerify() };
    else if (tag === 24) read = { intValue: readInt64(reader) };
    else if (tag === 33) read = { doubleValue: reader.double() };
    else if (tag === 16) read = { boolValue: reader.bool() };
    else if (tag === 58) read = { bytesValue: new Uint8Array(reader.bytes()) };
    else if (tag === 42) read = { arrayValue: readArray(reader, depth + 1) };
    else if (tag === 50) read = { kvlistValue: readKeyValueList(reader, depth + 1) };
    else skip(reader, tag);
  }
  leave(reader, outer);
  return read;
}

function readArray(reader: Reader, depth: number): { values: AnyValue[] } {
  if (depth > MAX_DEPTH) throw new DecodeError("too_deep");
  const outer = enter(reader);
  const values: AnyValue[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 10) values.push(readAnyValue(reader, depth));
    else skip(reader, tag);
  }
  leave(reader, outer);
  return { values };
}

function readKeyValueList(reader: Reader, depth: number): { values: KeyValue[] } {
  if (depth > MAX_DEPTH) throw new DecodeError("too_deep");
  const outer = enter(reader);
  const values: KeyValue[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 10) values.push(readKeyValue(reader, depth));
    else skip(reader, tag);
  }
  leave(reader, outer);
  return { values };
}

export function readResponse(reader: Reader): LogsResponse {
  let partial = { rejectedLogRecords: 0, errorMessage: "" };
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 10) partial = readPartialSuccess(reader);
    else skip(reader, tag);
  }
  return responseOf(partial);
}

function readPartialSuccess(reader: Reader): { rejectedLogRecords: number; errorMessage: string } {
  const outer = enter(reader);
  const read = { rejectedLogRecords: 0, errorMessage: "" };
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 8) read.rejectedLogRecords = countOf(readInt64(reader));
    else if (tag === 18) read.errorMessage = reader.stringVerify();
    else skip(reader, tag);
  }
  leave(reader, outer);
  return read;
}

export function readStatus(reader: Reader): RpcStatus {
  const read: RpcStatus = { code: 0, message: "" };
  while (reader.pos < reader.len) {
    const tag = reader.tag();
    if (tag === 8) read.code = reader.int32();
    else if (tag === 18) read.message = reader.stringVerify();
    else skip(reader, tag);
  }
  return read;
}
