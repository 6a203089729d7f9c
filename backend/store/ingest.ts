import { NO_MODELS, type PlacedEvent, VIAS } from "../domain/event.ts";
import { STORE_CATEGORIES } from "./categories.ts";
import { insertRollups } from "./rollups.ts";

/*
 * Exactly-once effects: one transaction moves the rollups by the difference to what is stored, then stores.
 * Every statement binds ?1 the team and ?2 a JSON array in which each uid stands once. CROSS JOIN keeps SQLite
 * from reading all of a team's events to find these few.
 */

/** Columns that are compared and kept by minimum; the others by maximum, where null is less than anything. */
const MINIMA = ["day", "at", "developer"];
const BLOBS = ["session", "turn", "project"];
const TEXTS = ["model", "source", "origin", "speed", "tier", "geo"];
const COUNTS = ["input", "cache_read", "cache_write", "cache_1h", "output", "searches"];
const COLUMNS = ["kind", ...MINIMA, ...BLOBS, ...TEXTS, ...COUNTS, "final", "via"];

/** The incoming events as rows, without those of a developer whose data was erased since they happened. */
const INCOMING = `SELECT unhex(value->>'uid') uid, ${COLUMNS.map((name) =>
  BLOBS.includes(name) ? `unhex(value->>'${name}') ${name}` : `value->>'${name}' ${name}`,
).join(", ")} FROM json_each(?2) WHERE NOT EXISTS (
    SELECT 1 FROM developers d WHERE d.id = value->>'developer' AND d.erased_at >= (value->>'at') * 1000)`;

function merged(name: string, stored: string, sent: string): string {
  const [a, b] = [
    `coalesce(${stored}.${name}, ${sent}.${name})`,
    `coalesce(${sent}.${name}, ${stored}.${name})`,
  ];
  if (name === "model") return `CASE WHEN ${telling(b)} > ${telling(a)} THEN ${b} ELSE ${a} END`;
  return `${MINIMA.includes(name) ? "min" : "max"}(${a}, ${b})`;
}

/** What a model is compared by: a name of its own is more than a word in its place. */
function telling(model: string): string {
  const words = ["", ...NO_MODELS].map((word) => `'${word}'`).join(", ");
  return `(${model} NOT IN (${words}), ${model})`;
}

function isMoved(name: string): string {
  if (MINIMA.includes(name)) return `excluded.${name} < ${name}`;
  if (name === "model") return `${telling("excluded.model")} > ${telling("model")}`;
  if (!COUNTS.includes(name)) return `excluded.${name} > ${name}`;
  return `(excluded.${name} IS NOT NULL AND (${name} IS NULL OR excluded.${name} > ${name}))`;
}

/** What the incoming events will be once stored, and, with the opposite sign, what they are now. */
const DIFFERENCE = `i AS (${INCOMING}),
v AS (
  SELECT 1 sign, ${COLUMNS.map((name) => `${merged(name, "e", "i")} ${name}`).join(", ")}
    FROM i LEFT JOIN events e ON e.team = ?1 AND e.uid = i.uid
  UNION ALL
  SELECT -1, ${COLUMNS.map((name) => `e.${name}`).join(", ")}
    FROM i CROSS JOIN events e ON e.team = ?1 AND e.uid = i.uid)`;

const MOVE_ROLLUPS = insertRollups("rollups", DIFFERENCE, "?1");
const MOVE_SESSION_ROLLUPS = insertRollups("session_rollups", DIFFERENCE, "?1");

const MARK_STALE = `UPDATE sessions SET stale = 1 WHERE team = ?1 AND session IN (
  SELECT e.session FROM (${INCOMING}) i CROSS JOIN events e ON e.team = ?1 AND e.uid = i.uid WHERE e.session < i.session)`;

const STORE_EVENTS = `INSERT INTO events (team, uid, ${COLUMNS.join(", ")})
SELECT ?1, uid, ${COLUMNS.join(", ")} FROM (${INCOMING}) WHERE true
ON CONFLICT (team, uid) DO UPDATE SET ${COLUMNS.map((name) => `${name} = ${merged(name, "events", "excluded")}`).join(", ")}
WHERE ${COLUMNS.map(isMoved).join(" OR ")}`;

/** Directly after the events: a batch that changed nothing leaves the version alone. */
const GROW_VERSION = `UPDATE teams SET version = version + 1 WHERE id = ?1 AND changes() > 0`;

const RECOMPUTE_SESSIONS = `WITH touched AS (
  SELECT e.session FROM json_each(?2) CROSS JOIN events e ON e.team = ?1 AND e.uid = unhex(value->>'uid') WHERE e.session <> x''
  UNION SELECT session FROM sessions WHERE team = ?1 AND stale = 1),
gaps AS (
  SELECT session, at, at - lag(at) OVER (PARTITION BY session ORDER BY at) gap
    FROM events WHERE team = ?1 AND session IN (SELECT session FROM touched))
INSERT INTO sessions (team, session, started_at, ended_at, active, stale)
SELECT ?1, session, min(at), max(at), sum(min(coalesce(gap, 0), 300)), 0 FROM gaps GROUP BY session HAVING true
ON CONFLICT DO UPDATE SET started_at = excluded.started_at, ended_at = excluded.ended_at, active = excluded.active, stale = 0
WHERE stale = 1 OR started_at <> excluded.started_at OR ended_at <> excluded.ended_at OR active <> excluded.active`;

const DROP_EMPTY_SESSIONS = `DELETE FROM sessions INDEXED BY sessions_stale WHERE team = ?1 AND stale = 1`;

const CLEAR_INBOX = `DELETE FROM inbox WHERE id IN (SELECT value FROM json_each(?1))`;

/** One team's folded events and the messages that brought them, with what else these brought. All of it, or nothing. */
export async function storeEvents(
  db: D1Database,
  team: number,
  events: readonly PlacedEvent[],
  { ids, also = [] }: { ids: readonly string[]; also?: readonly D1PreparedStatement[] },
): Promise<D1Result[]> {
  const rows = JSON.stringify(events.map(toRow));
  const withRows = [MOVE_ROLLUPS, MOVE_SESSION_ROLLUPS, MARK_STALE, STORE_EVENTS];
  const grow = db.prepare(GROW_VERSION).bind(team);
  const hasCategory = events.some(({ category }) => category !== undefined);
  return db.batch([
    ...withRows.map((sql) => db.prepare(sql).bind(team, rows)),
    grow,
    ...(hasCategory ? [db.prepare(STORE_CATEGORIES).bind(team, rows), grow] : []),
    db.prepare(RECOMPUTE_SESSIONS).bind(team, rows),
    db.prepare(DROP_EMPTY_SESSIONS).bind(team),
    ...also,
    db.prepare(CLEAR_INBOX).bind(JSON.stringify(ids)),
  ]);
}

function toRow(event: PlacedEvent) {
  const { kind, cacheRead, cacheWrite, cacheWrite1h, final, via, ...rest } = event;
  return {
    ...rest,
    kind: kind === "request" ? 1 : 0,
    cache_read: cacheRead,
    cache_write: cacheWrite,
    cache_1h: cacheWrite1h,
    final: final ? 1 : 0,
    via: VIAS.indexOf(via),
  };
}

/** Rollups of some days from the events alone: what `repair` compares with and puts in place. */
export const FROM_EVENTS = `v AS (SELECT 1 sign, ${COLUMNS.join(", ")} FROM events WHERE team = ?1 AND day = ?2)`;
