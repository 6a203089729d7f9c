import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";

const INFO = "talos-auditor secret v1";

/** Secrets for others than the state itself. They can be had from its key alone, which is nowhere in its folder. */
export class Secrets {
  readonly #key: KeyObject;

  constructor(masterKey: Uint8Array, databaseId: Uint8Array) {
    this.#key = createSecretKey(new Uint8Array(hkdfSync("sha256", masterKey, databaseId, INFO, 32)));
  }

  /** 32 bytes: the same for the same purpose, and unlike those for another one. */
  of(purpose: string): Uint8Array {
    return new Uint8Array(hkdfSync("sha256", this.#key, new Uint8Array(), purpose, 32));
  }
}
