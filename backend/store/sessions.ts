import type { PricedRow, Range } from "../domain/report-rows.ts";
import { SUMS } from "./rollups.ts";
import { numberIn, textIn, toPricedRow } from "./reports.ts";

/** Seconds since the Unix epoch, UTC. */
export interface StoredSession {
  /** 32 hex digits. */
  id: string;
  startedAt: number;
  endedAt: number;
  active: number;
}

/** Where a page of sessions begins: behind this one. */
export interface SessionCursor {
  startedAt: number;
  id: string;
}

/** Sessions that touch the time span, newest first. Times in seconds since the Unix epoch, UTC; `until` excluded. */
export async function listSessions(
  db: D1Database,
  team: number,
  span: { from: number; until: number },
  page: { after: SessionCursor | undefined; limit: number },
): Promise<StoredSession[]> {
  const after = page.after ?? { startedAt: Number.MAX_SAFE_INTEGER, id: "" };
  const { results } = await db
    .prepare(
      `SELECT lower(hex(session)) id, started_at, ended_at, active FROM sessions
        WHERE team = ?1 AND started_at < ?3 AND ended_at >= ?2 AND (started_at, session) < (?4, unhex(?5))
        ORDER BY started_at DESC, session DESC LIMIT ?6`,
    )
    .bind(team, span.from, span.until, after.startedAt, after.id, page.limit)
    .all<{ id: string; started_at: number; ended_at: number; active: number }>();
  return results.map((row) => ({
    id: row.id,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    active: row.active,
  }));
}

/** One row for each developer, project, model, tool and price class within one session. */
export interface SessionPart extends PricedRow {
  project: string;
  developer: string;
  source: string;
}

/** The parts of these sessions, keyed by session, largest first. `days` holds all days of all of them. */
export async function readSessionParts(
  db: D1Database,
  team: number,
  days: Range,
  ids: readonly string[],
): Promise<Map<string, SessionPart[]>> {
  const { results } = await db
    .prepare(
      `SELECT lower(hex(session)) key, day, lower(hex(project)) project, 
              (SELECT public_id FROM developers d WHERE d.id = developer) developer, model, source,
              price_class, ${SUMS} FROM session_rollups
        WHERE team = ?1 AND day BETWEEN ?2 AND ?3 AND session IN (SELECT unhex(value) FROM json_each(?4))
          AND requests + prompts > 0
        GROUP BY session, day, project, developer, model, source, price_class ORDER BY sum(requests) DESC, project, model`,
    )
    .bind(team, days.from, days.to, JSON.stringify(ids))
    .all();
  const parts = results.map((row) => ({
    ...toPricedRow(row),
    project: textIn(row, "project"),
    developer: textIn(row, "developer"),
    source: textIn(row, "source"),
  }));
  return Map.groupBy(parts, ({ key }) => key);
}

/** Oldest and newest day that hold data. */
export async function dataDays(db: D1Database, team: number): Promise<Range | undefined> {
  const row = await db
    .prepare(
      // Two looks at the ends of the key; min and max in one would read all of it.
      `SELECT (SELECT day FROM rollups WHERE team = ?1 AND requests + prompts > 0 ORDER BY day LIMIT 1) first,
              (SELECT day FROM rollups WHERE team = ?1 AND requests + prompts > 0 ORDER BY day DESC LIMIT 1) last`,
    )
    .bind(team)
    .first();
  if (row === null || row["first"] === null) return undefined;
  return { from: numberIn(row, "first"), to: numberIn(row, "last") };
}
