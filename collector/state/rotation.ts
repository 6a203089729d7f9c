import type { DatabaseSync } from "node:sqlite";
import { BatchCipher } from "./cipher.ts";
import { deleteMeta, readIdentity, readMeta, writeMeta } from "./meta.ts";
import type { Parts } from "./parts.ts";
import { sealCheck } from "./recovery.ts";

/** Where the next key is sealed under the one before. No exporter's id is empty, and the check has row id 0. */
const NEXT = { exporter: "", id: 1 };

/**
 * Seals everything anew, inside the caller's transaction. The new key stays beside it, sealed under the old one, until
 * the key's own place holds it: a crash between the two then loses nothing. Returns how many batches there are.
 */
export function reseal(db: DatabaseSync, parts: Parts, masterKey: Uint8Array): number {
  const next = new BatchCipher(masterKey, readIdentity(db).databaseId);
  const batches = parts.outbox.reseal(next);
  writeMeta(db, "next_key", parts.cipher.seal(NEXT.exporter, NEXT.id, masterKey));
  sealCheck(db, next);
  return batches;
}

/** The key that a rotation has sealed with, when it ended before `masterKey` was replaced. */
export function unfinishedKey(db: DatabaseSync, masterKey: Uint8Array): Uint8Array | undefined {
  const sealed = readMeta(db, "next_key");
  if (!(sealed instanceof Uint8Array)) return undefined;
  const { databaseId } = readIdentity(db);
  return new BatchCipher(masterKey, databaseId).open(NEXT.exporter, NEXT.id, sealed);
}

/** The key's own place holds it. Returns whether there was anything to forget. */
export function forgetNextKey(db: DatabaseSync): boolean {
  return deleteMeta(db, "next_key");
}
