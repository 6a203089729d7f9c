import { MEASURES } from "./rollups.ts";

/** Rows in one statement: each stays far below D1's 30 seconds. */
const CHUNK = 5_000;

async function run(db: D1Database, sql: string, ...values: number[]): Promise<number> {
  const { meta } = await db
    .prepare(sql)
    .bind(...values)
    .run();
  return meta.changes;
}

/** Rollups and sessions stay. `before` in seconds since the Unix epoch, UTC. */
export async function deleteOldEvents(db: D1Database, before: number): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await run(
      db,
      `DELETE FROM events WHERE (team, uid) IN (SELECT team, uid FROM events WHERE at < ?1 LIMIT ${CHUNK})`,
      before,
    );
    total += count;
    if (count < CHUNK) return total;
  }
}

/** Rows that a correction emptied by moving their requests elsewhere. */
export async function sweepZeroRows(db: D1Database): Promise<number> {
  const empty = MEASURES.map((name) => `${name} = 0`).join(" AND ");
  const count = await run(db, `DELETE FROM rollups WHERE ${empty}`);
  return count + (await run(db, `DELETE FROM session_rollups WHERE ${empty}`));
}

/** Sign-ins that are over. */
export async function deleteExpired(db: D1Database, nowMs: number): Promise<number> {
  const codes = await run(db, "DELETE FROM sign_in_codes WHERE expires_at <= ?1", nowMs);
  return codes + (await run(db, "DELETE FROM viewers WHERE expires_at <= ?1", nowMs));
}
