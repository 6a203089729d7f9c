import type { AuditRow } from "#proto/audit-chain.ts";
import type { AuditAction } from "../domain/audit.ts";

/** An entry with its hash as hex. */
export interface StoredEntry extends AuditRow {
  hash: string;
}

const COLUMNS = `seq, at, actor_kind actorKind, actor_id actorId, actor_label actorLabel, action, target, metadata,
  lower(hex(hash)) hash`;

/** Newest first, those before that number. */
export async function listEntries(
  db: D1Database,
  team: number,
  { before, action, limit }: { before: number; action: AuditAction | undefined; limit: number },
): Promise<StoredEntry[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM audit WHERE team = ?1 AND seq < ?2 AND (?3 IS NULL OR action = ?3)
        ORDER BY seq DESC LIMIT ?4`,
    )
    .bind(team, before, action ?? null, limit)
    .all<StoredEntry>();
  return results;
}

/** Oldest first, those behind `after` up to `upTo`. */
export async function readEntries(
  db: D1Database,
  team: number,
  { after, upTo, limit }: { after: number; upTo: number; limit: number },
): Promise<StoredEntry[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM audit WHERE team = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4`)
    .bind(team, after, upTo, limit)
    .all<StoredEntry>();
  return results;
}

export async function readEntry(db: D1Database, team: number, seq: number): Promise<StoredEntry | undefined> {
  const [entry] = await readEntries(db, team, { after: seq - 1, upTo: seq, limit: 1 });
  return entry;
}
