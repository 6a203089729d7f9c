import type { Context } from "hono";
import type { Actor } from "../domain/actor.ts";
import type { Access } from "../domain/api/spec.ts";
import { isAtLeast } from "../domain/role.ts";
import { settingsOf } from "../env.ts";
import { findSignedIn } from "../store/signed-in.ts";
import { agentActor, senderOf } from "./bearer.ts";
import type { ApiEnv } from "./context.ts";
import { readSessionCookie, setSessionCookie } from "./cookie.ts";
import { Refusal } from "./refusal.ts";

/** Who asks, where the route lets them. Throws the refusal otherwise. */
export async function actorFor(
  c: Context<ApiEnv>,
  access: Access,
  nowMs: number,
): Promise<Actor | undefined> {
  if (access.who === "anyone") return undefined;
  if (access.who === "agent") {
    const header = c.req.header("authorization");
    return agentActor(await senderOf(c.env.DB, header, settingsOf(c.env), nowMs));
  }
  const member = await memberOf(c, nowMs);
  if (!isAtLeast(member.role, access.role)) throw new Refusal(403, "not_allowed");
  return member;
}

async function memberOf(c: Context<ApiEnv>, nowMs: number) {
  const secret = readSessionCookie(c);
  if (secret === undefined) throw new Refusal(401, "signed_out");
  const found = await findSignedIn(c.env.DB, secret, settingsOf(c.env).PEPPER, nowMs);
  if (found === undefined) throw new Refusal(401, "signed_out");
  if (found.renewed !== undefined) setSessionCookie(c, found.renewed);
  return found.actor;
}
