import { toHex } from "#proto/hex.ts";

/** A secret of the environment, and the one that it replaces while a rotation is under way. */
export interface Keyring {
  current: string;
  previous: string | undefined;
}

export type KeyKind = "kms" | "pepper";

const encoder = new TextEncoder();
const known = new Map<string, Promise<string>>();

/** Eight hex digits that tell one secret from another, and nothing else of it. */
export function keyId(kind: KeyKind, secret: string): Promise<string> {
  const text = `talos ${kind} id\0${secret}`;
  const id = known.get(text) ?? digest(text);
  known.set(text, id);
  return id;
}

async function digest(text: string): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)))).slice(0, 8);
}
