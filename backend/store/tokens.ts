import type { AgentActor } from "../domain/actor.ts";
import { auditActor } from "../domain/audit.ts";
import { fromHex, hashSecret, randomToken, sameDigest } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import { audited } from "./audit.ts";
import { newId } from "./ids.ts";
import { digestOf, findBySecret } from "./secrets.ts";

const AGENT_TOKEN = "tal_";
/** A use is noted at most this often, so that sending costs no write for each request. */
const SEEN_EVERY_MS = 10 * 60_000;
/** Both tokens of an agent are good for so long, unless the new one is used before. */
const OVERLAP_MS = 86_400_000;

/** Who sends, and what the team allows. `team`, `developer` and `agent` are the database's own numbers. */
export interface Sender {
  team: number;
  developer: number;
  agent: number;
  /** Public id of the agent. */
  id: string;
  /** The team's Ed25519 public key, hex; "" before it has one. */
  verifyingKey: string;
  mode: string;
  eventsPerMinute: number;
  burst: number;
  /** The team wants a repository to be one project for everybody. */
  projects: boolean;
  revoked: boolean;
}

interface Row {
  hash: string;
  team: number;
  developer: number;
  agent: number;
  public_id: string;
  verifying_key: string;
  mode: string;
  events_per_minute: number;
  burst: number;
  projects: number;
  revoked_at: number | null;
  created_at: number;
  used_at: number | null;
  seen_at: number | null;
}

/** Found by its digest, so that no comparison tells how much of a guessed token is right. */
export async function findSender(
  db: D1Database,
  token: string,
  pepper: Keyring,
  nowMs: number,
): Promise<Sender | undefined> {
  const digest = await hashSecret(token, pepper);
  const row = await findBySecret(db, { table: "agent_tokens", secret: token, pepper }, (hash) =>
    db
      .prepare(
        `SELECT hex(k.hash) hash, k.team, k.developer, k.agent, k.created_at, k.used_at, a.public_id, a.seen_at,
                coalesce(k.revoked_at, a.revoked_at) revoked_at, t.mode, t.events_per_minute, t.burst,
                coalesce(t.features ->> 'projects', 0) projects, hex(t.verifying_key) verifying_key
           FROM agent_tokens k JOIN agents a ON a.id = k.agent JOIN teams t ON t.id = k.team
          WHERE k.hash = unhex(?1) AND (k.expires_at IS NULL OR k.expires_at > ?2) AND t.deleted_at IS NULL`,
      )
      .bind(hash, nowMs)
      .first<Row>(),
  );
  if (row === null || !sameDigest(fromHex(row.hash), digest)) return undefined;
  const { team, developer, agent, public_id: id, mode, burst, events_per_minute: eventsPerMinute } = row;
  const verifyingKey = row.verifying_key;
  const projects = row.projects === 1;
  const revoked = row.revoked_at !== null;
  if (!revoked) await noteUse(db, row, nowMs);
  return { team, developer, agent, id, verifyingKey, mode, burst, eventsPerMinute, projects, revoked };
}

/** A token that replaces another is in use from here on: those before it are worth nothing. */
async function noteUse(db: D1Database, row: Row, nowMs: number): Promise<void> {
  const changes: D1PreparedStatement[] = [];
  if (row.used_at === null) {
    changes.push(
      db.prepare("UPDATE agent_tokens SET used_at = ?2 WHERE hash = unhex(?1)").bind(row.hash, nowMs),
      db
        .prepare("DELETE FROM agent_tokens WHERE agent = ?1 AND hash <> unhex(?2) AND created_at <= ?3")
        .bind(row.agent, row.hash, row.created_at),
    );
  }
  if ((row.seen_at ?? 0) < nowMs - SEEN_EVERY_MS) {
    changes.push(db.prepare("UPDATE agents SET seen_at = ?2 WHERE id = ?1").bind(row.agent, nowMs));
  }
  if (changes.length > 0) await db.batch(changes);
}

/** A new agent and its token. The only moment at which the token exists in the clear. */
export async function createToken(
  db: D1Database,
  owner: { team: number; developer: number },
  pepper: Keyring,
  nowMs: number,
): Promise<string> {
  const token = randomToken(AGENT_TOKEN);
  const agent = newId("agt");
  await db.batch([
    db
      .prepare("INSERT INTO agents (public_id, team, developer, created_at) VALUES (?1, ?2, ?3, ?4)")
      .bind(agent, owner.team, owner.developer, nowMs),
    await insertToken(db, { token, agent, usedAt: nowMs }, pepper, nowMs),
  ]);
  return token;
}

/** A token of the agent with that public id, where there is one that was not revoked. */
async function insertToken(
  db: D1Database,
  { token, agent, usedAt }: { token: string; agent: string; usedAt: number | null },
  pepper: Keyring,
  nowMs: number,
): Promise<D1PreparedStatement> {
  const digest = await digestOf(token, pepper);
  return db
    .prepare(
      `INSERT INTO agent_tokens (hash, team, developer, agent, pepper, created_at, used_at)
        SELECT unhex(?1), team, developer, id, ?3, ?4, ?5 FROM agents WHERE public_id = ?2 AND revoked_at IS NULL`,
    )
    .bind(digest.hash, agent, digest.pepper, nowMs, usedAt);
}

/** The first token of an agent that the statement before makes. */
export async function firstToken(db: D1Database, agent: string, pepper: Keyring, nowMs: number) {
  const token = randomToken(AGENT_TOKEN);
  return { token, statement: await insertToken(db, { token, agent, usedAt: nowMs }, pepper, nowMs) };
}

/** Another token beside the one in use, which ends when this one is first used, and at the latest in a day. */
export async function rotateToken(
  db: D1Database,
  actor: AgentActor,
  pepper: Keyring,
  nowMs: number,
): Promise<string | undefined> {
  const token = randomToken(AGENT_TOKEN);
  const { changed } = await audited(
    db,
    actor.team,
    { actor: auditActor(actor), action: "agent.rotate", target: actor.id },
    nowMs,
    [
      // Its answer was lost, or somebody else has it.
      db.prepare("DELETE FROM agent_tokens WHERE agent = ?1 AND used_at IS NULL").bind(actor.agent),
      db
        .prepare("UPDATE agent_tokens SET expires_at = coalesce(expires_at, ?2) WHERE agent = ?1")
        .bind(actor.agent, nowMs + OVERLAP_MS),
      await insertToken(db, { token, agent: actor.id, usedAt: null }, pepper, nowMs),
    ],
  );
  return changed ? token : undefined;
}
