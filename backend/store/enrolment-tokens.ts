import { randomToken } from "../domain/crypto.ts";
import { SYSTEM } from "../domain/audit.ts";
import type { Keyring } from "../domain/keyring.ts";
import { audited } from "./audit.ts";
import { findBySecret } from "./secrets.ts";

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
export const STATE = `CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= ?2 THEN 'expired'
  WHEN uses >= max_uses THEN 'used_up' ELSE 'open' END`;

/** The same once more inside the transaction that uses it: of two who come at once for the last use, one is let in. */
export const IS_OPEN = "revoked_at IS NULL AND expires_at > ?2 AND uses < max_uses";

export const newEnrolmentSecret = (kind: ShownToken["kind"]) =>
  randomToken(kind === "bulk" ? "teb_" : "tep_");

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
