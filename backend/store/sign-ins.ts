import type { MemberActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import { randomToken, toHex } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import { audited } from "./audit.ts";
import { activeMember, type MemberRow, toActor } from "./members.ts";
import { digestOf, findBySecret } from "./secrets.ts";

const CODE_MS = 10 * 60_000;
export const IDLE_MS = 7 * 86_400_000;
const LONGEST_MS = 30 * 86_400_000;
/** A secret that is in use is replaced this often. */
export const ROTATE_MS = 60 * 60_000;

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

/** The secret of a new sign-in. In one transaction, so that of two that bring the code at once only one is let in. */
export async function redeemCode(
  db: D1Database,
  code: string,
  pepper: Keyring,
  nowMs: number,
): Promise<string | undefined> {
  const row = await findBySecret(db, { table: "sign_in_codes", secret: code, pepper }, (hash) =>
    db
      .prepare(
        `SELECT ${activeMember.columns} FROM sign_in_codes c ${activeMember.join("c.member")}
          WHERE c.hash = unhex(?1) AND ${activeMember.where}`,
      )
      .bind(hash)
      .first<MemberRow>(),
  );
  if (row === null) return undefined;
  const { hash } = await digestOf(code, pepper);
  const spend = db
    .prepare("DELETE FROM sign_in_codes WHERE hash = unhex(?1) AND expires_at > ?2")
    .bind(hash, nowMs);
  return createSignIn(db, { actor: toActor(row), method: "local", spend }, pepper, nowMs);
}

export interface NewSignIn {
  actor: MemberActor;
  method: "local" | "clerk";
  /** The identity provider's id of its own session. */
  session?: string;
  /** Uses the proof up: where it changes nothing, nobody is signed in. */
  spend?: D1PreparedStatement;
}

/** The cookie's value; undefined where the proof was used up in between. Only its hash is kept. */
export async function createSignIn(
  db: D1Database,
  { actor, method, session = "", spend }: NewSignIn,
  pepper: Keyring,
  nowMs: number,
): Promise<string | undefined> {
  const secret = randomToken("");
  const digest = await digestOf(secret, pepper);
  const family = toHex(crypto.getRandomValues(new Uint8Array(16)));
  const insert = db
    .prepare(
      `INSERT INTO sign_ins
          (hash, family, member, session, pepper, created_at, seen_at, used_at, idle_at, ends_at, rotate_at)
        SELECT unhex(?1), unhex(?2), id, ?3, ?4, ?5, ?5, ?5, ?6, ?7, ?8 FROM members
         WHERE id = ?9 AND removed_at IS NULL ${spend ? "AND changes() > 0" : ""}`,
    )
    .bind(
      digest.hash,
      family,
      session,
      digest.pepper,
      nowMs,
      nowMs + IDLE_MS,
      nowMs + LONGEST_MS,
      nowMs + ROTATE_MS,
      actor.member,
    );
  const entry = { actor: auditActor(actor), action: "sign_in", metadata: { method } } as const;
  const seen = db
    .prepare("UPDATE members SET seen_at = ?2 WHERE id = ?1 AND changes() > 0")
    .bind(actor.member, nowMs);
  const { changed } = await audited(db, actor.team, entry, nowMs, [...(spend ? [spend] : []), insert, seen]);
  return changed ? secret : undefined;
}

/** Ends the sign-in that the secret belongs to, with every secret of it. */
export async function endSignIn(db: D1Database, secret: string, pepper: Keyring): Promise<void> {
  const family = await familyOf(db, secret, pepper);
  if (family !== undefined) await endFamily(db, family).run();
}

export function endFamily(db: D1Database, family: string): D1PreparedStatement {
  return db.prepare("DELETE FROM sign_ins WHERE family = unhex(?1)").bind(family);
}

async function familyOf(db: D1Database, secret: string, pepper: Keyring): Promise<string | undefined> {
  const row = await findBySecret(db, { table: "sign_ins", secret, pepper }, (hash) =>
    db
      .prepare("SELECT hex(family) family FROM sign_ins WHERE hash = unhex(?1)")
      .bind(hash)
      .first<{ family: string }>(),
  );
  return row?.family;
}

/** Ends every sign-in of the member. */
export async function signOutEverywhere(db: D1Database, actor: MemberActor, nowMs: number): Promise<void> {
  const entry = { actor: auditActor(actor), action: "sign_out_everywhere" } as const;
  await audited(db, actor.team, entry, nowMs, [
    db.prepare("DELETE FROM sign_in_codes WHERE member = ?1").bind(actor.member),
    db.prepare("DELETE FROM sign_ins WHERE member = ?1").bind(actor.member),
  ]);
}

export interface SignInInfo {
  createdAt: number;
  seenAt: number;
  endsAt: number;
  current: boolean;
}

/** Newest first. `secret` tells which one is this. */
export async function listSignIns(
  db: D1Database,
  member: number,
  secret: string,
  { pepper, nowMs }: { pepper: Keyring; nowMs: number },
): Promise<SignInInfo[]> {
  const current = await familyOf(db, secret, pepper);
  const { results } = await db
    .prepare(
      `SELECT hex(family) family, min(created_at) createdAt, max(seen_at) seenAt, max(min(idle_at, ends_at)) endsAt
         FROM sign_ins WHERE member = ?1 AND idle_at > ?2 AND ends_at > ?2 AND (void_at IS NULL OR void_at > ?2)
        GROUP BY family ORDER BY createdAt DESC LIMIT 100`,
    )
    .bind(member, nowMs)
    .all<Omit<SignInInfo, "current"> & { family: string }>();
  return results.map(({ family, ...info }) => ({ ...info, current: family === current }));
}
