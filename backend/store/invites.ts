import type { MemberActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import { randomToken } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import type { Role } from "../domain/role.ts";
import { audited } from "./audit.ts";
import { newId } from "./ids.ts";
import { activeMember, type MemberRow, toActor } from "./members.ts";
import { digestOf, findBySecret } from "./secrets.ts";

const INVITE_MS = 7 * 86_400_000;
/** Of one team at a time. */
export const MAX_OPEN_INVITES = 50;

export interface Invite {
  id: string;
  email: string;
  role: Role;
  /** How who invited is called now. */
  invitedBy: string;
  createdAt: number;
  expiresAt: number;
  state: "open" | "accepted" | "revoked" | "expired";
}

const OPEN = "i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at >";

/** Newest first. `before` is the public id of the last one of the page before. */
export async function listInvites(
  db: D1Database,
  team: number,
  { before = "", limit, nowMs }: { before?: string | undefined; limit: number; nowMs: number },
): Promise<Invite[]> {
  const { results } = await db
    .prepare(
      `SELECT i.public_id id, i.email, i.role, m.label invitedBy, i.created_at createdAt, i.expires_at expiresAt,
          CASE WHEN i.accepted_at IS NOT NULL THEN 'accepted' WHEN i.revoked_at IS NOT NULL THEN 'revoked'
               WHEN i.expires_at <= ?2 THEN 'expired' ELSE 'open' END state
         FROM invites i JOIN members m ON m.id = i.invited_by
        WHERE i.team = ?1
          AND i.id < iif(?3 = '', 9e15, (SELECT id FROM invites WHERE public_id = ?3 AND team = ?1))
        ORDER BY i.id DESC LIMIT ?4`,
    )
    .bind(team, nowMs, before, limit)
    .all<Invite>();
  return results;
}

export type InviteRefusal = "already_member" | "too_many_invites" | "not_allowed";

/** The code is nowhere but in what is returned. */
export async function createInvite(
  db: D1Database,
  actor: MemberActor,
  wanted: { email: string; role: Role },
  { pepper, nowMs }: { pepper: Keyring; nowMs: number },
): Promise<{ invite: Invite; code: string } | InviteRefusal> {
  const code = randomToken("");
  const digest = await digestOf(code, pepper);
  const id = newId("inv");
  const { email, role } = wanted;
  const expiresAt = nowMs + INVITE_MS;
  const entry = {
    actor: auditActor(actor),
    action: "member.invite",
    target: id,
    metadata: { role },
  } as const;
  const { changed } = await audited(db, actor.team, entry, nowMs, [
    db
      .prepare(
        `INSERT INTO invites (public_id, team, hash, pepper, email, role, invited_by, created_at, expires_at)
          SELECT ?1, a.team, unhex(?2), ?3, ?4, ?5, a.id, ?6, ?7 FROM members a
           WHERE a.id = ?8 AND a.removed_at IS NULL AND (a.role = 'owner' OR (a.role = 'admin' AND ?5 <> 'owner'))
             AND (SELECT count(*) FROM invites i WHERE i.team = a.team AND ${OPEN} ?6) < ${MAX_OPEN_INVITES}
             AND NOT EXISTS (SELECT 1 FROM members m
                  WHERE m.team = a.team AND m.email = ?4 AND m.removed_at IS NULL)`,
      )
      .bind(id, digest.hash, digest.pepper, email, role, nowMs, expiresAt, actor.member),
  ]);
  if (!changed) return reasonAgainst(db, actor, wanted, nowMs);
  const invitedBy = actor.label;
  return { code, invite: { id, email, role, invitedBy, createdAt: nowMs, expiresAt, state: "open" } };
}

async function reasonAgainst(
  db: D1Database,
  { team, role: own }: MemberActor,
  { email, role }: { email: string; role: Role },
  nowMs: number,
): Promise<InviteRefusal> {
  if (role === "owner" && own !== "owner") return "not_allowed";
  const row = await db
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM members WHERE team = ?1 AND email = ?2 AND removed_at IS NULL) member,
          (SELECT count(*) FROM invites i WHERE i.team = ?1 AND ${OPEN} ?3) open`,
    )
    .bind(team, email, nowMs)
    .first<{ member: number; open: number }>();
  if (row?.member === 1) return "already_member";
  return (row?.open ?? 0) >= MAX_OPEN_INVITES ? "too_many_invites" : "not_allowed";
}

/** "unknown" for another team's too; "unchanged" where it was not open any more. */
export async function revokeInvite(
  db: D1Database,
  actor: MemberActor,
  id: string,
  nowMs: number,
): Promise<"changed" | "unchanged" | "unknown"> {
  const entry = { actor: auditActor(actor), action: "member.invite_revoke", target: id } as const;
  const { changed } = await audited(db, actor.team, entry, nowMs, [
    db
      .prepare(
        `UPDATE invites AS i SET revoked_at = ?3 WHERE i.team = ?1 AND i.public_id = ?2 AND ${OPEN} ?3`,
      )
      .bind(actor.team, id, nowMs),
  ]);
  if (changed) return "changed";
  const known = await db
    .prepare("SELECT 1 FROM invites WHERE team = ?1 AND public_id = ?2")
    .bind(actor.team, id)
    .first();
  return known === null ? "unknown" : "unchanged";
}

/** The new member, or undefined for a code that was used, revoked, is too old or never existed. */
export async function acceptInvite(
  db: D1Database,
  { code, label }: { code: string; label: string },
  pepper: Keyring,
  nowMs: number,
): Promise<MemberActor | undefined> {
  const invite = await findBySecret(db, { table: "invites", secret: code, pepper }, (hash) =>
    db
      .prepare("SELECT public_id id, team, role FROM invites WHERE hash = unhex(?1)")
      .bind(hash)
      .first<{ id: string; team: number; role: Role }>(),
  );
  if (invite === null) return undefined;
  const id = newId("mem");
  const entry = {
    actor: { kind: "member", id, label },
    action: "member.join",
    target: invite.id,
    metadata: { role: invite.role, by: "invite" },
  } as const;
  const { changed } = await audited(db, invite.team, entry, nowMs, [
    db
      .prepare(
        `INSERT INTO members (public_id, team, email, label, role, created_at)
          SELECT ?1, i.team, i.email, ?2, i.role, ?3 FROM invites i JOIN teams t ON t.id = i.team
           WHERE i.public_id = ?4 AND ${OPEN} ?3 AND t.deleted_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM members m
                  WHERE m.team = i.team AND m.email = i.email AND m.removed_at IS NULL)`,
      )
      .bind(id, label, nowMs, invite.id),
    db
      .prepare("UPDATE invites SET accepted_at = ?2 WHERE public_id = ?1 AND changes() > 0")
      .bind(invite.id, nowMs),
  ]);
  if (!changed) return undefined;
  const row = await db
    .prepare(
      `SELECT ${activeMember.columns} FROM members m JOIN teams t ON t.id = m.team
        WHERE m.public_id = ?1 AND ${activeMember.where}`,
    )
    .bind(id)
    .first<MemberRow>();
  return row === null ? undefined : toActor(row);
}
