import { contentName, type PlacedContent } from "../domain/content.ts";
import { deleteTexts } from "./content.ts";

/** Texts that are deleted at once. */
const PAGE = 1000;

/** What is erased must not come back: data of the developer from before. */
const ERASED = `EXISTS (SELECT 1 FROM developers d
  WHERE d.id = value ->> 'developer' AND d.erased_at >= (value ->> 'at') * 1000)`;

/**
 * ?1 the team, ?2 the placed contents as a JSON array. Of two versions the longer one stays, as in the bucket, and the
 * end of the first.
 */
const STORE_CONTENTS = `INSERT INTO content (team, session, uid, kind, at, turn, developer, model, chars, expires_at)
SELECT ?1, unhex(value ->> 'session'), unhex(value ->> 'uid'), iif(value ->> 'kind' = 'prompt', 0, 2), value ->> 'at',
  unhex(value ->> 'turn'), value ->> 'developer', value ->> 'model', value ->> 'chars', value ->> 'expiresAt'
FROM json_each(?2) WHERE NOT ${ERASED}
ON CONFLICT (team, session, uid) DO UPDATE SET chars = excluded.chars
WHERE excluded.chars > chars AND excluded.developer = developer`;

export function storeContents(
  db: D1Database,
  team: number,
  contents: readonly PlacedContent[],
): D1PreparedStatement {
  return db.prepare(STORE_CONTENTS).bind(team, JSON.stringify(contents));
}

/** Those whose developer was erased since: their rows are not stored, and their objects must go. */
export async function findErased(
  db: D1Database,
  contents: readonly PlacedContent[],
): Promise<PlacedContent[]> {
  const { results } = await db
    .prepare(`SELECT key FROM json_each(?1) WHERE ${ERASED}`)
    .bind(JSON.stringify(contents))
    .all<{ key: number }>();
  return results.flatMap(({ key }) => contents[key] ?? []);
}

export interface ContentRow {
  team: string;
  session: string;
  uid: string;
}

/** Deletes the developer's texts, each page of them before its rows. */
export async function deleteTextsOf(
  { db, bucket }: { db: D1Database; bucket: R2Bucket },
  { team, developer }: { team: number; developer: number },
): Promise<void> {
  for (;;) {
    const { results } = await db
      .prepare(
        `SELECT t.public_id team, lower(hex(c.session)) session, lower(hex(c.uid)) uid
           FROM content c JOIN teams t ON t.id = c.team WHERE c.team = ?1 AND c.developer = ?2 LIMIT ${PAGE}`,
      )
      .bind(team, developer)
      .all<ContentRow>();
    if (results.length === 0) return;
    await deleteTexts(bucket, namesOf(results));
    await deleteRows(db, team, results);
  }
}

export async function deleteRows(
  db: D1Database,
  team: number,
  rows: readonly Pick<ContentRow, "session" | "uid">[],
): Promise<void> {
  if (rows.length === 0) return;
  await db
    .prepare(
      `DELETE FROM content WHERE team = ?1 AND (session, uid) IN (
          SELECT unhex(value ->> 'session'), unhex(value ->> 'uid') FROM json_each(?2))`,
    )
    .bind(team, JSON.stringify(rows.map(({ session, uid }) => ({ session, uid }))))
    .run();
}

/** For a transaction that goes on where `deleteTextsOf` ended: its result says whose objects must go, see `namesOf`. */
export function deleteLateRows(
  db: D1Database,
  { team, developer }: { team: number; developer: number },
): D1PreparedStatement {
  return db
    .prepare(
      `DELETE FROM content WHERE team = ?1 AND developer = ?2 RETURNING
          (SELECT public_id FROM teams WHERE id = ?1) team, lower(hex(session)) session, lower(hex(uid)) uid`,
    )
    .bind(team, developer);
}

export function namesOf(rows: readonly ContentRow[]): string[] {
  return rows.map((row) => contentName(row.team, row));
}
