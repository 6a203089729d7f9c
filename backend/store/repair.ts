import { FROM_EVENTS } from "./ingest.ts";
import { insertRollups, MEASURES, type RollupTable, rollupColumns, selectRollups } from "./rollups.ts";

const TABLES: readonly RollupTable[] = ["rollups", "session_rollups"];

/**
 * Recomputes one day's sums from its events and puts them in place where they differ. The second transaction
 * recomputes again, so that events stored in between are counted. Returns how many rows differed.
 */
export async function repairDay(db: D1Database, team: number, day: number): Promise<number> {
  const compared = await db.batch<{ rows: number }>(
    TABLES.map((table) => db.prepare(compareSql(table)).bind(team, day)),
  );
  const differing = compared.reduce((sum, { results }) => sum + (results[0]?.rows ?? 0), 0);
  if (differing === 0) return 0;
  await db.batch([
    ...TABLES.flatMap((table) => [
      db.prepare(`DELETE FROM ${table} WHERE team = ?1 AND day = ?2`).bind(team, day),
      db.prepare(insertRollups(table, FROM_EVENTS, "?1")).bind(team, day),
    ]),
    db.prepare("UPDATE teams SET version = version + 1 WHERE id = ?1").bind(team),
  ]);
  return differing;
}

/** Rows that only one side has: a wrong row counts twice. Zero rows are no difference. */
function compareSql(table: RollupTable): string {
  const columns = rollupColumns(table).join(", ");
  const alive = MEASURES.map((name) => `${name} <> 0`).join(" OR ");
  const stored = `SELECT ${columns} FROM ${table} WHERE team = ?1 AND day = ?2 AND (${alive})`;
  const expected = selectRollups(table, FROM_EVENTS);
  return `SELECT (SELECT count(*) FROM (SELECT * FROM (${expected}) EXCEPT ${stored}))
    + (SELECT count(*) FROM (${stored} EXCEPT SELECT * FROM (${expected}))) rows`;
}
