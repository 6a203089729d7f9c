import { contentName, contentPrefix } from "../domain/content.ts";
import { deleteTexts } from "./content.ts";
import { deleteRows } from "./content-rows.ts";

/** A dead letter, which can still be queued again, is kept for 14 days: until then an object's row may come. */
const WAIT_MS = 15 * 86_400_000;
/** Objects of a page. */
const PAGE = 1000;
/** Pages of one night: each needs a few queries, and a Worker may have a thousand. The next night goes on. */
const PAGES = 150;

interface Place {
  /** The database's own number. */
  team: number;
  /** Name of an object; "" is before all of the team's. */
  after: string;
}

interface SweptTeam {
  id: number;
  publicId: string;
  deleted: number | null;
  retentionDays: number;
}

/**
 * Goes through objects and rows side by side, and deletes what is over, what has no other half, and all of teams that
 * were deleted. An object gets fifteen days, in which its row may still wait in a queue or among the dead letters. Returns how many objects and rows
 * went.
 */
export async function sweepContent(
  { db, bucket }: { db: D1Database; bucket: R2Bucket },
  nowMs: number,
  pages = PAGES,
): Promise<number> {
  let place = await readPlace(db);
  let count = 0;
  for (let page = 0; page < pages; page += 1) {
    const team = await teamFrom(db, place.team);
    if (team === undefined) {
      await keepPlace(db, { team: 0, after: "" });
      return count;
    }
    const after = team.id === place.team ? place.after : "";
    const { swept, last } = await sweepPage({ db, bucket }, team, after, nowMs);
    count += swept;
    place = last === undefined ? { team: team.id + 1, after: "" } : { team: team.id, after: last };
    await keepPlace(db, place);
  }
  return count;
}

async function sweepPage(
  { db, bucket }: { db: D1Database; bucket: R2Bucket },
  team: SweptTeam,
  after: string,
  nowMs: number,
): Promise<{ swept: number; last: string | undefined }> {
  const list = await bucket.list({
    prefix: contentPrefix(team.publicId),
    limit: PAGE,
    ...(after === "" ? {} : { startAfter: after }),
  });
  const last = list.truncated ? list.objects.at(-1)?.key : undefined;
  const rows = await rowsBetween(db, team, { after, last }, nowMs);
  const stored = new Set(rows.map((row) => row.name));
  const there = new Set(list.objects.map((object) => object.key));

  const over = rows.filter((row) => team.deleted !== null || row.isOver === 1);
  const orphans = list.objects.filter(
    ({ key, uploaded }) =>
      !stored.has(key) && (team.deleted !== null || uploaded.getTime() < nowMs - WAIT_MS),
  );
  // Written since the list was made, it is there now.
  const empty: Row[] = [];
  for (const row of rows) {
    if (!there.has(row.name) && !over.includes(row) && (await bucket.head(row.name)) === null)
      empty.push(row);
  }
  // Objects first: of what goes wrong in between, the next sweep finds the rows.
  await deleteTexts(bucket, [...over.map((row) => row.name), ...orphans.map(({ key }) => key)]);
  await deleteRows(db, team.id, [...over, ...empty]);
  return { swept: over.length + orphans.length + empty.length, last };
}

interface Row {
  name: string;
  session: string;
  uid: string;
  isOver: number;
}

/** Of the team, behind one object's name and up to another's. */
async function rowsBetween(
  db: D1Database,
  { id, publicId, retentionDays }: SweptTeam,
  { after, last }: { after: string; last: string | undefined },
  nowMs: number,
): Promise<Row[]> {
  const [from, to] = [idsIn(after), idsIn(last ?? "")];
  const { results } = await db
    .prepare(
      `SELECT lower(hex(session)) session, lower(hex(uid)) uid,
              coalesce(expires_at <= ?6, 0) OR (?7 > 0 AND at <= ?6 - ?7 * 86400) isOver FROM content
        WHERE team = ?1 AND (session, uid) > (unhex(?2), unhex(?3))
          AND (${last === undefined ? "?4 = ?5" : "(session, uid) <= (unhex(?4), unhex(?5))"})
        ORDER BY session, uid`,
    )
    .bind(id, from.session, from.uid, to.session, to.uid, Math.floor(nowMs / 1000), retentionDays)
    .all<Omit<Row, "name">>();
  return results.map((row) => ({ ...row, name: contentName(publicId, row) }));
}

function idsIn(name: string): { session: string; uid: string } {
  const [, , session = "", uid = ""] = name.split("/");
  return { session, uid };
}

async function readPlace(db: D1Database): Promise<Place> {
  const row = await db.prepare("SELECT team, after FROM content_sweep WHERE id = 1").first<Place>();
  return row ?? { team: 0, after: "" };
}

async function keepPlace(db: D1Database, { team, after }: Place): Promise<void> {
  await db
    .prepare(
      `INSERT INTO content_sweep (id, team, after) VALUES (1, ?1, ?2)
        ON CONFLICT (id) DO UPDATE SET team = excluded.team, after = excluded.after`,
    )
    .bind(team, after)
    .run();
}

async function teamFrom(db: D1Database, id: number): Promise<SweptTeam | undefined> {
  const row = await db
    .prepare(
      `SELECT id, public_id publicId, deleted_at deleted, retention_days retentionDays FROM teams
        WHERE id >= ?1 ORDER BY id LIMIT 1`,
    )
    .bind(id)
    .first<SweptTeam>();
  return row ?? undefined;
}
