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
 * What is hashed: the JSON array `["talos-audit-1", team, seq, at, actor kind, actor id, actor label, action, target,
 * metadata, previous hash as hex]`, so that anybody can check a trail with a few lines of their own.
 */
export function chainText(team: string, row: AuditRow, previous: string): string {
  const { seq, at, actorKind, actorId, actorLabel, action, target, metadata } = row;
  const fields = [team, seq, at, actorKind, actorId, actorLabel, action, target, metadata, previous];
  return JSON.stringify(["talos-audit-1", ...fields]);
}

/** SHA-256 of the above. */
export async function chainHash(
  team: string,
  row: AuditRow,
  previous: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(chainText(team, row, toHex(previous)));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** The first line of an export. */
export interface ExportHead {
  type: "talos-audit-1";
  /** Public id. */
  team: string;
  /** Milliseconds since the Unix epoch, UTC. */
  exportedAt: number;
  /** The entry before the first line: 0 and zeros, or the last that was deleted for its age. */
  after: { seq: number; hash: string };
}

/** The last line of an export: without it, the end was cut off. */
export interface ExportEnd {
  type: "end";
  seq: number;
  hash: string;
  /** Ed25519 public key of the team, hex. Its SHA-256 is the team's fingerprint. */
  key: string;
  /** Over `exportText`, hex. */
  signature: string;
}

/** What an export's signature is over. Signed under the purpose `audit-export`. */
export function exportText(
  { team, exportedAt, after }: ExportHead,
  end: { seq: number; hash: string },
): string {
  return JSON.stringify(["talos-audit-export-1", team, exportedAt, after.seq, after.hash, end.seq, end.hash]);
}
