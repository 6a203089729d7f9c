import * as z from "zod";
import type { ApiKeyActor, MemberActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import { randomToken } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import { SCOPES, type Scope } from "../domain/role.ts";
import { audited } from "./audit.ts";
import { newId } from "./ids.ts";
import { digestOf, findBySecret } from "./secrets.ts";

const DAY_MS = 86_400_000;
/** Of keys that are neither revoked nor expired. */
const MOST = 100;
/** So that reading by a key costs no write for each request. */
const NOTED_MS = 60 * 60_000;

export const API_KEY_PREFIX = "tak_";

export interface ApiKey {
  id: string;
  label: string;
  scopes: Scope[];
  createdBy: string;
  createdAt: number;
  usedAt: number | null;
  expiresAt: number;
  state: "active" | "revoked" | "expired";
}

interface Row {
  id: string;
  label: string;
  scopes: string;
  createdBy: string;
  createdAt: number;
  usedAt: number | null;
  expiresAt: number;
  revokedAt: number | null;
}

const COLUMNS = `k.public_id id, k.label, k.scopes, m.label createdBy, k.created_at createdAt,
  k.used_at usedAt, k.expires_at expiresAt, k.revoked_at revokedAt`;
const Scopes = z.array(z.enum(SCOPES));

function toKey({ revokedAt, scopes, ...row }: Row, nowMs: number): ApiKey {
  const state = revokedAt !== null ? "revoked" : row.expiresAt <= nowMs ? "expired" : "active";
  return { ...row, scopes: Scopes.parse(JSON.parse(scopes)), state };
}

/** Newest first, those made before that key of the team; `next` is the key to go on behind. */
export async function listApiKeys(
  db: D1Database,
  team: number,
  { before, limit }: { before: string | undefined; limit: number },
  nowMs: number,
): Promise<{ keys: ApiKey[]; next: string | null }> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM api_keys k JOIN members m ON m.id = k.created_by WHERE k.team = ?1
          AND (?2 IS NULL OR k.id < (SELECT id FROM api_keys WHERE team = ?1 AND public_id = ?2))
        ORDER BY k.id DESC LIMIT ?3`,
    )
    .bind(team, before ?? null, limit + 1)
    .all<Row>();
  const shown = results.slice(0, limit);
  const next = results.length > limit ? (shown.at(-1)?.id ?? null) : null;
  return { keys: shown.map((row) => toKey(row, nowMs)), next };
}

export interface NewApiKey {
  label: string;
  scopes: readonly Scope[];
  expiresInDays: number;
}

/** The only moment at which the key exists in the clear. Undefined when the team has too many. */
export async function createApiKey(
  db: D1Database,
  actor: MemberActor,
  { wanted, pepper }: { wanted: NewApiKey; pepper: Keyring },
  nowMs: number,
): Promise<{ key: ApiKey; secret: string } | undefined> {
  const secret = randomToken(API_KEY_PREFIX);
  const digest = await digestOf(secret, pepper);
  const id = newId("key");
  const scopes = SCOPES.filter((scope) => wanted.scopes.includes(scope));
  const expiresAt = nowMs + wanted.expiresInDays * DAY_MS;
  const insert = db
    .prepare(
      `INSERT INTO api_keys (public_id, team, hash, pepper, label, scopes, created_by, created_at, expires_at)
        SELECT ?1, ?2, unhex(?3), ?4, ?5, ?6, ?7, ?8, ?9 WHERE ${MOST} >
          (SELECT count(*) FROM api_keys WHERE team = ?2 AND revoked_at IS NULL AND expires_at > ?8)`,
    )
    .bind(
      id,
      actor.team,
      digest.hash,
      digest.pepper,
      wanted.label,
      JSON.stringify(scopes),
      actor.member,
      nowMs,
      expiresAt,
    );
  const metadata = { label: wanted.label, scopes: scopes.join(" "), expiresAt };
  const entry = { actor: auditActor(actor), action: "api_key.create", target: id, metadata } as const;
  const { changed } = await audited(db, actor.team, entry, nowMs, [insert]);
  if (!changed) return undefined;
  const made = { id, label: wanted.label, createdBy: actor.label, createdAt: nowMs, usedAt: null, expiresAt };
  return { key: { ...made, scopes, state: "active" }, secret };
}

/** False when the team has no such key that is not revoked. */
export async function revokeApiKey(
  db: D1Database,
  actor: MemberActor,
  id: string,
  nowMs: number,
): Promise<boolean> {
  const revoke = db
    .prepare("UPDATE api_keys SET revoked_at = ?3 WHERE team = ?1 AND public_id = ?2 AND revoked_at IS NULL")
    .bind(actor.team, id, nowMs);
  const entry = { actor: auditActor(actor), action: "api_key.revoke", target: id } as const;
  return (await audited(db, actor.team, entry, nowMs, [revoke])).changed;
}

interface Used extends Pick<Row, "id" | "label" | "scopes" | "usedAt"> {
  number: number;
  team: number;
}

/** Who reads by this key. Revoked, expired and unknown ones are the same: nobody. */
export async function findApiKey(
  db: D1Database,
  secret: string,
  pepper: Keyring,
  nowMs: number,
): Promise<ApiKeyActor | undefined> {
  const row = await findBySecret(db, { table: "api_keys", secret, pepper }, (hash) =>
    db
      .prepare(
        `SELECT k.id number, k.public_id id, k.team, k.label, k.scopes, k.used_at usedAt
           FROM api_keys k JOIN teams t ON t.id = k.team
          WHERE k.hash = unhex(?1) AND k.revoked_at IS NULL AND k.expires_at > ?2 AND t.deleted_at IS NULL`,
      )
      .bind(hash, nowMs)
      .first<Used>(),
  );
  if (row === null) return undefined;
  if (row.usedAt === null || row.usedAt <= nowMs - NOTED_MS) {
    await db.prepare("UPDATE api_keys SET used_at = ?2 WHERE id = ?1").bind(row.number, nowMs).run();
  }
  const scopes = Scopes.parse(JSON.parse(row.scopes));
  return { kind: "api_key", team: row.team, id: row.id, label: row.label, scopes };
}
