import { contentName, type PlacedContent } from "../domain/content.ts";

/** Rows that are read at once. */
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

/** Names of the developer's objects, page by page. */
export async function* namesOfDeveloper(
  db: D1Database,
  team: number,
  developer: number,
): AsyncGenerator<string[]> {
  for (let after = { session: "", uid: "" }; ;) {
    const { results } = await db
      .prepare(
        `SELECT t.public_id team, lower(hex(c.session)) session, lower(hex(c.uid)) uid
           FROM content c JOIN teams t ON t.id = c.team
          WHERE c.team = ?1 AND c.developer = ?2 AND (c.session, c.uid) > (unhex(?3), unhex(?4))
          ORDER BY c.session, c.uid LIMIT ${PAGE}`,
      )
      .bind(team, developer, after.session, after.uid)
      .all<{ team: string; session: string; uid: string }>();
    const last = results.at(-1);
    if (last === undefined) return;
    yield results.map((row) => contentName(row.team, row));
    after = last;
  }
}
