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

/**
 * Rollups and sessions stay. Walks the table in the order of its key, because an index on the time would cost a row
 * written for each event. `before` in seconds since the Unix epoch, UTC.
 */
export async function deleteOldEvents(db: D1Database, before: number): Promise<number> {
  let from = { team: 0, uid: "" };
  let total = 0;
  for (;;) {
    const to = await chunkEnd(db, from);
    const { meta } = await db
      .prepare(
        `DELETE FROM events WHERE (team, uid) >= (?1, unhex(?2)) AND (team, uid) < (?3, unhex(?4)) AND at < ?5`,
      )
      .bind(from.team, from.uid, to?.team ?? Number.MAX_SAFE_INTEGER, to?.uid ?? "", before)
      .run();
    total += meta.changes;
    if (to === undefined) return total;
    from = to;
  }
}

/** The row at which the next chunk begins; undefined for the last one. */
async function chunkEnd(db: D1Database, from: { team: number; uid: string }) {
  const row = await db
    .prepare(
      `SELECT team, hex(uid) uid FROM events WHERE (team, uid) >= (?1, unhex(?2))
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

/** Sign-ins and replaced tokens that are over, and messages of an identity provider that cannot come again. */
export async function deleteExpired(db: D1Database, nowMs: number): Promise<number> {
  const codes = await run(db, "DELETE FROM sign_in_codes WHERE expires_at <= ?1", nowMs);
  const signIns = await run(db, "DELETE FROM sign_ins WHERE idle_at <= ?1 OR ends_at <= ?1", nowMs);
  const tokens = await run(db, "DELETE FROM agent_tokens WHERE expires_at <= ?1", nowMs);
  return codes + signIns + tokens + (await pruneSeen(db, nowMs));
}
