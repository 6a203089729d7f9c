import { type AuditRow, chainHash, GENESIS } from "#proto/audit-chain.ts";
import { fromHex, toHex } from "#proto/hex.ts";
import type { AuditEntry } from "../domain/audit.ts";

const ATTEMPTS = 20;

export interface Audited<T> {
  /** Of `statements`, in their order. */
  results: D1Result<T>[];
  /** False when the last of `statements` changed nothing: then nothing is in the trail either. */
  changed: boolean;
}

/**
 * Runs the statements and appends the entry in one transaction, so that nothing is done without its trail. The entry
 * is written only where the last statement changed a row. `team` is the database's own number.
 */
export async function audited<T = Record<string, unknown>>(
  db: D1Database,
  team: number,
  entry: AuditEntry,
  nowMs: number,
  statements: D1PreparedStatement[],
): Promise<Audited<T>> {
  for (let attempt = 1; ; attempt += 1) {
    const append = await appendTo(db, team, entry, nowMs, statements.length > 0);
    try {
      const results = await db.batch<T>([...statements, append]);
      return { results: results.slice(0, -1), changed: (results.at(-1)?.meta.changes ?? 0) > 0 };
    } catch (error) {
      if (attempt === ATTEMPTS || !isTaken(error)) throw error;
    }
  }
}

/** Somebody else appended in between: the whole transaction was undone, and is tried again behind theirs. */
function isTaken(error: unknown): boolean {
  return error instanceof Error && /UNIQUE constraint failed: audit\./.test(error.message);
}

async function appendTo(
  db: D1Database,
  team: number,
  { actor, action, target = "", metadata = {} }: AuditEntry,
  nowMs: number,
  ifChanged: boolean,
): Promise<D1PreparedStatement> {
  const head = await db
    .prepare(
      `SELECT t.public_id team, a.seq, a.at, hex(a.hash) hash FROM teams t
         LEFT JOIN audit a ON a.team = t.id WHERE t.id = ?1 ORDER BY a.seq DESC LIMIT 1`,
    )
    .bind(team)
    .first<{ team: string; seq: number | null; at: number | null; hash: string }>();
  if (head === null) throw new Error("the team does not exist");
  const row: AuditRow = {
    seq: (head.seq ?? 0) + 1,
    // Clocks of different machines differ: the trail's own time never goes back.
    at: Math.max(nowMs, head.at ?? 0),
    actorKind: actor.kind,
    actorId: actor.id,
    actorLabel: actor.label,
    action,
    target,
    metadata: JSON.stringify(metadata),
  };
  const hash = await chainHash(head.team, row, head.seq === null ? GENESIS : fromHex(head.hash));
  return db
    .prepare(
      `INSERT INTO audit (team, seq, at, actor_kind, actor_id, actor_label, action, target, metadata, hash)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, unhex(?10) ${ifChanged ? "WHERE changes() > 0" : ""}`,
    )
    .bind(
      team,
      row.seq,
      row.at,
      row.actorKind,
      row.actorId,
      row.actorLabel,
      action,
      target,
      row.metadata,
      toHex(hash),
    );
}
