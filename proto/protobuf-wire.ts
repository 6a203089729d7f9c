import { Reader, type Writer } from "protobufjs/minimal.js";
import { MAX_PARTS, narrowed } from "./decoding.ts";
import { DecodeError } from "./logs.ts";

/** What protobufjs leaves to us: bounds of nested messages and exact 64-bit integers. */

/** Counts the messages it entered. */
export class BoundedReader extends Reader {
  parts = 0;
}

/**
 * Reads a message's length and narrows the reader to it, so that nothing inside can read past its end.
 * Returns what `leave` needs.
 */
export function enter(reader: BoundedReader): number {
  reader.parts += 1;
  if (reader.parts > MAX_PARTS) throw new DecodeError("too_many_parts");
  const length = reader.size();
  const outer = reader.len;
  if (length > outer - reader.pos) throw new DecodeError("truncated");
  reader.len = reader.pos + length;
  return outer;
}

/** Widens the reader to the enclosing message again, at the end of the nested one. */
export function leave(reader: Reader, outer: number): void {
  reader.len = outer;
}

/** Skips a field that is not known, groups included. */
export function skip(reader: Reader, tag: number): void {
  reader.skipType(tag & 7, 0, tag >>> 3);
}

const SAFE_VARINT_BYTES = 7; // 49 bits
const MAX_VARINT_BYTES = 10;

/** An int64: a number where that is exact, else a bigint. */
export function readInt64(reader: Reader): number | bigint {
  const start = reader.pos;
  let value = 0;
  let scale = 1;
  for (let i = 0; i < SAFE_VARINT_BYTES; i++) {
    const byte = readByte(reader);
    value += (byte & 127) * scale;
    if (byte < 128) return value;
    scale *= 128;
  }
  reader.pos = start;
  return narrowed(readLongVarint(reader));
}

function readLongVarint(reader: Reader): bigint {
  let value = 0n;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    const byte = readByte(reader);
    value |= BigInt(byte & 127) << BigInt(7 * i);
    if (byte < 128) return BigInt.asIntN(64, value);
  }
  throw new DecodeError("bad_varint");
}

function readByte(reader: Reader): number {
  const byte = reader.pos < reader.len ? reader.buf[reader.pos++] : undefined;
  if (byte === undefined) throw new DecodeError("truncated");
  return byte;
}

export function readFixed64(reader: Reader): bigint {
  const low = reader.fixed32();
  return (BigInt(reader.fixed32()) << 32n) | BigInt(low);
}

const UINT32_MAX = 0xff_ff_ff_ff;

export function writeInt64(writer: Writer, value: number | bigint): void {
  if (typeof value === "number" && value >= 0 && value <= UINT32_MAX) {
    writer.uint32(value);
    return;
  }
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  writer.raw(Uint8Array.from(bytes));
}

export function writeFixed64(writer: Writer, value: bigint): void {
  writer.fixed32(Number(value & 0xff_ff_ff_ffn)).fixed32(Number((value >> 32n) & 0xff_ff_ff_ffn));
}

/** Text with half a surrogate pair has no UTF-8: that half becomes U+FFFD. */
export function writeText(writer: Writer, text: string): void {
  writer.string(text.isWellFormed() ? text : text.toWellFormed());
}
