import type { SourceRecord } from "#component/record.ts";
import { KeyedHash } from "./keyed-hash.ts";

/** A request's own record. Others of the same request are told apart by their event's name. */
const REQUEST = "gen_ai.client.inference.operation.details";
const DIGEST = Buffer.from("digest\0");

/** Keyed hashes under a random key that never leaves `state.db`: nobody can test a guess against them without it. */
export class LocalKeys {
  readonly #keyed: KeyedHash;

  constructor(localKey: Uint8Array) {
    this.#keyed = new KeyedHash(localKey);
  }

  fileKey(identity: string): string {
    return this.#keyed.text(`file\0${identity}`);
  }

  digest(content: Uint8Array): string {
    return this.#keyed.bytes(DIGEST, content);
  }

  recordKey(record: Pick<SourceRecord, "eventName" | "source" | "local">): string {
    const request = `${record.source}\0${record.local.request}`;
    return this.#keyed.text(record.eventName === REQUEST ? request : `${request}\0${record.eventName}`);
  }
}
