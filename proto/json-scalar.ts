/**
 * Fields of the JSON mapping, from whatever was parsed. Absent and null are a field's default; another type is a
 * `DecodeError`, except that numbers may come as strings.
 */
import { narrowed } from "./decoding.ts";
import { DecodeError } from "./logs.ts";

export function objectOf(json: unknown): Record<string, unknown> {
  if (!isObject(json)) throw new DecodeError("not_an_object");
  return json;
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

export function listOf(json: unknown): unknown[] {
  if (json === undefined || json === null) return [];
  if (!Array.isArray(json)) throw new DecodeError("not_an_array");
  return json;
}

/** Half a surrogate pair, which only an escape can smuggle in, becomes U+FFFD as in protobuf. */
export function textOf(json: unknown): string {
  if (json === undefined || json === null) return "";
  if (typeof json !== "string") throw new DecodeError("wrong_type");
  return json.toWellFormed();
}

export function flagOf(json: unknown): boolean {
  if (typeof json !== "boolean") throw new DecodeError("wrong_type");
  return json;
}

/** Enumerations are integers only, never names or strings. */
export function int32Of(json: unknown): number {
  if (json === undefined || json === null) return 0;
  if (typeof json !== "number" || !Number.isInteger(json)) throw new DecodeError("wrong_type");
  if (json !== (json | 0)) throw new DecodeError("out_of_range");
  return json;
}

export function uint32Of(json: unknown): number {
  const value = int64Of(json ?? 0);
  if (typeof value === "bigint" || value !== value >>> 0) throw new DecodeError("out_of_range");
  return value;
}

/** An int64: a number where that is exact, else a bigint. */
export function int64Of(json: unknown): number | bigint {
  if (typeof json === "number" && Number.isSafeInteger(json)) return json;
  const value = integerOf(json);
  if (value !== BigInt.asIntN(64, value)) throw new DecodeError("out_of_range");
  return narrowed(value);
}

/** Nanoseconds since the Unix epoch. */
export function nanosOf(json: unknown): bigint {
  if (json === undefined || json === null) return 0n;
  const value = integerOf(json);
  if (value !== BigInt.asUintN(64, value)) throw new DecodeError("out_of_range");
  return value;
}

function integerOf(json: unknown): bigint {
  if (typeof json === "bigint") return json;
  if (typeof json === "number" && Number.isInteger(json)) return BigInt(json);
  if (typeof json === "string" && /^-?\d{1,20}$/.test(json)) return BigInt(json);
  throw new DecodeError("wrong_type");
}

export function doubleOf(json: unknown): number {
  if (typeof json === "number") return json;
  if (typeof json === "bigint") return Number(json);
  if (typeof json !== "string") throw new DecodeError("wrong_type");
  if (/^(?:NaN|-?Infinity|-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,4})?)$/.test(json)) return Number(json);
  throw new DecodeError("wrong_type");
}

/** Hex digits of either case. An id of another shape is invalid, and an invalid id means "no trace". */
export function idOf(json: unknown, bytes: number): Uint8Array | undefined {
  const hex = textOf(json);
  if (hex.length !== 2 * bytes || !/^[0-9a-f]+$/i.test(hex)) return undefined;
  return Uint8Array.from({ length: bytes }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Base64, standard or URL-safe, padded or not. */
export function bytesOf(json: unknown): Uint8Array {
  const base64 = textOf(json).replaceAll("-", "+").replaceAll("_", "/");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw new DecodeError("bad_base64");
  try {
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  } catch {
    throw new DecodeError("bad_base64");
  }
}

/** As many bytes at a time as may be arguments of one call. */
const CHUNK_BYTES = 8192;

export function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(from, from + CHUNK_BYTES));
  }
  return btoa(binary);
}
