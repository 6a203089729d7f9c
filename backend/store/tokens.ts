import { fromHex, hashSecret, randomToken, sameDigest } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import { newId } from "./ids.ts";
import { digestOf, findBySecret } from "./secrets.ts";

/** Who sends, and what the team allows. */
export interface Sender {
  team: number;
  developer: number;
  mode: string;
  eventsPerMinute: number;
  burst: number;
  revoked: boolean;
}

interface Row {
  hash: string;
  team: number;
  developer: number;
  mode: string;
  events_per_minute: number;
  burst: number;
  revoked_at: number | null;
}

/** Found by its digest, so that no comparison tells how much of a guessed token is right. */
export async function findSender(
  db: D1Database,
  token: string,
  pepper: Keyring,
): Promise<Sender | undefined> {
  const digest = await hashSecret(token, pepper);
  const row = await findBySecret(db, { table: "agent_tokens", secret: token, pepper }, (hash) =>
    db
      .prepare(
        `SELECT hex(a.hash) hash, a.team, a.developer, a.revoked_at, t.mode, t.events_per_minute, t.burst
           FROM agent_tokens a JOIN teams t ON t.id = a.team WHERE a.hash = unhex(?1)`,
      )
      .bind(hash)
      .first<Row>(),
  );
  if (row === null || !sameDigest(fromHex(row.hash), digest)) return undefined;
  const { team, developer, mode, burst } = row;
  return {
    team,
    developer,
    mode,
    burst,
    eventsPerMinute: row.events_per_minute,
    revoked: row.revoked_at !== null,
  };
}

/** A new agent and its token. The only moment at which the token exists in the clear. */
export async function createToken(
  db: D1Database,
  owner: { team: number; developer: number },
  pepper: Keyring,
  nowMs: number,
): Promise<string> {
  const token = randomToken("tal_");
  const agent = newId("agt");
  const digest = await digestOf(token, pepper);
  await db.batch([
    db
      .prepare("INSERT INTO agents (public_id, team, developer, created_at) VALUES (?1, ?2, ?3, ?4)")
      .bind(agent, owner.team, owner.developer, nowMs),
    db
      .prepare(
        `INSERT INTO agent_tokens (hash, team, developer, agent, pepper, created_at)
          SELECT unhex(?1), team, developer, id, ?3, ?4 FROM agents WHERE public_id = ?2`,
      )
      .bind(digest.hash, agent, digest.pepper, nowMs),
  ]);
  return token;
}
