import { audited } from "./audit.ts";
import { newId } from "./ids.ts";
import { forgetLinks } from "./own-machines.ts";
import { entry, type Message, teamOfOrganization } from "./organizations.ts";

/** A team for a new organization. Its days are cut in UTC. */
export async function createTeamFor(
  db: D1Database,
  organization: string,
  name: string,
  { spend, nowMs }: Message,
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO teams (public_id, setup_name, name, time_zone, salt, config_version, created_at, clerk_org)
        SELECT ?1, ?1, ?2, 'UTC', x'', ?3, ?3, ?4
         WHERE NOT EXISTS (SELECT 1 FROM teams WHERE clerk_org = ?4) ON CONFLICT DO NOTHING`,
    )
    .bind(newId("tm"), name, nowMs, organization)
    .run();
  const team = await teamOfOrganization(db, organization);
  if (team !== undefined) await audited(db, team, entry("team.create", ""), nowMs, [spend]);
}

/** A linked team is called as its organization is. */
export async function renameTeamFor(
  db: D1Database,
  organization: string,
  name: string,
  { spend, nowMs }: Message,
): Promise<void> {
  const team = await teamOfOrganization(db, organization);
  if (team === undefined) return;
  await audited(db, team, entry("team.update", "", { name: true }), nowMs, [
    spend,
    db
      .prepare("UPDATE teams SET name = ?2, version = version + 1 WHERE id = ?1 AND name <> ?2")
      .bind(team, name),
  ]);
}

/** Nobody signs in to the team any more. Its trail stays. */
export async function deleteTeamFor(
  db: D1Database,
  organization: string,
  { spend, nowMs }: Message,
): Promise<void> {
  const team = await teamOfOrganization(db, organization);
  if (team === undefined) return;
  await audited(db, team, entry("team.delete", ""), nowMs, [
    spend,
    db.prepare("DELETE FROM sign_ins WHERE member IN (SELECT id FROM members WHERE team = ?1)").bind(team),
    ...forgetLinks(db, "team = ?1", team),
    db.prepare("UPDATE teams SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL").bind(team, nowMs),
  ]);
}
