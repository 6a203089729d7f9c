/**
 * The trail of what admins did, as it is hashed: each entry's hash covers the entry and the hash before it, so that none
 * can be changed, removed, inserted or moved without every later hash being another.
 */
import { toHex } from "./hex.ts";

/** An entry, as it is stored, exported and hashed. */
export interface AuditRow {
  seq: number;
  /** Milliseconds since the Unix epoch, UTC. */
  at: number;
  actorKind: string;
  actorId: string;
  actorLabel: string;
  action: string;
  target: string;
  /** A JSON object, exactly as it was hashed. */
  metadata: string;
}

/** What the first entry follows. */
export const GENESIS = new Uint8Array(32);

/**
 * SHA-256 over the JSON array `["talos-audit-1", team, seq, at, actor kind, actor id, actor label, action, target,
 * metadata, previous hash as hex]`, so that anybody can check a trail with a few lines of their own.
 */
export async function chainHash(
  team: string,
  row: AuditRow,
  previous: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const { seq, at, actorKind, actorId, actorLabel, action, target, metadata } = row;
  const fields = [team, seq, at, actorKind, actorId, actorLabel, action, target, metadata, toHex(previous)];
  const bytes = new TextEncoder().encode(JSON.stringify(["talos-audit-1", ...fields]));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
