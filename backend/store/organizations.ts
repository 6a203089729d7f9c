import type { MemberActor } from "../domain/actor.ts";
import { type AuditAction, type AuditEntry, type AuditMetadata, SYSTEM } from "../domain/audit.ts";
import type { Role } from "../domain/role.ts";
import { audited } from "./audit.ts";
import { newId } from "./ids.ts";
import { activeMember, type MemberRow, toActor } from "./members.ts";

/** What somebody is called until the identity provider says. */
const NAMELESS = "New member";

/** `id` of the message, so that it counts once: put `spend` first in each transaction. */
export interface Message {
  spend: D1PreparedStatement;
  /** When it happened, by the identity provider's clock in milliseconds. Messages come in any order. */
  atMs: number;
  nowMs: number;
}

export interface Membership {
  organization: string;
  subject: string;
  label: string;
  email: string;
  role: Role;
}

export async function teamOfOrganization(db: D1Database, organization: string): Promise<number | undefined> {
  const row = await db
    .prepare("SELECT id FROM teams WHERE clerk_org = ?1 AND deleted_at IS NULL")
    .bind(organization)
    .first<{ id: number }>();
  return row?.id;
}

/** Only where neither has another half yet. */
export async function linkOrganization(db: D1Database, team: number, organization: string): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE teams SET clerk_org = ?2 WHERE id = ?1 AND clerk_org IN ('', ?2) AND deleted_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM teams o WHERE o.clerk_org = ?2 AND o.id <> ?1)`,
    )
    .bind(team, organization)
    .run();
  return meta.changes > 0;
}

/**
 * The member that a person is in the organization's team; at the first sign-in a new one, who may only look. Somebody
 * who was removed stays so until the organization says that it has added them again.
 */
export async function memberForSignIn(
  db: D1Database,
  { organization, subject }: { organization: string; subject: string },
  nowMs: number,
): Promise<MemberActor | undefined> {
  const team = await teamOfOrganization(db, organization);
  if (team === undefined) return undefined;
  const known = await findBySubject(db, team, subject);
  if (known !== undefined) return known;
  const id = newId("mem");
  await audited(db, team, entry("member.join", id, { role: "viewer" }), nowMs, [
    db
      .prepare(
        `INSERT INTO members (public_id, team, subject, label, role, created_at)
          SELECT ?1, ?2, ?3, ?4, 'viewer', ?5
           WHERE NOT EXISTS (SELECT 1 FROM members WHERE team = ?2 AND subject = ?3)`,
      )
      .bind(id, team, subject, NAMELESS, nowMs),
  ]);
  return findBySubject(db, team, subject);
}

async function findBySubject(
  db: D1Database,
  team: number,
  subject: string,
): Promise<MemberActor | undefined> {
  const row = await db
    .prepare(
      `SELECT ${activeMember.columns} FROM members m JOIN teams t ON t.id = m.team
        WHERE m.team = ?1 AND m.subject = ?2 AND ${activeMember.where}`,
    )
    .bind(team, subject)
    .first<MemberRow>();
  return row === null ? undefined : toActor(row);
}

/** Somebody was added to the organization, or what they are there has changed. */
export async function applyMembership(
  db: D1Database,
  membership: Membership & { isNew: boolean },
  message: Message,
): Promise<void> {
  const team = await teamOfOrganization(db, membership.organization);
  if (team === undefined) return;
  const role = await roleFor(db, team, membership.role);
  const known = await findBySubject(db, team, membership.subject);
  if (known === undefined) await addMember(db, team, { ...membership, role }, message);
  else await updateMember(db, known, { ...membership, role }, message);
}

/** A team must have an owner, and no identity provider's role is that: the first administrator becomes it. */
async function roleFor(db: D1Database, team: number, role: Role): Promise<Role> {
  if (role !== "admin") return role;
  const owner = await db
    .prepare("SELECT 1 FROM members WHERE team = ?1 AND role = 'owner' AND removed_at IS NULL LIMIT 1")
    .bind(team)
    .first();
  return owner === null ? "owner" : role;
}

/** "" where another member has the address. */
const FREE_EMAIL =
  "iif(EXISTS (SELECT 1 FROM members e WHERE e.team = ?2 AND e.email = ?4 AND e.removed_at IS NULL), '', ?4)";

async function addMember(
  db: D1Database,
  team: number,
  { subject, email, label, role, isNew }: Membership & { isNew: boolean },
  { spend, atMs, nowMs }: Message,
): Promise<void> {
  const id = newId("mem");
  const insert = db
    .prepare(
      `INSERT INTO members
          (public_id, team, subject, email, label, role, provider_role, provider_at, created_at)
        SELECT ?1, ?2, ?3, ${FREE_EMAIL}, ?5, ?6, ?6, ?7, ?8
         WHERE NOT EXISTS (SELECT 1 FROM members WHERE team = ?2 AND subject = ?3
            AND (removed_at IS NULL OR ?9 = 0 OR max(removed_at, provider_at) >= ?7))`,
    )
    .bind(id, team, subject, email, label || NAMELESS, role, atMs, nowMs, isNew ? 1 : 0);
  await audited(db, team, entry("member.join", id, { role }), nowMs, [spend, insert]);
}

/** Roles that were given here stay until the identity provider's own changes; owners are made and unmade here alone. */
async function updateMember(
  db: D1Database,
  { team, member, id }: MemberActor,
  { email, label, role }: Membership,
  { spend, atMs, nowMs }: Message,
): Promise<void> {
  // Behind the first update, which takes note of a role that changes nothing.
  const changes = "provider_role <> ?2 AND provider_at <= ?3";
  const ofMember = `(SELECT id FROM members WHERE id = ?1 AND removed_at IS NULL AND ${changes})`;
  const bound = (sql: string) => db.prepare(sql).bind(member, role, atMs, nowMs);
  await audited(db, team, entry("member.role", id, { role }), nowMs, [
    spend,
    db
      .prepare(
        `UPDATE members SET provider_at = ?7, label = iif(label = ?8 AND ?5 <> '', ?5, label),
            email = iif(email = '', ${FREE_EMAIL}, email),
            provider_role = iif(role IN ('owner', ?6), ?6, provider_role)
          WHERE id = ?1 AND team = ?2 AND subject <> ?3 AND provider_at <= ?7`,
      )
      .bind(member, team, "", email, label, role, atMs, NAMELESS),
    bound(`UPDATE sign_ins SET rotate_at = ?4 WHERE member = ${ofMember}`),
    bound(
      `UPDATE invites SET revoked_at = ?4 WHERE invited_by = ${ofMember} AND ?2 NOT IN ('owner', 'admin')
          AND accepted_at IS NULL AND revoked_at IS NULL`,
    ),
    bound(
      `UPDATE members SET role = ?2, provider_role = ?2
        WHERE id = ?1 AND removed_at IS NULL AND ${changes} AND ?4 > 0`,
    ),
  ]);
}

/** Somebody left the organization. Remembered also of somebody unknown: the message that adds them may come later. */
export async function removeMembership(
  db: D1Database,
  { organization, subject }: { organization: string; subject: string },
  message: Message,
): Promise<void> {
  const team = await teamOfOrganization(db, organization);
  if (team === undefined) return;
  const { atMs, nowMs } = message;
  const known = await findBySubject(db, team, subject);
  if (known !== undefined) return removeKnown(db, known, message);
  await db.batch([
    message.spend,
    db
      .prepare(
        `INSERT INTO members (public_id, team, subject, label, role, provider_at, created_at, removed_at)
          SELECT ?1, ?2, ?3, ?4, 'viewer', ?5, ?6, ?6
           WHERE NOT EXISTS (SELECT 1 FROM members WHERE team = ?2 AND subject = ?3)`,
      )
      .bind(newId("mem"), team, subject, NAMELESS, atMs, nowMs),
  ]);
}

/** The last owner too: who has left must not get in, and the organization's next administrator becomes the owner. */
async function removeKnown(
  db: D1Database,
  { team, member, id }: MemberActor,
  { spend, atMs, nowMs }: Message,
): Promise<void> {
  const ofMember =
    "(SELECT id FROM members WHERE id = ?1 AND removed_at IS NULL AND provider_at <= ?2 AND ?3 > 0)";
  const bound = (sql: string) => db.prepare(sql).bind(member, atMs, nowMs);
  await audited(db, team, entry("member.remove", id), nowMs, [
    spend,
    bound(`DELETE FROM sign_ins WHERE member = ${ofMember}`),
    bound(`DELETE FROM sign_in_codes WHERE member = ${ofMember}`),
    bound(`DELETE FROM own_machines WHERE member = ${ofMember}`),
    bound(
      `UPDATE invites SET revoked_at = ?3 WHERE invited_by = ${ofMember}
          AND accepted_at IS NULL AND revoked_at IS NULL`,
    ),
    bound(
      `UPDATE members SET removed_at = ?3, provider_at = ?2
        WHERE id = ?1 AND removed_at IS NULL AND provider_at <= ?2`,
    ),
  ]);
}

/** The person is gone from the identity provider: from every team, and their name and address with them. */
export async function removePerson(db: D1Database, subject: string, message: Message): Promise<void> {
  const { results } = await db
    .prepare(`SELECT ${activeMember.columns} FROM members m WHERE m.subject = ?1 AND m.removed_at IS NULL`)
    .bind(subject)
    .all<MemberRow>();
  // Removing is idempotent: the message is spent last, so that one that failed half-way is finished by the next.
  const each = { ...message, spend: db.prepare("SELECT 1"), atMs: Number.MAX_SAFE_INTEGER };
  for (const row of results) await removeKnown(db, toActor(row), each);
  await db.batch([
    message.spend,
    db.prepare("UPDATE members SET label = ?2, email = '' WHERE subject = ?1").bind(subject, "Deleted"),
  ]);
}

/** Its own session at the identity provider is over: what was opened by it is, too. */
export async function endSession(db: D1Database, session: string, { spend }: Message): Promise<void> {
  await db.batch([spend, db.prepare("DELETE FROM sign_ins WHERE session = ?1").bind(session)]);
}

export function entry(action: AuditAction, target: string, metadata: AuditMetadata = {}): AuditEntry {
  return { actor: SYSTEM, action, target, metadata: { ...metadata, by: "clerk" } };
}
