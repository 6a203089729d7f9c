import { hashSecret, randomToken, toHex } from "../domain/crypto.ts";

const CODE_MS = 10 * 60_000;
const SESSION_MS = 7 * 86_400_000;
/** The session's end moves at most this often, so that looking costs no write for each request. */
const SLIDE_MS = 60 * 60_000;

export interface Viewer {
  team: number;
  label: string;
}

interface Row extends Viewer {
  expires_at: number;
}

/** A one-time code. Only its hash is kept. */
export async function createCode(
  db: D1Database,
  viewer: Viewer,
  pepper: string,
  nowMs: number,
): Promise<string> {
  const code = randomToken("");
  await db
    .prepare("INSERT INTO sign_in_codes (hash, team, label, expires_at) VALUES (unhex(?1), ?2, ?3, ?4)")
    .bind(toHex(await hashSecret(code, pepper)), viewer.team, viewer.label, nowMs + CODE_MS)
    .run();
  return code;
}

/** Uses the code up. One DELETE, so that of two that come at once only one is let in. */
export async function redeemCode(
  db: D1Database,
  code: string,
  pepper: string,
  nowMs: number,
): Promise<Viewer | undefined> {
  const row = await db
    .prepare("DELETE FROM sign_in_codes WHERE hash = unhex(?1) RETURNING team, label, expires_at")
    .bind(toHex(await hashSecret(code, pepper)))
    .first<Row>();
  return row === null || row.expires_at <= nowMs ? undefined : { team: row.team, label: row.label };
}

/** The cookie's value. Only its hash is kept. */
export async function createSession(
  db: D1Database,
  viewer: Viewer,
  pepper: string,
  nowMs: number,
): Promise<string> {
  const secret = randomToken("");
  await db
    .prepare("INSERT INTO viewers (hash, team, label, expires_at) VALUES (unhex(?1), ?2, ?3, ?4)")
    .bind(toHex(await hashSecret(secret, pepper)), viewer.team, viewer.label, nowMs + SESSION_MS)
    .run();
  return secret;
}

/** `extended` when the session's end has moved, and the cookie's should too. */
export async function findViewer(
  db: D1Database,
  secret: string,
  pepper: string,
  nowMs: number,
): Promise<(Viewer & { extended: boolean }) | undefined> {
  const hash = toHex(await hashSecret(secret, pepper));
  const row = await db
    .prepare("SELECT team, label, expires_at FROM viewers WHERE hash = unhex(?1) AND expires_at > ?2")
    .bind(hash, nowMs)
    .first<Row>();
  if (row === null) return undefined;
  const extended = row.expires_at < nowMs + SESSION_MS - SLIDE_MS;
  if (extended) {
    const end = nowMs + SESSION_MS;
    await db.prepare("UPDATE viewers SET expires_at = ?2 WHERE hash = unhex(?1)").bind(hash, end).run();
  }
  return { team: row.team, label: row.label, extended };
}

export async function endSession(db: D1Database, secret: string, pepper: string): Promise<void> {
  const hash = toHex(await hashSecret(secret, pepper));
  await db.prepare("DELETE FROM viewers WHERE hash = unhex(?1)").bind(hash).run();
}

export async function isDemo(db: D1Database, team: number): Promise<boolean> {
  const row = await db
    .prepare("SELECT 1 FROM developers WHERE team = ?1 AND demo = 1 LIMIT 1")
    .bind(team)
    .first();
  return row !== null;
}
