import { StateError } from "./errors.ts";

const KEY = /^[0-9a-f]{32}$/;

/** A keyed hash as the 16 bytes that are stored. Anything else is refused, so that no name can be stored in its place. */
export function keyBytes(key: string): Uint8Array {
  if (!KEY.test(key)) throw new StateError("invalid", "a key must be 32 hex digits");
  return Buffer.from(key, "hex");
}

export function keyText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** The same of many, one behind the other. */
export function keysBytes(keys: readonly string[]): Uint8Array {
  const packed = Buffer.from(keys.join(""), "hex");
  // Decoding stops at what is no digit.
  const whole = packed.length === keys.length * 16 && keys.every(({ length }) => length === 32);
  if (!whole) throw new StateError("invalid", "a key must be 32 hex digits");
  return packed;
}
