import type { MemberActor } from "../domain/actor.ts";
import { auditActor, SYSTEM } from "../domain/audit.ts";
import { randomToken } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import { audited } from "./audit.ts";
import { newId } from "./ids.ts";
import { SHOWN_LABEL } from "./labels.ts";
import { digestOf, findBySecret } from "./secrets.ts";

export type TokenState = "open" | "used_up" | "revoked" | "expired";

/** An enrolment token that somebody showed. Numbers are the database's own. */
export interface ShownToken {
  id: number;
  publicId: string;
  team: number;
  kind: "person" | "bulk";
  developer: number | null;
  state: TokenState;
}

/** `?2` is the time now. */
const STATE = `CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= ?2 THEN 'expired'
  WHEN uses >= max_uses THEN 'used_up' ELSE 'open' END`;

/** The same once more inside the transaction that uses it: of two who come at once for the last use, one is let in. */
export const IS_OPEN = "revoked_at IS NULL AND expires_at > ?2 AND uses < max_uses";

export async function findShownToken(
  db: D1Database,
  secret: string,
  pepper: Keyring,
  nowMs: number,
): Promise<ShownToken | undefined> {
  const row = await findBySecret(db, { table: "enrolment_tokens", secret, pepper }, (hash) =>
    db
      .prepare(
        `SELECT e.id, e.public_id publicId, e.team, e.kind, e.developer, ${STATE} state
           FROM enrolment_tokens e JOIN teams t ON t.id = e.team
          WHERE e.hash = unhex(?1) AND t.deleted_at IS NULL`,
      )
      .bind(hash, nowMs)
      .first<ShownToken>(),
  );
  return row ?? undefined;
}

/** A machine that asks again and again with a token that is over must not fill the trail. */
const TOLD_AGAIN_MS = 60 * 60_000;

/** Writes to the team's trail that its token was refused, and why: once an hour for each reason. */
export async function noteRefusal(db: D1Database, token: ShownToken, nowMs: number): Promise<void> {
  const entry = {
    actor: SYSTEM,
    action: "enrolment_token.refused",
    target: token.publicId,
    metadata: { reason: token.state },
  } as const;
  await audited(db, token.team, entry, nowMs, [
    db
      .prepare(
        `UPDATE enrolment_tokens SET refused_at = ?2, refused_as = ?3
          WHERE id = ?1 AND (refused_at IS NULL OR refused_at <= ?4 OR refused_as <> ?3)`,
      )
      .bind(token.id, nowMs, token.state, nowMs - TOLD_AGAIN_MS),
  ]);
}

export interface StoredToken {
  id: string;
  kind: "person" | "bulk";
  label: string;
  developer: string | null;
  developerLabel: string | null;
  uses: number;
  maxUses: number;
  createdBy: string;
  /** Milliseconds since the Unix epoch, UTC, like the one that follows. */
  createdAt: number;
  expiresAt: number;
  state: TokenState;
}

const LISTED = `SELECT e.public_id id, e.kind, e.label, d.public_id developer, ${SHOWN_LABEL} developerLabel,
    e.uses, e.max_uses maxUses, m.label createdBy, e.created_at createdAt, e.expires_at expiresAt, ${STATE} state
  FROM enrolment_tokens e JOIN teams t ON t.id = e.team JOIN members m ON m.id = e.created_by
  LEFT JOIN developers d ON d.id = e.developer WHERE e.team = ?1`;

/** Newest first, behind the token with the public id `after`. */
export async function listEnrolmentTokens(
  db: D1Database,
  team: number,
  { after, limit }: { after: string | undefined; limit: number },
  nowMs: number,
): Promise<StoredToken[]> {
  const { results } = await db
    .prepare(
      `${LISTED} AND e.id < coalesce((SELECT id FROM enrolment_tokens WHERE team = ?1 AND public_id = ?3), ?4)
        ORDER BY e.id DESC LIMIT ?5`,
    )
    .bind(team, nowMs, after ?? "", after === undefined ? Number.MAX_SAFE_INTEGER : 0, limit)
    .all<StoredToken>();
  return results;
}

export interface NewToken {
  kind: "person" | "bulk";
  label: string;
  /** Public id of the developer whose further machine it is for. */
  developer: string | undefined;
  /** Of a new developer; "" when it is not to be known. */
  realName: string;
  maxUses: number;
  expiresAt: number;
}

/** More than these at once are forgotten, and each is a way in. */
const MAX_OPEN = 100;

/** Undefined when the team has as many open ones as it may. The developer must be known to be the team's. */
export async function createEnrolmentToken(
  db: D1Database,
  actor: MemberActor,
  wanted: NewToken,
  { pepper, nowMs }: { pepper: Keyring; nowMs: number },
): Promise<{ secret: string; token: StoredToken } | undefined> {
  const secret = randomToken(wanted.kind === "bulk" ? "teb_" : "tep_");
  const digest = await digestOf(secret, pepper);
  const id = newId("ent");
  const { kind, label, developer = "", realName, maxUses, expiresAt } = wanted;
  const metadata = { kind, maxUses, expiresAt };
  const entry = { actor: auditActor(actor), action: "enrolment_token.create", target: id, metadata } as const;
  const { changed } = await audited(db, actor.team, entry, nowMs, [
    db
      .prepare(
        `INSERT INTO enrolment_tokens (public_id, team, hash, pepper, kind, label, developer, real_name, max_uses,
                                       created_by, created_at, expires_at)
          SELECT ?3, ?1, unhex(?4), ?5, ?6, ?7, (SELECT id FROM developers WHERE team = ?1 AND public_id = ?8), ?9, ?10,
                 ?11, ?2, ?12
           WHERE (SELECT count(*) FROM enrolment_tokens WHERE team = ?1 AND ${IS_OPEN}) < ${MAX_OPEN}`,
      )
      .bind(
        actor.team,
        nowMs,
        id,
        digest.hash,
        digest.pepper,
        kind,
        label,
        developer,
        realName,
        maxUses,
        actor.member,
        expiresAt,
      ),
  ]);
  if (!changed) return undefined;
  const token = await db
    .prepare(`${LISTED} AND e.public_id = ?3`)
    .bind(actor.team, nowMs, id)
    .first<StoredToken>();
  if (token === null) throw new Error("the token vanished after it was made");
  return { secret, token };
}

/** False when the team has no such token. One that was revoked before stays so, without another entry. */
export async function revokeEnrolmentToken(
  db: D1Database,
  actor: MemberActor,
  id: string,
  nowMs: number,
): Promise<boolean> {
  const entry = { actor: auditActor(actor), action: "enrolment_token.revoke", target: id } as const;
  const { changed } = await audited(db, actor.team, entry, nowMs, [
    db
      .prepare(
        `UPDATE enrolment_tokens SET revoked_at = ?3, real_name = ''
          WHERE team = ?1 AND public_id = ?2 AND revoked_at IS NULL`,
      )
      .bind(actor.team, id, nowMs),
  ]);
  if (changed) return true;
  const known = db
    .prepare("SELECT 1 FROM enrolment_tokens WHERE team = ?1 AND public_id = ?2")
    .bind(actor.team, id);
  return (await known.first()) !== null;
}
