import type { DatabaseSync } from "node:sqlite";
import { BatchCipher } from "./cipher.ts";
import { Counters } from "./counters.ts";
import { Emitted } from "./emitted.ts";
import { readIdentity } from "./meta.ts";
import { Secrets } from "./secrets.ts";
import { LocalKeys } from "./local-keys.ts";
import { Missed } from "./missed.ts";
import { Outbox } from "./outbox.ts";
import { Positions } from "./positions.ts";

/** The tables of one open database. What they keep in memory is valid after a commit, and after `reload`. */
export class Parts {
  readonly keys: LocalKeys;
  readonly cipher: BatchCipher;
  readonly secrets: Secrets;
  readonly counters: Counters;
  readonly positions: Positions;
  readonly emitted: Emitted;
  readonly missed: Missed;
  readonly outbox: Outbox;

  constructor(db: DatabaseSync, masterKey: Uint8Array) {
    const { databaseId, localKey } = readIdentity(db);
    this.keys = new LocalKeys(localKey);
    this.cipher = new BatchCipher(masterKey, databaseId);
    this.secrets = new Secrets(masterKey, databaseId);
    this.counters = new Counters(db);
    this.positions = new Positions(db);
    this.emitted = new Emitted(db);
    this.missed = new Missed(db);
    this.outbox = new Outbox(db, this.cipher);
  }

  /** After a transaction failed. */
  reload(): void {
    this.counters.reload();
    this.emitted.reload();
    this.missed.reload();
    this.outbox.reload();
  }
}
