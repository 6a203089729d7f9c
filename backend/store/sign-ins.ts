import type { MemberActor } from "../domain/actor.ts";
import { randomToken } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import type { Role } from "../domain/role.ts";
import { digestOf, findBySecret } from "./secrets.ts";

const CODE_MS = 10 * 60_000;
const IDLE_MS = 7 * 86_400_000;
const LONGEST_MS = 30 * 86_400_000;
/** The idle end moves at most this often, so that looking costs no write for each request. */
const SLIDE_MS = 60 * 60_000;

/** A one-time code. Only its hash is kept. */
export async function createCode(
  db: D1Database,
  member: number,
  pepper: Keyring,
  nowMs: number,
): Promise<string> {
  const code = randomToken("");
  const digest = await digestOf(code, pepper);
  await db
    .prepare("INSERT INTO sign_in_codes (hash, member, pepper, expires_at) VALUES (unhex(?1), ?2, ?3, ?4)")
    .bind(digest.hash, member, digest.pepper, nowMs + CODE_MS)
    .run();
  return code;
}

/** Uses the code up. One DELETE, so that of two that come at once only one is let in. */
export async function redeemCode(
  db: D1Database,
  code: string,
  pepper: Keyring,
  nowMs: number,
): Promise<number | undefined> {
  const row = await findBySecret(db, { table: "sign_in_codes", secret: code, pepper }, (hash) =>
    db
      .prepare("DELETE FROM sign_in_codes WHERE hash = unhex(?1) RETURNING member, expires_at")
      .bind(hash)
      .first<{ member: number; expires_at: number }>(),
  );
  return row === null || row.expires_at <= nowMs ? undefined : row.member;
}

/** The cookie's value. Only its hash is kept. */
export async function createSignIn(
  db: D1Database,
  member: number,
  pepper: Keyring,
  nowMs: number,
): Promise<string> {
  const secret = randomToken("");
  const digest = await digestOf(secret, pepper);
  await db
    .prepare(
      `INSERT INTO sign_ins (hash, member, pepper, created_at, seen_at, idle_at, ends_at)
        VALUES (unhex(?1), ?2, ?3, ?4, ?4, ?5, ?6)`,
    )
    .bind(digest.hash, member, digest.pepper, nowMs, nowMs + IDLE_MS, nowMs + LONGEST_MS)
    .run();
  return secret;
}

interface Row {
  member: number;
  idle_at: number;
  ends_at: number;
  public_id: string;
  team: number;
  label: string;
  role: Role;
}

/** `extended` when the idle end has moved, and the cookie's should too. */
export async function findSignedIn(
  db: D1Database,
  secret: string,
  pepper: Keyring,
  nowMs: number,
): Promise<{ actor: MemberActor; extended: boolean } | undefined> {
  const row = await findBySecret(db, { table: "sign_ins", secret, pepper }, (hash) =>
    db
      .prepare(
        `SELECT s.member, s.idle_at, s.ends_at, m.public_id, m.team, m.label, m.role
           FROM sign_ins s JOIN members m ON m.id = s.member JOIN teams t ON t.id = m.team
          WHERE s.hash = unhex(?1) AND s.idle_at > ?2 AND s.ends_at > ?2
            AND m.removed_at IS NULL AND t.deleted_at IS NULL`,
      )
      .bind(hash, nowMs)
      .first<Row>(),
  );
  if (row === null) return undefined;
  const idleAt = Math.min(nowMs + IDLE_MS, row.ends_at);
  const extended = row.idle_at < idleAt - SLIDE_MS;
  if (extended) {
    const { hash } = await digestOf(secret, pepper);
    await db
      .prepare("UPDATE sign_ins SET seen_at = ?2, idle_at = ?3 WHERE hash = unhex(?1)")
      .bind(hash, nowMs, idleAt)
      .run();
  }
  const { member, public_id: id, team, label, role } = row;
  return { actor: { kind: "member", team, member, id, label, role }, extended };
}

export async function endSignIn(db: D1Database, secret: string, pepper: Keyring): Promise<void> {
  await findBySecret(db, { table: "sign_ins", secret, pepper }, (hash) =>
    db.prepare("DELETE FROM sign_ins WHERE hash = unhex(?1) RETURNING member").bind(hash).first(),
  );
}
