import type { AgentActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import { audited } from "./audit.ts";
import { deleteTexts } from "./content.ts";
import { forgetLinks } from "./own-machines.ts";
import { type ContentRow, deleteLateRows, deleteTextsOf, namesOf } from "./content-rows.ts";

const OF_DEVELOPER = "WHERE team = ?1 AND developer = ?2";
/** By these the index finds a developer's events, where a search for the developer would read all of the team's. */
const SESSIONS = `(SELECT session FROM session_rollups ${OF_DEVELOPER})`;

/**
 * Whether this is the first of the person's machines that are still enrolled. Whoever has a token for many can enrol a
 * machine as anybody, but always as a later one: it must not be able to erase what the others sent.
 */
export async function mayErase(db: D1Database, actor: AgentActor): Promise<boolean> {
  const earlier = db
    .prepare(
      "SELECT 1 FROM agents WHERE team = ?1 AND developer = ?2 AND id < ?3 AND revoked_at IS NULL LIMIT 1",
    )
    .bind(actor.team, actor.developer, actor.agent);
  return (await earlier.first()) === null;
}

/**
 * Deletes all that is stored of who uses this machine: texts, events, categories, sums, sessions, the names given and the
 * groups. What still waits in a queue, or is sent again, is not stored any more: `INCOMING` of store/ingest.ts. The pseudonym stays
 * while another machine of the same person sends, and what that one does from now on is counted anew.
 */
export async function eraseDeveloper(
  { db, bucket }: { db: D1Database; bucket: R2Bucket },
  actor: AgentActor,
  nowMs: number,
): Promise<void> {
  const row = await db
    .prepare("SELECT public_id FROM developers WHERE team = ?1 AND id = ?2")
    .bind(actor.team, actor.developer)
    .first<{ public_id: string }>();
  const entry = {
    actor: auditActor(actor),
    action: "developer.erase",
    target: row?.public_id ?? "",
  } as const;
  const bound = (sql: string) => db.prepare(sql).bind(actor.team, actor.developer);
  // Texts first: when that fails, nothing else is erased yet, and the machine asks again.
  await deleteTextsOf({ db, bucket }, actor);
  const { results } = await audited<ContentRow>(db, actor.team, entry, nowMs, [
    deleteLateRows(db, actor),
    bound(
      `DELETE FROM events INDEXED BY events_by_session ${OF_DEVELOPER} AND session IN (SELECT x'' UNION SELECT * FROM ${SESSIONS})`,
    ),
    bound(`DELETE FROM sessions WHERE team = ?1 AND session IN ${SESSIONS}`),
    bound(`DELETE FROM categories ${OF_DEVELOPER}`),
    bound(`DELETE FROM session_rollups ${OF_DEVELOPER}`),
    bound(`DELETE FROM rollups ${OF_DEVELOPER}`),
    db.prepare("DELETE FROM group_developers WHERE developer = ?1").bind(actor.developer),
    ...forgetLinks(db, "developer = ?1", actor.developer),
    db.prepare("UPDATE teams SET version = version + 1 WHERE id = ?1").bind(actor.team),
    db
      .prepare(
        `UPDATE developers SET label = '', real_name = '', erased_at = ?3, grouping = CASE WHEN EXISTS (
            SELECT 1 FROM agents a WHERE a.developer = ?2 AND a.revoked_at IS NULL AND a.id <> ?4
          ) THEN grouping ELSE x'' END WHERE team = ?1 AND id = ?2`,
      )
      .bind(actor.team, actor.developer, nowMs, actor.agent),
  ]);
  await deleteTexts(bucket, namesOf(results[0]?.results ?? []));
}
