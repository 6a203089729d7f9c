import type { AgentActor } from "../domain/actor.ts";
import type { Settings } from "../env.ts";
import { findSender, type Sender } from "../store/tokens.ts";
import { Refusal } from "./refusal.ts";

const MAX_TOKEN_LENGTH = 200;
const CHALLENGE = { "www-authenticate": "Bearer" };

/** The machine whose token the request carries. One that never existed, has ended or was replaced is not told apart. */
export async function senderOf(
  db: D1Database,
  authorization: string | null | undefined,
  settings: Settings,
  nowMs: number,
): Promise<Sender> {
  const token = tokenIn(authorization);
  const sender = await findSender(db, token, settings.PEPPER, nowMs);
  if (sender === undefined) throw new Refusal(401, "unknown_token", CHALLENGE);
  if (sender.revoked) throw new Refusal(403, "revoked_token");
  return sender;
}

/** Whoever's token it is, if anybody's. */
export function tokenIn(authorization: string | null | undefined): string {
  const [, token = ""] = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? "") ?? [];
  if (token === "" || token.length > MAX_TOKEN_LENGTH) throw new Refusal(401, "missing_token", CHALLENGE);
  return token;
}

export function agentActor({ team, developer, agent, id, verifyingKey }: Sender): AgentActor {
  return { kind: "agent", team, developer, agent, id, verifyingKey };
}
