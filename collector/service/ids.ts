import { createHmac, hkdfSync } from "node:crypto";
import type { Source } from "#component/record.ts";
import { KeyedHash } from "#state/keyed-hash.ts";

/** Ids remembered at once: sessions and turns repeat on every record, requests do not. */
const REMEMBERED = 4_096;

/**
 * The keyed hashes that stand for local ids at one destination. Each purpose and each foreign destination has a
 * key of its own, so that equal ids cannot be joined across them.
 */
export class DestinationIds {
  readonly #record: KeyedHash;
  readonly #conversation: KeyedHash;
  readonly #turn: KeyedHash;
  readonly #project: Uint8Array;
  readonly #remembered = new Map<string, string>();

  /** `destination` is `talos` for the team's own backend, else the exporter's id. */
  constructor(teamKey: Uint8Array, destination: string) {
    const subkey = (purpose: string) => {
      const info = `talos-auditor/id/v1/${purpose}/${destination}`;
      return new Uint8Array(hkdfSync("sha256", teamKey, new Uint8Array(), info, 32));
    };
    const key = (purpose: string) => new KeyedHash(subkey(purpose));
    this.#project = subkey("project");
    this.#record = key("record");
    this.#conversation = key("conversation");
    this.#turn = key("turn");
  }

  /** `log.record.uid`: the same request gives the same id on any read, for ever. */
  record(source: Source, request: string): string {
    return this.#record.text(`${source}\0${request}`);
  }

  conversation(session: string): string {
    return this.#memo(`c${session}`, () => this.#conversation.text(session));
  }

  turn(prompt: string): string {
    return this.#memo(`t${prompt}`, () => this.#turn.text(prompt));
  }

  /** Of a repository's normalised address, in full: 64 hex digits, as a folder's hash has. */
  project(origin: string): string {
    return this.#memo(`p${origin}`, () => createHmac("sha256", this.#project).update(origin).digest("hex"));
  }

  #memo(key: string, make: () => string): string {
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear();
    const made = make();
    this.#remembered.set(key, made);
    return made;
  }
}
