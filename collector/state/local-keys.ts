import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { SourceRecord } from "#component/record.ts";

/** A request's own record. Others of the same request are told apart by their event's name. */
const REQUEST = "gen_ai.client.inference.operation.details";

/** Keyed hashes under a random key that never leaves `state.db`: nobody can test a guess against them without it. */
export class LocalKeys {
  readonly #key: KeyObject;

  constructor(localKey: Uint8Array) {
    this.#key = createSecretKey(localKey);
  }

  fileKey(identity: string): string {
    return this.#hash(`file\0${identity}`);
  }

  digest(content: Uint8Array): string {
    return createHmac("sha256", this.#key).update("digest\0").update(content).digest("hex").slice(0, 32);
  }

  recordKey(record: Pick<SourceRecord, "eventName" | "source" | "local">): string {
    const request = `${record.source}\0${record.local.request}`;
    return this.#hash(record.eventName === REQUEST ? request : `${request}\0${record.eventName}`);
  }

  #hash(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("hex").slice(0, 32);
  }
}
