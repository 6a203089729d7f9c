import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Records repeat their attributes' names: a tenth of the bytes for a microsecond each, and the disk is the slow part. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const INFO = "talos-auditor outbox v1";

/** AES-256-GCM over compressed batches. A batch opens only in the database, for the exporter and under the row id it was sealed for. */
export class BatchCipher {
  readonly #key: KeyObject;
  readonly #databaseId: Uint8Array;

  constructor(masterKey: Uint8Array, databaseId: Uint8Array) {
    this.#key = createSecretKey(new Uint8Array(hkdfSync("sha256", masterKey, databaseId, INFO, 32)));
    this.#databaseId = databaseId;
  }

  /** Nonce, ciphertext, tag. */
  seal(exporter: string, id: number, plaintext: Uint8Array): Uint8Array {
    return sealBytes(this.#key, this.#place(exporter, id), zstdCompressSync(plaintext, COMPRESSION));
  }

  /** Undefined when any bit of the batch, its place or the key differs. */
  open(exporter: string, id: number, sealed: Uint8Array): Uint8Array | undefined {
    const compressed = openBytes(this.#key, this.#place(exporter, id), sealed);
    try {
      return compressed && zstdDecompressSync(compressed);
    } catch {
      return undefined;
    }
  }

  #place(exporter: string, id: number): Uint8Array {
    const row = Buffer.alloc(8);
    row.writeBigUInt64BE(BigInt(id));
    return Buffer.concat([this.#databaseId, Buffer.from(exporter), row]);
  }
}

/** Nonce, ciphertext, tag. `place` must be given again to open it. */
export function sealBytes(key: KeyObject, place: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(place);
  const body = cipher.update(plaintext);
  return Buffer.concat([nonce, body, cipher.final(), cipher.getAuthTag()]);
}

/** Undefined when any bit, the place or the key differs. */
export function openBytes(key: KeyObject, place: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const end = sealed.length - TAG_BYTES;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(place);
  decipher.setAuthTag(sealed.subarray(end));
  const body = decipher.update(sealed.subarray(NONCE_BYTES, end));
  try {
    return Buffer.concat([body, decipher.final()]);
  } catch {
    return undefined;
  }
}
