import type { MemberActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import { randomToken } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import { audited } from "./audit.ts";
import { activeMember, type MemberRow, toActor } from "./members.ts";
import { digestOf, findBySecret } from "./secrets.ts";
import { endFamily, IDLE_MS, ROTATE_MS } from "./sign-ins.ts";

/** How long a secret works beside the one that follows it: for requests that were under way. */
const GRACE_MS = 60_000;

interface Row extends MemberRow {
  family: string;
  rotate_at: number;
  replaced_at: number | null;
  used_at: number | null;
  void_at: number | null;
}

/**
 * Who is signed in by this secret. `renewed` is the secret that follows it, once that is due. The old one stays good
 * until the new one was used, for an answer may be lost on its way, and a minute longer for requests that were sent
 * before. Whoever brings it after that holds a copy: the whole sign-in ends.
 */
export async function findSignedIn(
  db: D1Database,
  secret: string,
  pepper: Keyring,
  nowMs: number,
): Promise<{ actor: MemberActor; renewed?: string } | undefined> {
  const row = await findBySecret(db, { table: "sign_ins", secret, pepper }, (hash) =>
    db
      .prepare(
        `SELECT ${activeMember.columns}, hex(s.family) family, s.rotate_at, s.replaced_at, s.used_at, s.void_at
           FROM sign_ins s ${activeMember.join("s.member")}
          WHERE s.hash = unhex(?1) AND s.idle_at > ?2 AND s.ends_at > ?2 AND ${activeMember.where}`,
      )
      .bind(hash, nowMs)
      .first<Row>(),
  );
  if (row === null) return undefined;
  if (row.void_at !== null && row.void_at <= nowMs) {
    await endCopied(db, toActor(row), row.family, nowMs);
    return undefined;
  }
  const { hash } = await digestOf(secret, pepper);
  if (row.used_at === null) await retirePredecessors(db, row.family, hash, nowMs);
  const renewed = isDue(row, nowMs) ? await rotate(db, hash, pepper, nowMs) : undefined;
  return { actor: toActor(row), ...(renewed === undefined ? {} : { renewed }) };
}

async function endCopied(db: D1Database, actor: MemberActor, family: string, nowMs: number): Promise<void> {
  const entry = { actor: auditActor(actor), action: "sign_in.copied" } as const;
  await audited(db, actor.team, entry, nowMs, [endFamily(db, family)]);
}

/** Not again while the answer that brought the one that follows may still be on its way. */
function isDue({ rotate_at, replaced_at, void_at }: Row, nowMs: number): boolean {
  return rotate_at <= nowMs && void_at === null && (replaced_at === null || replaced_at <= nowMs - GRACE_MS);
}

async function retirePredecessors(db: D1Database, family: string, hash: string, nowMs: number) {
  await db.batch([
    db
      .prepare("UPDATE sign_ins SET used_at = ?2 WHERE hash = unhex(?1) AND used_at IS NULL")
      .bind(hash, nowMs),
    db
      .prepare(
        `UPDATE sign_ins SET void_at = ?3
          WHERE family = unhex(?2) AND hash <> unhex(?1) AND void_at IS NULL AND changes() > 0`,
      )
      .bind(hash, family, nowMs + GRACE_MS),
  ]);
}

/** Of requests that come at once only one gets a new secret. */
async function rotate(
  db: D1Database,
  hash: string,
  pepper: Keyring,
  nowMs: number,
): Promise<string | undefined> {
  const secret = randomToken("");
  const digest = await digestOf(secret, pepper);
  const [, inserted] = await db.batch([
    db
      .prepare(
        `UPDATE sign_ins SET replaced_at = ?2
          WHERE hash = unhex(?1) AND void_at IS NULL AND (replaced_at IS NULL OR replaced_at <= ?3)`,
      )
      .bind(hash, nowMs, nowMs - GRACE_MS),
    db
      .prepare(
        `INSERT INTO sign_ins
            (hash, family, member, session, pepper, created_at, seen_at, idle_at, ends_at, rotate_at)
          SELECT unhex(?2), family, member, session, ?3, created_at, ?4, ?5, ends_at, ?6
            FROM sign_ins WHERE hash = unhex(?1) AND changes() > 0`,
      )
      .bind(hash, digest.hash, digest.pepper, nowMs, nowMs + IDLE_MS, nowMs + ROTATE_MS),
    db
      .prepare(
        "UPDATE members SET seen_at = ?2 WHERE id = (SELECT member FROM sign_ins WHERE hash = unhex(?1)) AND changes() > 0",
      )
      .bind(hash, nowMs),
  ]);
  return (inserted?.meta.changes ?? 0) > 0 ? secret : undefined;
}
