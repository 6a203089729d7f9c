import { createHash } from "node:crypto";
import type { Processor } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import type { CwdHashConfig } from "./config.ts";

/** Folders remembered at once. A developer works in tens; worktrees and temporary folders make it hundreds. */
const REMEMBERED = 1_000;

export class CwdHashProcessor implements Processor {
  readonly #salt: string;
  readonly #hashes = new Map<string, string>();

  constructor(config: CwdHashConfig) {
    this.#salt = config.salt.reveal();
  }

  async start(): Promise<void> {}
  async shutdown(): Promise<void> {
    this.#hashes.clear();
  }

  process(records: SourceRecord[]): SourceRecord[] {
    for (const record of records) {
      if (record.cwd === undefined) continue;
      // An answer's text goes without: its request says where.
      if (record.eventName !== "talos.completion") {
        record.attributes.set("talos.cwd.hash", this.#hash(record.cwd));
      }
      delete record.cwd;
    }
    return records;
  }

  #hash(cwd: string): string {
    const known = this.#hashes.get(cwd);
    if (known !== undefined) return known;
    if (this.#hashes.size >= REMEMBERED) this.#hashes.clear();
    const hash = hashDirectory(this.#salt, cwd);
    this.#hashes.set(cwd, hash);
    return hash;
  }
}

/** SHA-256 of the salt's and the directory's UTF-8 bytes, as 64 hex digits. */
export function hashDirectory(salt: string, cwd: string): string {
  return createHash("sha256").update(salt, "utf8").update(cwd, "utf8").digest("hex");
}
