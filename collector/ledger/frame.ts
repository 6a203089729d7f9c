import { entryHash } from "./entry.ts";
import type { LedgerCipher } from "./cipher.ts";

/** Length of what is sealed, and the entry's number. */
const HEADER_BYTES = 12;
const HASH_BYTES = 32;
export const NONCE_BYTES = 32;

/** One entry, as it stands in a segment. */
export interface Framed {
  text: string;
  hash: string;
  /** Empty for an entry without a body. */
  nonce: Uint8Array;
  body: Uint8Array;
}

/** What a segment begins with. */
export interface SegmentStart {
  /** Number of its first entry. */
  first: number;
  /** Hash of the entry before. */
  previous: string;
  /** Milliseconds since the Unix epoch, UTC. */
  atMs: number;
}

export function startFrame(cipher: LedgerCipher, { first, previous, atMs }: SegmentStart): Uint8Array {
  const at = Buffer.alloc(8);
  at.writeBigUInt64BE(BigInt(Math.max(0, Math.trunc(atMs))));
  return frame(first, cipher.seal("segment", first, Buffer.concat([Buffer.from(previous, "hex"), at])));
}

export function readStart(cipher: LedgerCipher, { n, sealed }: RawFrame): SegmentStart | undefined {
  const plain = cipher.open("segment", n, sealed);
  if (plain?.length !== HASH_BYTES + 8) return undefined;
  const bytes = Buffer.from(plain);
  return {
    first: n,
    previous: bytes.toString("hex", 0, HASH_BYTES),
    atMs: Number(bytes.readBigUInt64BE(HASH_BYTES)),
  };
}

/** Hash ‖ length of the text ‖ text ‖ nonce ‖ body, sealed. */
export function entryFrame(cipher: LedgerCipher, n: number, { text, hash, nonce, body }: Framed): Uint8Array {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  const plain = Buffer.concat([Buffer.from(hash, "hex"), length, bytes, nonce, body]);
  return frame(n, cipher.seal("entry", n, plain));
}

/** Undefined when any bit differs. */
export function readEntry(cipher: LedgerCipher, { n, sealed }: RawFrame): Framed | undefined {
  const plain = cipher.open("entry", n, sealed);
  if (plain === undefined || plain.length < HASH_BYTES + 4) return undefined;
  const bytes = Buffer.from(plain.buffer, plain.byteOffset, plain.length);
  const textEnd = HASH_BYTES + 4 + bytes.readUInt32BE(HASH_BYTES);
  if (textEnd > bytes.length) return undefined;
  return {
    hash: bytes.toString("hex", 0, HASH_BYTES),
    text: bytes.toString("utf8", HASH_BYTES + 4, textEnd),
    nonce: bytes.subarray(textEnd, textEnd + NONCE_BYTES),
    body: bytes.subarray(textEnd + NONCE_BYTES),
  };
}

/** True where the entry follows the one with that hash. */
export function follows({ text, hash }: Framed, previous: string): boolean {
  return entryHash(previous, text) === hash;
}

export interface RawFrame {
  /** As it is written in the clear; what is sealed opens under no other. */
  n: number;
  sealed: Uint8Array;
  /** Where the next one begins. */
  end: number;
}

/** Undefined where the bytes end before the frame does. */
export function frameAt(bytes: Uint8Array, at: number): RawFrame | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (at + HEADER_BYTES > view.length) return undefined;
  const end = at + HEADER_BYTES + view.readUInt32BE(at);
  const n = Number(view.readBigUInt64BE(at + 4));
  if (end > view.length || !Number.isSafeInteger(n)) return undefined;
  return { n, sealed: view.subarray(at + HEADER_BYTES, end), end };
}

function frame(n: number, sealed: Uint8Array): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(sealed.length);
  header.writeBigUInt64BE(BigInt(n), 4);
  return Buffer.concat([header, sealed]);
}
