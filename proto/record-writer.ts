/**
 * Writes log records as protobuf without an object per record, attribute and value: in a backlog those took longer
 * than everything else that happens to a record. The bytes are those that `protobufCodec` writes.
 */
import { Writer } from "protobufjs/minimal.js";
import type { AnyValue, InstrumentationScope, KeyValue } from "./logs.ts";
import { writeKeyValue, writeNestedValue, writeScope, writeTextField } from "./protobuf-write.ts";

const INITIAL_BYTES = 64 * 1024;
/** Tag and length in front of a record. Nearly all are of 128 to 16,383 bytes: two bytes of length. */
const PREFIX_BYTES = 3;
const TIME_BYTES = 9;
const ATTRIBUTE = 50;
/** What an attribute with a short value takes besides its name and value. */
const ATTRIBUTE_BYTES = 16;

/** The whole field of one attribute, to be written as often as it occurs. */
export function attributeBytes(name: string, value: AnyValue): Uint8Array {
  const writer = new Writer();
  writeKeyValue(writer, ATTRIBUTE, { key: name, value });
  return writer.finish();
}

/** What stands in front of a value in the attribute. */
export function nameBytes(name: string): Uint8Array {
  const writer = new Writer();
  writeTextField(writer, 10, name);
  return writer.uint32(18).finish();
}

/** The field of an event's name, to be written at the end of each of its records. */
export function eventNameBytes(eventName: string): Uint8Array {
  const writer = new Writer();
  writeTextField(writer, 98, eventName);
  return writer.finish();
}

/** A request of one resource and one scope around records that a `RecordWriter` wrote. */
export function requestBytes(
  resource: readonly KeyValue[],
  scope: InstrumentationScope,
  records: Uint8Array,
): Uint8Array {
  const scopeField = new Writer().uint32(10).fork();
  writeScope(scopeField, scope);
  const inScope = scopeField.ldelim().finish();
  const resourceField = new Writer().uint32(10).fork();
  for (const attribute of resource) writeKeyValue(resourceField, 10, attribute);
  const inResource = resourceField
    .ldelim()
    .uint32(18)
    .uint32(inScope.length + records.length)
    .finish();
  const length = inResource.length + inScope.length + records.length;
  return joined([new Writer().uint32(10).uint32(length).finish(), inResource, inScope, records]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Records one behind the other. */
export class RecordWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  /** Where the record begins that is being written. */
  #begun = 0;

  begin(timeUnixNano: bigint): void {
    this.#begun = this.#at;
    this.#reserve(PREFIX_BYTES + TIME_BYTES);
    this.#at += PREFIX_BYTES;
    this.#byte(9);
    this.#view.setBigUint64(this.#at, timeUnixNano, true);
    this.#at += TIME_BYTES - 1;
  }

  /** A field from `attributeBytes`. */
  attribute(field: Uint8Array): void {
    this.#reserve(field.length);
    this.#raw(field);
  }

  /** An attribute whose value is a whole number from 0; `name` is from `nameBytes` and of less than 100 bytes. */
  count(name: Uint8Array, value: number): void {
    this.#reserve(name.length + ATTRIBUTE_BYTES);
    const digits = varintSize(value);
    this.#byte(ATTRIBUTE);
    this.#byte(name.length + digits + 2);
    this.#raw(name);
    this.#byte(digits + 1);
    this.#byte(24);
    this.#varint(value);
  }

  /** An attribute of at most 60 ASCII characters; `name` is from `nameBytes` and of less than 60 bytes. */
  ascii(name: Uint8Array, text: string): void {
    this.#reserve(name.length + text.length + ATTRIBUTE_BYTES);
    this.#byte(ATTRIBUTE);
    this.#byte(name.length + text.length + 3);
    this.#raw(name);
    this.#byte(text.length + 2);
    this.#byte(10);
    this.#byte(text.length);
    for (let i = 0; i < text.length; i += 1) this.#byte(text.charCodeAt(i));
  }

  body(text: string): void {
    const writer = new Writer();
    writeNestedValue(writer, 42, { stringValue: text });
    this.attribute(writer.finish());
  }

  /** `eventName` is from `eventNameBytes`. */
  end(eventName: Uint8Array): void {
    this.attribute(eventName);
    this.#prefix(this.#at - this.#begun - PREFIX_BYTES);
  }

  /** Takes back what was written since `begin`. */
  discard(): void {
    this.#at = this.#begun;
  }

  /** Everything written so far, valid until the next record begins. The writer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#at);
    this.#at = 0;
    return taken;
  }

  #prefix(length: number): void {
    const sizeBytes = varintSize(length);
    const content = this.#begun + PREFIX_BYTES;
    const moved = this.#begun + 1 + sizeBytes;
    this.#reserve(sizeBytes);
    if (moved !== content) this.#bytes.copyWithin(moved, content, content + length);
    this.#at = this.#begun;
    this.#byte(18);
    this.#varint(length);
    this.#at += length;
  }

  #byte(byte: number): void {
    this.#bytes[this.#at] = byte;
    this.#at += 1;
  }

  #raw(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#byte((rest % 128) | 128);
    this.#byte(rest);
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + more));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) size += 1;
  return size;
}
