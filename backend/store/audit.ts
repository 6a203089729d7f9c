import { type AuditRow, chainHash, GENESIS } from "#proto/audit-chain.ts";
import { fromHex, toHex } from "#proto/hex.ts";
import type { AuditEntry } from "../domain/audit.ts";

/** With fifty writers of one team at once the unluckiest needs about half as many. */
const ATTEMPTS = 60;
const LONGEST_WAIT_MS = 150;

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
// oxlint-disable-next-line max-params -- where, whose, what, when and how: each caller writes them in that order
export async function audited<T = Record<string, unknown>>(
  db: D1Database,
  team: number,
  entry: AuditEntry,
  nowMs: number,
  statements: D1PreparedStatement[],
): Promise<Audited<T>> {
  for (let attempt = 1; ; attempt += 1) {
    const next = await nextRow(db, team, entry, nowMs);
    const append = [appendTo(db, team, next, statements.length > 0), moveHead(db, team, next.row.seq)];
    try {
      const results = await db.batch<T>([...statements, ...append]);
      const appended = results[statements.length]?.meta.changes ?? 0;
      return { results: results.slice(0, statements.length), changed: appended > 0 };
    } catch (error) {
      if (attempt === ATTEMPTS || !isTaken(error)) throw error;
      await wait(Math.random() * Math.min(10 * attempt, LONGEST_WAIT_MS));
    }
  }
}

/** Somebody else appended in between: the whole transaction was undone, and is tried again behind theirs. */
function isTaken(error: unknown): boolean {
  return error instanceof Error && /UNIQUE constraint failed: audit\./.test(error.message);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface NextRow {
  row: AuditRow;
  hash: Uint8Array;
}

async function nextRow(
  db: D1Database,
  team: number,
  { actor, action, target = "", metadata = {} }: AuditEntry,
  nowMs: number,
): Promise<NextRow> {
  const head = await db
    .prepare(
      `SELECT t.public_id team, h.seq, hex(h.hash) hash, a.at FROM teams t
         LEFT JOIN audit_heads h ON h.team = t.id
         LEFT JOIN audit a ON a.team = t.id AND a.seq = h.seq WHERE t.id = ?1`,
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
  return { row, hash: await chainHash(head.team, row, head.seq === null ? GENESIS : fromHex(head.hash)) };
}

function appendTo(db: D1Database, team: number, { row, hash }: NextRow, ifChanged: boolean) {
  const { seq, at, actorKind, actorId, actorLabel, action, target, metadata } = row;
  return db
    .prepare(
      `INSERT INTO audit (team, seq, at, actor_kind, actor_id, actor_label, action, target, metadata, hash)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, unhex(?10) ${ifChanged ? "WHERE changes() > 0" : ""}`,
    )
    .bind(team, seq, at, actorKind, actorId, actorLabel, action, target, metadata, toHex(hash));
}

/** Does nothing where nothing was appended. */
function moveHead(db: D1Database, team: number, seq: number) {
  return db
    .prepare(
      `INSERT INTO audit_heads (team, seq, hash) SELECT team, seq, hash FROM audit WHERE team = ?1 AND seq = ?2
        ON CONFLICT (team) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`,
    )
    .bind(team, seq);
}
