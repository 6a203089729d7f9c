import type { StoredSession } from "./sessions.ts";

/** Where a page of a timeline begins: behind this item. */
export interface TimelineCursor {
  begin: number;
  /** The turn, or the item's own uid where there is none. 32 hex digits. */
  part: string;
  rank: number;
  at: number;
  kind: number;
  uid: string;
}

/** Times in seconds since the Unix epoch, UTC. Counts are null when unknown. */
export interface TimelineRow extends TimelineCursor {
  turn: string;
  day: number | null;
  model: string;
  source: string;
  /** As a number of `VIAS`. */
  via: number;
  origin: string;
  speed: string;
  tier: string;
  geo: string;
  input: number | null;
  cache_read: number | null;
  cache_write: number | null;
  cache_1h: number | null;
  output: number | null;
  searches: number | null;
  final: number;
  /** Of the text, in UTF-16 units; null where none is stored. */
  chars: number | null;
  /** Public id, of the text. */
  developer: string | null;
}

/** Of texts that are not over: by what was said when they came, and by what the team says now where that is shorter. */
const LIVE = `c.team = ?1 AND c.session = unhex(?2) AND (c.expires_at IS NULL OR c.expires_at > ?3)
  AND c.at > ?3 - coalesce((SELECT nullif(retention_days, 0) * 86400 FROM teams WHERE id = ?1), ?3)`;

const COUNTS = "input, cache_read, cache_write, cache_1h, output, searches, final";

/** A prompt with a text stands once: its row in `content` says all of it that its event does. */
const ITEMS = `SELECT turn, uid, kind, at, day, model, source, via, origin, speed, tier, geo, ${COUNTS}, NULL chars, NULL developer
    FROM events e WHERE team = ?1 AND session = unhex(?2)
      AND NOT (kind = 0 AND EXISTS (SELECT 1 FROM content c WHERE ${LIVE} AND c.uid = e.uid))
  UNION ALL
  SELECT turn, uid, kind, at, NULL, model, '', 0, '', '', '', '', NULL, NULL, NULL, NULL, NULL, NULL, 1, chars,
         (SELECT public_id FROM developers d WHERE d.id = c.developer) FROM content c WHERE ${LIVE}`;

/**
 * A turn begins with its first request or answer, because prompts have whole minutes only, and shows its prompt before
 * the others. What belongs to no turn stands by itself.
 */
const PLACED = `SELECT *, kind > 0 rank,
    coalesce(min(iif(kind > 0, at, NULL)) OVER (PARTITION BY part), min(at) OVER (PARTITION BY part)) begin
  FROM (SELECT *, iif(turn = x'', uid, turn) part FROM items)`;

/** Of one session, in order. */
export async function readTimeline(
  db: D1Database,
  of: { team: number; session: string },
  page: { after: TimelineCursor | undefined; limit: number },
  nowMs: number,
): Promise<TimelineRow[]> {
  const after = page.after ?? { begin: -1, part: "", rank: 0, at: 0, kind: 0, uid: "" };
  const { results } = await db
    .prepare(
      `WITH items AS (${ITEMS}), placed AS (${PLACED})
       SELECT lower(hex(turn)) turn, lower(hex(uid)) uid, lower(hex(part)) part, begin, rank, kind, at, day, model,
              source, via, origin, speed, tier, geo, ${COUNTS}, chars, developer
         FROM placed WHERE (begin, part, rank, at, kind, uid) > (?4, unhex(?5), ?6, ?7, ?8, unhex(?9))
        ORDER BY begin, placed.part, rank, at, kind, placed.uid LIMIT ?10`,
    )
    .bind(
      of.team,
      of.session,
      Math.floor(nowMs / 1000),
      after.begin,
      after.part,
      after.rank,
      after.at,
      after.kind,
      after.uid,
      page.limit,
    )
    .all<TimelineRow>();
  return results;
}

/** How many texts of the session can be read. */
export async function countTexts(
  db: D1Database,
  of: { team: number; session: string },
  nowMs: number,
): Promise<number> {
  const count = await db
    .prepare(`SELECT count(*) n FROM content c WHERE ${LIVE}`)
    .bind(of.team, of.session, Math.floor(nowMs / 1000))
    .first<number>("n");
  return count ?? 0;
}

export async function findSession(
  db: D1Database,
  team: number,
  session: string,
): Promise<StoredSession | undefined> {
  const row = await db
    .prepare(
      `SELECT lower(hex(session)) id, started_at startedAt, ended_at endedAt, active FROM sessions
        WHERE team = ?1 AND session = unhex(?2)`,
    )
    .bind(team, session)
    .first<StoredSession>();
  return row ?? undefined;
}
