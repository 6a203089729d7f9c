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
