import type { MemberActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import type { Membership } from "../domain/group-file.ts";
import { audited } from "./audit.ts";
import { newId } from "./ids.ts";

export interface StoredGroup {
  id: string;
  name: string;
  source: "managed" | "clerk" | "csv";
  developers: number;
}

export async function listGroups(db: D1Database, team: number): Promise<StoredGroup[]> {
  const { results } = await db
    .prepare(
      `SELECT g.public_id id, g.name, g.source,
              (SELECT count(*) FROM group_developers gd WHERE gd."group" = g.id) developers
         FROM groups g WHERE g.team = ?1 ORDER BY g.name, g.id`,
    )
    .bind(team)
    .all<StoredGroup>();
  return results;
}

/** False when the team has no such group. */
export async function deleteGroup(
  db: D1Database,
  actor: MemberActor,
  id: string,
  nowMs: number,
): Promise<boolean> {
  const entry = { actor: auditActor(actor), action: "group.delete", target: id } as const;
  const one = (sql: string) => db.prepare(sql).bind(actor.team, id);
  const { changed } = await audited(db, actor.team, entry, nowMs, [
    one(
      `DELETE FROM group_developers WHERE "group" = (SELECT id FROM groups WHERE team = ?1 AND public_id = ?2)`,
    ),
    one("DELETE FROM groups WHERE team = ?1 AND public_id = ?2"),
  ]);
  return changed;
}

/** Of these names, those that a group from elsewhere has. */
export async function takenNames(db: D1Database, team: number, names: readonly string[]): Promise<string[]> {
  const { results } = await db
    .prepare(
      "SELECT name FROM groups WHERE team = ?1 AND source <> 'csv' AND name IN (SELECT value FROM json_each(?2))",
    )
    .bind(team, JSON.stringify(names))
    .all<{ name: string }>();
  return results.map(({ name }) => name);
}

/** Of these public ids, those of the team's developers. */
export async function knownDevelopers(
  db: D1Database,
  team: number,
  ids: readonly string[],
): Promise<Set<string>> {
  const { results } = await db
    .prepare(
      "SELECT public_id id FROM developers WHERE team = ?1 AND public_id IN (SELECT value FROM json_each(?2))",
    )
    .bind(team, JSON.stringify(ids))
    .all<{ id: string }>();
  return new Set(results.map(({ id }) => id));
}

/** Puts these in place of all groups from CSV, in one transaction. A group that is named again keeps its id. */
export async function replaceCsvGroups(
  db: D1Database,
  actor: MemberActor,
  members: readonly Membership[],
  nowMs: number,
): Promise<void> {
  const names = [...new Set(members.map(({ group }) => group))];
  const metadata = { groups: names.length, memberships: members.length };
  const entry = { actor: auditActor(actor), action: "group.update", metadata } as const;
  const [team, rows] = [actor.team, JSON.stringify(members)];
  const groups = JSON.stringify(names.map((name) => ({ name, id: newId("grp") })));
  await audited(db, team, entry, nowMs, [
    db
      .prepare(
        `DELETE FROM group_developers WHERE "group" IN (SELECT id FROM groups WHERE team = ?1 AND source = 'csv')`,
      )
      .bind(team),
    db
      .prepare(
        `DELETE FROM groups WHERE team = ?1 AND source = 'csv'
          AND name NOT IN (SELECT value ->> 'name' FROM json_each(?2))`,
      )
      .bind(team, groups),
    db
      .prepare(
        `INSERT INTO groups (public_id, team, name, source, created_at)
          SELECT value ->> 'id', ?1, value ->> 'name', 'csv', ?3 FROM json_each(?2) WHERE true
          ON CONFLICT (team, name) DO NOTHING`,
      )
      .bind(team, groups, nowMs),
    db
      .prepare(
        `INSERT INTO group_developers ("group", developer)
          SELECT DISTINCT g.id, d.id FROM json_each(?2) j
            JOIN groups g ON g.team = ?1 AND g.source = 'csv' AND g.name = j.value ->> 'group'
            JOIN developers d ON d.team = ?1 AND d.public_id = j.value ->> 'developer'`,
      )
      .bind(team, rows),
    // Always one row, so that a file without any group is in the trail too.
    db.prepare("UPDATE teams SET version = version + 1 WHERE id = ?1").bind(team),
  ]);
}
