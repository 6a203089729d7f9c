import { MEASURES } from "./rollups.ts";
import { pruneSeen } from "./webhooks.ts";

/** Rows that one statement looks at: each stays far below D1's 30 seconds. */
const CHUNK = 50_000;

async function run(db: D1Database, sql: string, ...values: number[]): Promise<number> {
  const { meta } = await db
    .prepare(sql)
    .bind(...values)
    .run();
  return meta.changes;
}

/** Rollups and sessions stay. `before` in seconds since the Unix epoch, UTC. */
export async function deleteOldEvents(db: D1Database, before: number): Promise<number> {
  return deleteInChunks(db, "events", "at < ?5", before);
}

/**
 * What its team keeps no longer: by what the developer accepted, or by what the team says now where that is shorter.
 * `nowS` in seconds since the Unix epoch, UTC.
 */
export async function deleteExpiredCategories(db: D1Database, nowS: number): Promise<number> {
  const ended = `(expires_at <= ?5 OR at <= (
    SELECT ?5 - retention_days * 86400 FROM teams WHERE id = team AND retention_days > 0))`;
  return deleteInChunks(db, "categories", ended, nowS);
}

type ByUid = "events" | "categories";

/**
 * Walks the table in the order of its key, because an index on the time would cost a row written for each event.
 * `condition` has ?5 for `value`.
 */
async function deleteInChunks(
  db: D1Database,
  table: ByUid,
  condition: string,
  value: number,
): Promise<number> {
  let from = { team: 0, uid: "" };
  let total = 0;
  for (;;) {
    const to = await chunkEnd(db, table, from);
    const { meta } = await db
      .prepare(
        `DELETE FROM ${table} WHERE (team, uid) >= (?1, unhex(?2)) AND (team, uid) < (?3, unhex(?4)) AND ${condition}`,
      )
      .bind(from.team, from.uid, to?.team ?? Number.MAX_SAFE_INTEGER, to?.uid ?? "", value)
      .run();
    total += meta.changes;
    if (to === undefined) return total;
    from = to;
  }
}

/** The row at which the next chunk begins; undefined for the last one. */
async function chunkEnd(db: D1Database, table: ByUid, from: { team: number; uid: string }) {
  const row = await db
    .prepare(
      `SELECT team, hex(uid) uid FROM ${table} WHERE (team, uid) >= (?1, unhex(?2))
        ORDER BY team, uid LIMIT 1 OFFSET ${CHUNK}`,
    )
    .bind(from.team, from.uid)
    .first<{ team: number; uid: string }>();
  return row ?? undefined;
}

/** Rows that a correction emptied by moving their requests elsewhere. */
export async function sweepZeroRows(db: D1Database): Promise<number> {
  const empty = MEASURES.map((name) => `${name} = 0`).join(" AND ");
  const count = await run(db, `DELETE FROM rollups WHERE ${empty}`);
  return count + (await run(db, `DELETE FROM session_rollups WHERE ${empty}`));
}

/** Codes, sign-ins and replaced tokens that are over, and messages of an identity provider that cannot come again. */
export async function deleteExpired(db: D1Database, nowMs: number): Promise<number> {
  const codes = await run(db, "DELETE FROM sign_in_codes WHERE expires_at <= ?1", nowMs);
  const links = await run(db, "DELETE FROM link_codes WHERE expires_at <= ?1", nowMs);
  const signIns = await run(db, "DELETE FROM sign_ins WHERE idle_at <= ?1 OR ends_at <= ?1", nowMs);
  const tokens = await run(db, "DELETE FROM agent_tokens WHERE expires_at <= ?1", nowMs);
  return codes + links + signIns + tokens + (await pruneSeen(db, nowMs));
}
