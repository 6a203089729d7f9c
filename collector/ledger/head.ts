import type { LedgerCipher } from "./cipher.ts";

/** Where the ledger ends, kept beside it, so that a missing end is noticed. */
export interface Head {
  /** Number of the oldest entry that is kept. */
  first: number;
  /** Number of the newest entry, 0 for none. */
  n: number;
  /** Its hash. */
  hash: string;
  /** Number of the first entry of the segment that holds it, 0 for none. */
  segment: number;
  /** Bytes of that segment up to its end. */
  size: number;
}

const BYTES = 64;
export const SEALED_HEAD_BYTES: number = BYTES + 28;

export function sealHead(cipher: LedgerCipher, { first, n, hash, segment, size }: Head): Uint8Array {
  const plain = Buffer.alloc(BYTES);
  [first, n, segment, size].forEach((value, at) => plain.writeBigUInt64BE(BigInt(value), at * 8));
  plain.write(hash, 32, "hex");
  return cipher.sealHead(plain);
}

/** Undefined when any bit differs. */
export function openHead(cipher: LedgerCipher, sealed: Uint8Array): Head | undefined {
  const opened = sealed.length === SEALED_HEAD_BYTES ? cipher.openHead(sealed) : undefined;
  if (opened === undefined) return undefined;
  const plain = Buffer.from(opened);
  const [first = 0, n = 0, segment = 0, size = 0] = [0, 8, 16, 24].map((at) =>
    Number(plain.readBigUInt64BE(at)),
  );
  return { first, n, segment, size, hash: plain.toString("hex", 32) };
}
