import type { AgentActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import { audited } from "./audit.ts";
import { newId } from "./ids.ts";

/** So many groups of a team may come from machines: whoever holds a machine's token must not fill the database. */
const MOST = 200;

/**
 * Makes the developer a member of the groups that the machine's managed policy names, and of no other managed ones.
 * Names of groups from elsewhere stay theirs. Writes only when something changes.
 */
export async function joinManagedGroups(
  db: D1Database,
  actor: AgentActor,
  names: readonly string[],
  nowMs: number,
): Promise<void> {
  const wanted = [...new Set(names)];
  if (await isSo(db, actor, wanted)) return;
  const entry = {
    actor: auditActor(actor),
    action: "group.update",
    metadata: { groups: wanted.length },
  } as const;
  const groups = JSON.stringify(wanted.map((name) => ({ name, id: newId("grp") })));
  const managed = `SELECT id FROM groups WHERE team = ?1 AND source = 'managed'`;
  await audited(db, actor.team, entry, nowMs, [
    db
      .prepare(
        `INSERT INTO groups (public_id, team, name, source, created_at)
          SELECT value ->> 'id', ?1, value ->> 'name', 'managed', ?3 FROM json_each(?2)
           WHERE (SELECT count(*) FROM groups WHERE team = ?1 AND source = 'managed') < ${MOST}
          ON CONFLICT (team, name) DO NOTHING`,
      )
      .bind(actor.team, groups, nowMs),
    db
      .prepare(`DELETE FROM group_developers WHERE developer = ?2 AND "group" IN (${managed})`)
      .bind(actor.team, actor.developer),
    db
      .prepare(
        `INSERT INTO group_developers ("group", developer)
          SELECT g.id, ?3 FROM groups g WHERE g.team = ?1 AND g.source = 'managed'
             AND g.name IN (SELECT value ->> 'name' FROM json_each(?2))`,
      )
      .bind(actor.team, groups, actor.developer),
    db
      .prepare(
        `DELETE FROM groups WHERE team = ?1 AND source = 'managed'
          AND id NOT IN (SELECT "group" FROM group_developers)`,
      )
      .bind(actor.team),
    db.prepare("UPDATE teams SET version = version + 1 WHERE id = ?1").bind(actor.team),
  ]);
}

async function isSo(db: D1Database, actor: AgentActor, wanted: readonly string[]): Promise<boolean> {
  const { results } = await db
    .prepare(
      `SELECT g.name, g.source, EXISTS (
                SELECT 1 FROM group_developers gd WHERE gd."group" = g.id AND gd.developer = ?2) mine
         FROM groups g WHERE g.team = ?1`,
    )
    .bind(actor.team, actor.developer)
    .all<{ name: string; source: string; mine: number }>();
  const mine = results.filter(({ source, mine: isMine }) => source === "managed" && isMine === 1);
  // A name that a group from elsewhere has cannot be joined.
  const foreign = new Set(results.filter(({ source }) => source !== "managed").map(({ name }) => name));
  const possible = wanted.filter((name) => !foreign.has(name));
  return mine.length === possible.length && mine.every(({ name }) => possible.includes(name));
}
