import type { Context } from "hono";
import type { Actor } from "../domain/actor.ts";
import type { Access } from "../domain/api/spec.ts";
import { isAtLeast } from "../domain/role.ts";
import { settingsOf } from "../env.ts";
import { findApiKey } from "../store/api-keys.ts";
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
  const key = apiKeyIn(c);
  if (key !== undefined) return apiKeyOf(c, access, key, nowMs);
  const member = await memberOf(c, nowMs);
  if (!isAtLeast(member.role, access.role)) throw new Refusal(403, "not_allowed");
  return member;
}

/** Only what looks like one: other tokens are never for these routes. */
function apiKeyIn(c: Context<ApiEnv>): string | undefined {
  return /^Bearer +(tak_[\w-]{1,100}) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
}

/** A key reads, and only where the route names a scope that it has. */
async function apiKeyOf(c: Context<ApiEnv>, access: Access, secret: string, nowMs: number): Promise<Actor> {
  const actor = await findApiKey(c.env.DB, secret, settingsOf(c.env).PEPPER, nowMs);
  if (actor === undefined) throw new Refusal(401, "unknown_key", { "www-authenticate": "Bearer" });
  const scope = access.who === "member" ? access.scope : undefined;
  const isRead = c.req.method === "GET" || c.req.method === "HEAD";
  if (!isRead || scope === undefined || !actor.scopes.includes(scope)) throw new Refusal(403, "not_allowed");
  return actor;
}

async function memberOf(c: Context<ApiEnv>, nowMs: number) {
  const secret = readSessionCookie(c);
  if (secret === undefined) throw new Refusal(401, "signed_out");
  const found = await findSignedIn(c.env.DB, secret, settingsOf(c.env).PEPPER, nowMs);
  if (found === undefined) throw new Refusal(401, "signed_out");
  if (found.renewed !== undefined) setSessionCookie(c, found.renewed);
  return found.actor;
}
