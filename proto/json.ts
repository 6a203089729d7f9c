/** OTLP logs as JSON: ids in hex, 64-bit integers as strings, enumerations as integers, lowerCamelCase names. */
import type { Codec } from "./codec.ts";
import { MAX_PARTS } from "./decoding.ts";
import { requestOf, responseFrom, statusFrom } from "./json-read.ts";
import { requestJson, responseJson, statusJson } from "./json-write.ts";
import { DecodeError } from "./logs.ts";

export const jsonCodec: Codec = {
  contentType: "application/json",
  encodeRequest: (request) => encode(requestJson(request)),
  decodeRequest: (bytes) => decode(bounded(bytes), requestOf),
  encodeResponse: (response) => encode(responseJson(response)),
  decodeResponse: (bytes) => decode(bytes, responseFrom),
  encodeStatus: (status) => encode(statusJson(status)),
  decodeStatus: (bytes) => decode(bytes, statusFrom),
};

function encode(message: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(message));
}

function decode<T>(bytes: Uint8Array, read: (json: unknown) => T): T {
  return read(parse(textOf(bytes)));
}

const OPENING_BRACE = 0x7b;
const OPENING_BRACKET = 0x5b;

/** Counted before the parser makes objects of them. Braces within texts count too: a bound, not a measure. */
function bounded(bytes: Uint8Array): Uint8Array {
  let parts = 0;
  for (const byte of bytes) if (byte === OPENING_BRACE || byte === OPENING_BRACKET) parts += 1;
  if (parts > MAX_PARTS) throw new DecodeError("too_many_parts");
  return bytes;
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw new DecodeError("bad_utf8");
  }
}

/** A number with more digits than a double holds exactly. Text that only looks like one costs time, no more. */
const LONG_NUMBER = /[[:,]\s{0,20}-?\d{16}/;

function parse(text: string): unknown {
  try {
    return LONG_NUMBER.test(text) ? JSON.parse(text, exact) : JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new DecodeError("malformed_json");
  }
}

/** Keeps integers exact that a double would round, where the engine shows a number's own text. */
function exact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d{1,20}$/.test(source) ? BigInt(source) : value;
}
