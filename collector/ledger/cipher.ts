import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from "node:crypto";
import { BatchCipher, openBytes, sealBytes } from "#state/cipher.ts";

const ID_BYTES = 16;
const KEY_BYTES = 32;
/** A key of 32 bytes with its nonce and tag. */
const WRAP_BYTES = 60;
const WRAP_INFO = "talos-auditor ledger v1";
const HEAD_INFO = "talos-auditor ledger head v1";

/** What a part of the ledger is, so that none can stand in the place of another. */
export type Part = "segment" | "entry" | "body";

/** The keys of one ledger. The outbox's key seals them, so that they stay when that one is rotated. */
export class LedgerCipher {
  readonly #id: Uint8Array;
  readonly #key: Uint8Array;
  readonly #parts: BatchCipher;
  readonly #head: KeyObject;

  private constructor(id: Uint8Array, key: Uint8Array) {
    this.#id = id;
    this.#key = key;
    this.#parts = new BatchCipher(key, id);
    this.#head = derive(key, id, HEAD_INFO);
  }

  static make(): LedgerCipher {
    return new LedgerCipher(randomBytes(ID_BYTES), randomBytes(KEY_BYTES));
  }

  /** From what `wrap` wrote. Undefined when none of it opens under this key, or a bit differs. */
  static unwrap(file: Uint8Array, masterKey: Uint8Array): LedgerCipher | undefined {
    const id = file.subarray(0, ID_BYTES);
    const wraps = file.subarray(ID_BYTES);
    if (wraps.length === 0 || wraps.length % WRAP_BYTES !== 0) return undefined;
    const master = derive(masterKey, id, WRAP_INFO);
    for (let at = 0; at < wraps.length; at += WRAP_BYTES) {
      const key = openBytes(master, id, wraps.subarray(at, at + WRAP_BYTES));
      if (key !== undefined) return new LedgerCipher(Buffer.from(id), key);
    }
    return undefined;
  }

  /** Under how many keys what `wrap` wrote opens. */
  static wraps(file: Uint8Array): number {
    return (file.length - ID_BYTES) / WRAP_BYTES;
  }

  /** From what another process of this user was told. */
  static parse(text: string): LedgerCipher | undefined {
    const bytes = Buffer.from(text, "base64");
    if (bytes.length !== ID_BYTES + KEY_BYTES) return undefined;
    return new LedgerCipher(bytes.subarray(0, ID_BYTES), bytes.subarray(ID_BYTES));
  }

  /** For another process of this user. */
  tell(): string {
    return Buffer.concat([this.#id, this.#key]).toString("base64");
  }

  /** Opens under each of these keys. */
  wrap(masterKeys: readonly Uint8Array[]): Uint8Array {
    const wraps = masterKeys.map((key) => sealBytes(derive(key, this.#id, WRAP_INFO), this.#id, this.#key));
    return Buffer.concat([this.#id, ...wraps]);
  }

  seal(part: Part, n: number, plaintext: Uint8Array): Uint8Array {
    return this.#parts.seal(part, n, plaintext);
  }

  open(part: Part, n: number, sealed: Uint8Array): Uint8Array | undefined {
    return this.#parts.open(part, n, sealed);
  }

  /** Of the same length each time, because it is written in place. */
  sealHead(plaintext: Uint8Array): Uint8Array {
    return sealBytes(this.#head, this.#id, plaintext);
  }

  openHead(sealed: Uint8Array): Uint8Array | undefined {
    return openBytes(this.#head, this.#id, sealed);
  }
}

function derive(key: Uint8Array, salt: Uint8Array, info: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync("sha256", key, salt, info, KEY_BYTES)));
}
