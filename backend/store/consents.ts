import type { SignedConsent } from "#proto/agent-api.ts";
import type { Mode } from "#proto/egress.ts";
import type { AgentActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import { type HeldConsent, type Offered, readConsent } from "../domain/consent.ts";
import { fromBase64Url, fromHex, toBase64Url, toHex } from "../domain/crypto.ts";
import { audited } from "./audit.ts";

const NONCE_MS = 10 * 60_000;

/** Only the newest of a machine is good. */
export async function newNonce(db: D1Database, agent: number, nowMs: number): Promise<string> {
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  await db.batch([
    db.prepare("DELETE FROM consent_nonces WHERE agent = ?1 OR expires_at <= ?2").bind(agent, nowMs),
    db
      .prepare("INSERT INTO consent_nonces (nonce, agent, expires_at) VALUES (unhex(?1), ?2, ?3)")
      .bind(toHex(nonce), agent, nowMs + NONCE_MS),
  ]);
  return toBase64Url(nonce);
}

/** False when it is not this machine's own, not of what is offered, or was sent before. */
export async function acceptConsent(
  db: D1Database,
  actor: AgentActor,
  signed: SignedConsent,
  nowMs: number,
): Promise<boolean> {
  const offered = await offeredTo(db, actor.agent);
  const consent = offered && (await readConsent(signed, offered, nowMs));
  if (consent === undefined) return false;
  const used = await db
    .prepare("DELETE FROM consent_nonces WHERE nonce = unhex(?1) AND agent = ?2 AND expires_at > ?3")
    .bind(toHex(fromBase64Url(consent.nonce)), actor.agent, nowMs)
    .run();
  if (used.meta.changes === 0) return false;
  const { mode, by, retentionDays, contract, acceptedAt, expiresAt } = consent;
  // The trail says that somebody accepted, not who of the team, and not what: nobody is to see who declined.
  await audited(db, actor.team, { actor: SOMEBODY, action: "consent.accept" }, nowMs, [
    db
      .prepare(
        `INSERT INTO consents
           (agent, mode, accepted_by, retention_days, contract, accepted_at, expires_at, payload, signature)
          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
          ON CONFLICT (agent) DO UPDATE SET mode = excluded.mode, accepted_by = excluded.accepted_by,
            retention_days = excluded.retention_days, contract = excluded.contract, accepted_at = excluded.accepted_at,
            expires_at = excluded.expires_at, payload = excluded.payload, signature = excluded.signature`,
      )
      .bind(
        actor.agent,
        mode,
        by,
        retentionDays,
        contract,
        acceptedAt,
        expiresAt,
        signed.payload,
        signed.signature,
      ),
  ]);
  return true;
}

export async function withdrawConsent(db: D1Database, actor: AgentActor, nowMs: number): Promise<void> {
  await audited(db, actor.team, { actor: SOMEBODY, action: "consent.withdraw" }, nowMs, [
    db.prepare("DELETE FROM consents WHERE agent = ?1").bind(actor.agent),
  ]);
}

/** An agent without its id. */
const SOMEBODY = { ...auditActor({ kind: "agent", team: 0, developer: 0, agent: 0, id: "" }) };

async function offeredTo(db: D1Database, agent: number): Promise<Offered | undefined> {
  const row = await db
    .prepare(
      `SELECT t.public_id team, a.public_id agent, d.public_id developer, t.mode, t.retention_days retentionDays,
              hex(a.public_key) publicKey
         FROM agents a JOIN teams t ON t.id = a.team JOIN developers d ON d.id = a.developer WHERE a.id = ?1`,
    )
    .bind(agent)
    .first<Omit<Offered, "publicKey"> & { publicKey: string }>();
  return row === null ? undefined : { ...row, publicKey: fromHex(row.publicKey) };
}

/** What the machine's developer accepted, and what the team says now. */
export async function readPermission(
  db: D1Database,
  agent: number,
): Promise<{ team: { mode: Mode; retentionDays: number }; held: HeldConsent | undefined } | undefined> {
  const row = await db
    .prepare(
      `SELECT t.mode team_mode, t.retention_days team_days, c.mode, c.retention_days days, c.contract, c.expires_at
         FROM agents a JOIN teams t ON t.id = a.team LEFT JOIN consents c ON c.agent = a.id WHERE a.id = ?1`,
    )
    .bind(agent)
    .first<PermissionRow>();
  if (row === null) return undefined;
  const { mode, days, contract, expires_at: expiresAt } = row;
  const isHeld = mode !== null && days !== null && contract !== null && expiresAt !== null;
  return {
    team: { mode: row.team_mode, retentionDays: row.team_days },
    held: isHeld ? { mode, retentionDays: days, contract, expiresAt } : undefined,
  };
}

interface PermissionRow {
  team_mode: Mode;
  team_days: number;
  mode: Mode | null;
  days: number | null;
  contract: string | null;
  expires_at: number | null;
}
