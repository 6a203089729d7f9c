import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from "node:crypto";

const VERSION = 1;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const INFO = "talos cursor-hooks cwd v1";
/** What PKCS #8 puts before the 32 bytes of a private key for X25519. */
const PKCS8 = Buffer.from("302e020100300506032b656e04220420", "hex");

/** Opens what the hook recorder sealed. The private key is made anew at each start, and is on no disk. */
export class HookKey {
  readonly #private: KeyObject;
  /** Raw, in base64url. */
  readonly publicKey: string;

  /** `seed`: 32 bytes that nobody else has. */
  constructor(seed: Uint8Array) {
    this.#private = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
    this.publicKey = createPublicKey(this.#private).export({ format: "jwk" }).x ?? "";
  }

  /** Undefined for what was sealed to another key, was changed, or is nothing of the kind. */
  open(sealed: string): string | undefined {
    const bytes = Buffer.from(sealed, "base64url");
    if (bytes[0] !== VERSION || bytes.length < 1 + KEY_BYTES + TAG_BYTES) return undefined;
    const ephemeral = bytes.subarray(1, 1 + KEY_BYTES);
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.#shared(ephemeral), Buffer.alloc(12), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
      const text = decipher.update(bytes.subarray(1 + KEY_BYTES, bytes.length - TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    } catch {
      return undefined;
    }
  }

  #shared(ephemeral: Uint8Array): Uint8Array {
    const x = Buffer.from(ephemeral).toString("base64url");
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
    const shared = diffieHellman({ privateKey: this.#private, publicKey });
    const salt = Buffer.concat([ephemeral, Buffer.from(this.publicKey, "base64url")]);
    return new Uint8Array(hkdfSync("sha256", shared, salt, INFO, KEY_BYTES));
  }
}
