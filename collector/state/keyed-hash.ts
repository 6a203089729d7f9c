import { hash } from "node:crypto";

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER = 0x36;
const OUTER = 0x5c;

/**
 * HMAC-SHA-256 under one key of at most 64 bytes, cut to its first 16 bytes. Made of two plain hashes (RFC 2104),
 * because a backlog takes two of them per record and a Hmac object costs twice as much as both.
 */
export class KeyedHash {
  #inner: Buffer;
  readonly #outer: Buffer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);

  constructor(key: Uint8Array) {
    if (key.length > BLOCK_BYTES) throw new RangeError("the key is longer than a block");
    this.#inner = Buffer.alloc(512);
    this.#inner.set(key);
    this.#outer.set(key);
    for (let i = 0; i < BLOCK_BYTES; i += 1) {
      this.#inner[i] = (this.#inner[i] ?? 0) ^ INNER;
      this.#outer[i] = (this.#outer[i] ?? 0) ^ OUTER;
    }
  }

  /** Of a text's UTF-8 bytes, as 32 hex digits. */
  text(text: string): string {
    // A UTF-16 unit takes at most three bytes.
    this.#reserve(text.length * 3);
    return this.#digest(this.#inner.write(text, BLOCK_BYTES, "utf8"));
  }

  /** Of bytes, as 32 hex digits. */
  bytes(...parts: readonly Uint8Array[]): string {
    let length = 0;
    for (const part of parts) length += part.length;
    this.#reserve(length);
    let at = BLOCK_BYTES;
    for (const part of parts) {
      this.#inner.set(part, at);
      at += part.length;
    }
    return this.#digest(length);
  }

  #reserve(length: number): void {
    if (BLOCK_BYTES + length <= this.#inner.length) return;
    const larger = Buffer.alloc(BLOCK_BYTES + length);
    larger.set(this.#inner.subarray(0, BLOCK_BYTES));
    this.#inner = larger;
  }

  #digest(length: number): string {
    const inner = hash("sha256", this.#inner.subarray(0, BLOCK_BYTES + length), "binary");
    this.#outer.write(inner, BLOCK_BYTES, "latin1");
    return hash("sha256", this.#outer, "hex").slice(0, DIGEST_BYTES);
  }
}
