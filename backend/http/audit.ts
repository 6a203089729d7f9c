import type { auditRoutes } from "../domain/api/audit.ts";
import { brokenEnd, checkEntries, sealTrail, trailEnds } from "../store/audit-heads.ts";
import { listEntries, readEntry } from "../store/audit-trail.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";

const PAGE = 100;
/** Entries that one request recomputes. */
const CHECKED = 5000;

type TrailRoutes = Pick<typeof auditRoutes, "GET /api/audit" | "GET /api/audit/check">;

/** The trail, to read and to check. */
export const trail: Handlers<TrailRoutes> = {
  "GET /api/audit": async ({ db, actor, query }) => {
    const before = numberIn(query.cursor) ?? Number.MAX_SAFE_INTEGER;
    const read = await listEntries(db, actor.team, { before, action: query.action, limit: PAGE + 1 });
    const entries = read.slice(0, PAGE);
    const last = read.length > PAGE ? entries.at(-1) : undefined;
    return { entries, next: last === undefined ? null : String(last.seq) };
  },
  "GET /api/audit/check": async ({ db, actor, query, settings }) => {
    const ends = await trailEnds(db, actor.team);
    const head = { seq: ends.seq, hash: ends.hash };
    const after = numberIn(query.cursor);
    // The page before has recomputed the entry that this one goes on from.
    const known = after === undefined ? undefined : await readEntry(db, actor.team, after);
    const from = known ?? { seq: ends.baseSeq, hash: ends.baseHash };
    const end = after === undefined ? await brokenEnd(db, actor.team, settings.KMS_KEY) : undefined;
    const { checked, broken, last } = await checkEntries(db, actor.team, {
      from,
      upTo: ends.seq,
      most: CHECKED,
    });
    const first = Math.min(broken ?? Infinity, end ?? Infinity);
    if (first !== Infinity) return { checked, broken: first, next: null, head };
    const next = last.seq < ends.seq ? String(last.seq) : null;
    if (next === null) await sealTrail(db, actor.team, settings.KMS_KEY);
    return { checked, broken: null, next, head };
  },
};

/** The number of an entry. */
function numberIn(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (!/^[1-9]\d{0,14}$/.test(cursor)) throw new Refusal(400, "invalid_query");
  return Number(cursor);
}
