import type { MemberActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import type { Role } from "../domain/role.ts";
import { audited } from "./audit.ts";
import { newId } from "./ids.ts";

export interface MemberRow {
  member: number;
  public_id: string;
  team: number;
  label: string;
  role: Role;
}

/** Of a query for somebody who may sign in: not removed, and of a team that is there. */
export const activeMember = {
  columns: "m.id member, m.public_id, m.team, m.label, m.role",
  join: (column: string) => `JOIN members m ON m.id = ${column} JOIN teams t ON t.id = m.team`,
  where: "m.removed_at IS NULL AND t.deleted_at IS NULL",
};

export function toActor({ member, public_id: id, team, label, role }: MemberRow): MemberActor {
  return { kind: "member", team, member, id, label, role };
}

export interface Member {
  id: string;
  label: string;
  email: string;
  role: Role;
  createdAt: number;
  seenAt: number | null;
}

const MEMBER = "public_id id, label, email, role, created_at createdAt, seen_at seenAt";

/** The team's local member of that name, made if there is none. For set-ups on the same computer. */
export async function ensureLocalMember(
  db: D1Database,
  team: number,
  wanted: { label: string; role: Role },
  nowMs: number,
): Promise<number> {
  const find = db
    .prepare(
      "SELECT id FROM members WHERE team = ?1 AND label = ?2 AND subject = '' AND email = '' AND removed_at IS NULL",
    )
    .bind(team, wanted.label);
  const known = await find.first<{ id: number }>();
  if (known !== null) return known.id;
  const made = await db
    .prepare(
      "INSERT INTO members (public_id, team, label, role, created_at) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
    )
    .bind(newId("mem"), team, wanted.label, wanted.role, nowMs)
    .first<{ id: number }>();
  if (made === null) throw new Error("the member vanished while it was made");
  return made.id;
}

/** Oldest first. `after` is the public id of the last one of the page before. */
export async function listMembers(
  db: D1Database,
  team: number,
  { after = "", limit }: { after?: string | undefined; limit: number },
): Promise<Member[]> {
  const { results } = await db
    .prepare(
      `SELECT ${MEMBER} FROM members m WHERE team = ?1 AND removed_at IS NULL
          AND m.id > iif(?2 = '', 0, (SELECT id FROM members WHERE public_id = ?2 AND team = ?1))
        ORDER BY m.id LIMIT ?3`,
    )
    .bind(team, after, limit)
    .all<Member>();
  return results;
}

/** With `subject`, the identity provider's id of the person; "" for local members. */
export async function findMember(
  db: D1Database,
  team: number,
  id: string,
): Promise<(Member & { subject: string }) | undefined> {
  const row = await db
    .prepare(
      `SELECT ${MEMBER}, subject FROM members WHERE team = ?1 AND public_id = ?2 AND removed_at IS NULL`,
    )
    .bind(team, id)
    .first<Member & { subject: string }>();
  return row ?? undefined;
}

/** In the trail, whose older entries keep the name of their time. */
export async function renameMember(
  db: D1Database,
  actor: MemberActor,
  label: string,
  nowMs: number,
): Promise<void> {
  const entry = { actor: auditActor(actor), action: "member.label", target: actor.id } as const;
  await audited(db, actor.team, entry, nowMs, [
    db
      .prepare("UPDATE members SET label = ?3 WHERE team = ?1 AND id = ?2 AND label <> ?3")
      .bind(actor.team, actor.member, label),
  ]);
}

export type ChangeResult = "changed" | "unchanged" | "not_found" | "not_allowed" | "last_owner";

/**
 * Whether ?2 of team ?1 may be made `role` (?3) by the member ?4. Looked at when it is written: of two requests at once
 * the second meets what the first has done.
 */
const MAY_CHANGE = `m.team = ?1 AND m.public_id = ?2 AND m.removed_at IS NULL AND m.role <> ?3
  AND EXISTS (SELECT 1 FROM members a WHERE a.team = ?1 AND a.id = ?4 AND a.removed_at IS NULL
    AND (a.role = 'owner' OR (a.role = 'admin' AND m.role <> 'owner' AND ?3 <> 'owner')))
  AND (m.role <> 'owner'
    OR (SELECT count(*) FROM members o WHERE o.team = ?1 AND o.role = 'owner' AND o.removed_at IS NULL) > 1)`;

const OF_MEMBER = `(SELECT m.id FROM members m WHERE ${MAY_CHANGE})`;

export async function changeRole(
  db: D1Database,
  actor: MemberActor,
  change: { id: string; role: Role },
  nowMs: number,
): Promise<ChangeResult> {
  const { id, role } = change;
  const bound = (sql: string) => db.prepare(sql).bind(actor.team, id, role, actor.member, nowMs);
  const entry = { actor: auditActor(actor), action: "member.role", target: id, metadata: { role } } as const;
  const { changed } = await audited(db, actor.team, entry, nowMs, [
    // The cookie's secret changes with what it opens.
    bound(`UPDATE sign_ins SET rotate_at = ?5 WHERE member = ${OF_MEMBER}`),
    // Who may not invite any more has no invites out either.
    bound(
      `UPDATE invites SET revoked_at = ?5 WHERE invited_by = ${OF_MEMBER} AND ?3 NOT IN ('owner', 'admin')
          AND accepted_at IS NULL AND revoked_at IS NULL`,
    ),
    bound(`UPDATE members AS m SET role = ?3 WHERE ${MAY_CHANGE} AND ?5 > 0`),
  ]);
  return changed ? "changed" : reasonAgainst(db, actor, change);
}

/** Ends the member's sign-ins too, and what they could have let somebody in by. */
export async function removeMember(
  db: D1Database,
  actor: MemberActor,
  id: string,
  nowMs: number,
): Promise<ChangeResult> {
  // No role is called so: who is removed has none left.
  const bound = (sql: string) => db.prepare(sql).bind(actor.team, id, "none", actor.member, nowMs);
  const entry = { actor: auditActor(actor), action: "member.remove", target: id } as const;
  const { changed } = await audited(db, actor.team, entry, nowMs, [
    bound(`DELETE FROM sign_ins WHERE member = ${OF_MEMBER} AND ?5 > 0`),
    bound(`DELETE FROM sign_in_codes WHERE member = ${OF_MEMBER} AND ?5 > 0`),
    bound(`DELETE FROM own_machines WHERE member = ${OF_MEMBER} AND ?5 > 0`),
    bound(
      `UPDATE invites SET revoked_at = ?5 WHERE invited_by = ${OF_MEMBER}
          AND accepted_at IS NULL AND revoked_at IS NULL`,
    ),
    bound(`UPDATE members AS m SET removed_at = ?5 WHERE ${MAY_CHANGE}`),
  ]);
  return changed ? "changed" : reasonAgainst(db, actor, { id, role: "none" });
}

async function reasonAgainst(
  db: D1Database,
  actor: MemberActor,
  { id, role }: { id: string; role: Role | "none" },
): Promise<ChangeResult> {
  const [member, self] = await Promise.all([
    findMember(db, actor.team, id),
    findMember(db, actor.team, actor.id),
  ]);
  if (member === undefined) return "not_found";
  if (member.role === role) return "unchanged";
  const isForOwners = member.role === "owner" || role === "owner";
  return isForOwners && self?.role === "owner" ? "last_owner" : "not_allowed";
}

export interface OwnTeam {
  id: string;
  name: string;
  role: Role;
  current: boolean;
}

/**
 * The teams of this person. A local member is known in its own team alone: whoever wrote an address into an invite need
 * not be the one it belongs to.
 */
export async function listOwnTeams(db: D1Database, member: number): Promise<OwnTeam[]> {
  const { results } = await db
    .prepare(
      `SELECT t.public_id id, t.name, m.role, m.id = ?1 current
         FROM members me JOIN members m ON m.id = me.id OR (me.subject <> '' AND m.subject = me.subject)
         JOIN teams t ON t.id = m.team
        WHERE me.id = ?1 AND ${activeMember.where} ORDER BY t.name LIMIT 100`,
    )
    .bind(member)
    .all<Omit<OwnTeam, "current"> & { current: number }>();
  return results.map((team) => ({ ...team, current: team.current === 1 }));
}

/** Local members with this address, who may sign in by a link that is sent there. */
export async function localMembersOf(
  db: D1Database,
  email: string,
): Promise<{ member: number; team: string }[]> {
  const { results } = await db
    .prepare(
      `SELECT m.id member, t.name team FROM members m JOIN teams t ON t.id = m.team
        WHERE m.email = ?1 AND m.subject = '' AND ${activeMember.where} ORDER BY m.id LIMIT 5`,
    )
    .bind(email)
    .all<{ member: number; team: string }>();
  return results;
}
