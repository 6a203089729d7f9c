import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "#component/component.ts";
import { transaction } from "./database.ts";
import { configureExporters } from "./destinations.ts";
import { createIdentity, writeMeta } from "./meta.ts";
import { migrate } from "./migrations.ts";
import { Parts } from "./parts.ts";
import { type Loss, recoverLostKey } from "./recovery.ts";
import { unfinishedKey } from "./rotation.ts";
import type { KeySource } from "./types.ts";

export interface BeginOptions {
  exporters: string[];
  masterKey: Uint8Array;
  keySource: KeySource;
  clock: Pick<Clock, "now">;
}

export interface Begun {
  db: DatabaseSync;
  parts: Parts;
  loss: Loss | undefined;
  /** A rotation ended before its key was stored in the key's place. */
  rotatedKey: Uint8Array | undefined;
}

/** Makes a database current and ready for this run, in one transaction. */
export function begin(db: DatabaseSync, options: BeginOptions): Begun {
  return transaction(db, () => {
    if (migrate(db) === 0) createIdentity(db);
    const rotatedKey = unfinishedKey(db, options.masterKey);
    const parts = new Parts(db, rotatedKey ?? options.masterKey);
    parts.positions.applyRewinds();
    // What was open when the run before ended is read again from where its first line begins.
    parts.counters.setOpen(0);
    const loss = recoverLostKey(db, parts);
    configureExporters(db, parts, options.exporters);
    writeMeta(db, "key_source", options.keySource);
    writeMeta(db, "started_at", Math.trunc(options.clock.now()));
    return { db, parts, loss, rotatedKey };
  });
}
