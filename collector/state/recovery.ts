import type { DatabaseSync } from "node:sqlite";
import type { BatchCipher } from "./cipher.ts";
import { readMeta, writeMeta } from "./meta.ts";
import type { Parts } from "./parts.ts";
import { earliest } from "./positions.ts";
import type { Rewind } from "./types.ts";

/** Sealed in place of a batch. No exporter's id is empty and no row's id is 0. */
const CHECK = { exporter: "", id: 0, text: "talos-auditor key check" };

export interface Loss {
  batches: number;
  records: number;
  files: Rewind[];
}

/**
 * Forgets batches that do not open: counts their records as purged, owes them to their exporter, and moves their
 * files back, so that they are read and queued again. Inside the caller's transaction.
 */
export function forgetLost(
  parts: Parts,
  lost: readonly { exporter: string; id: number }[],
  running: boolean,
): Loss {
  const loss: Loss = { batches: 0, records: 0, files: [] };
  for (const { exporter, id } of lost) {
    const removed = parts.outbox.remove(exporter, id);
    if (removed === undefined) continue;
    parts.counters.add(`purged:key_lost/${exporter}`, removed.records);
    for (const key of removed.keys) parts.emitted.owe(key, exporter);
    loss.batches += 1;
    loss.records += removed.records;
    loss.files.push(...removed.ranges);
  }
  loss.files = earliest(loss.files);
  parts.positions.rewind(loss.files, running);
  parts.emitted.reload();
  return loss;
}

/** At open: when the key is not the one that sealed the outbox, forgets what it cannot open. */
export function recoverLostKey(db: DatabaseSync, parts: Parts): Loss | undefined {
  const sealed = readMeta(db, "key_check");
  if (sealed instanceof Uint8Array && parts.cipher.open(CHECK.exporter, CHECK.id, sealed) !== undefined) {
    return undefined;
  }
  const loss = forgetLost(parts, parts.outbox.unreadable(), false);
  sealCheck(db, parts.cipher);
  return loss;
}

/** Tells at the next open whether the key is still the one that sealed the outbox. */
export function sealCheck(db: DatabaseSync, cipher: BatchCipher): void {
  writeMeta(db, "key_check", cipher.seal(CHECK.exporter, CHECK.id, Buffer.from(CHECK.text)));
}
