import type { Context } from "hono";
import type { Actor } from "../domain/actor.ts";
import type { Access } from "../domain/api/spec.ts";
import { hashSecret, toHex } from "../domain/crypto.ts";
import { type Settings, settingsOf } from "../env.ts";
import type { ApiEnv } from "./context.ts";
import { networkOf } from "./enrol-allowance.ts";
import { Refusal } from "./refusal.ts";

interface Limited {
  /** Of the bucket: each actor and each address has its own, so that nobody waits for another. */
  name: string;
  perMinute: number;
}

/** A machine asks a few times in a quarter of an hour. What it sends, and enrolment, have allowances of their own. */
const AGENT_PER_MINUTE = 60;

/** Throws when who asks has asked too often. */
export async function allowRate(c: Context<ApiEnv>, access: Access, actor?: Actor): Promise<void> {
  const settings = settingsOf(c.env);
  const limited =
    actor === undefined ? await byAddress(c, access, settings) : byActor(actor, access, settings);
  if (limited === undefined) return;
  const { allowed, retryAfterS } = await take(c, limited);
  if (!allowed) throw new Refusal(429, "rate_limited", { "retry-after": String(retryAfterS) });
}

function byActor(actor: Actor, access: Access, settings: Settings): Limited {
  if (actor.kind === "agent") {
    const isCall = access.who === "agent" && access.rate === "calls";
    return { name: `agent${isCall ? "-calls" : ""}:${actor.id}`, perMinute: AGENT_PER_MINUTE };
  }
  return actor.kind === "member"
    ? { name: `member:${actor.id}`, perMinute: settings.RATE_MEMBER_PER_MINUTE }
    : { name: `key:${actor.id}`, perMinute: settings.RATE_KEY_PER_MINUTE };
}

/** The address itself is not kept, not even in the bucket's name. Where there is none, nothing lies before this Worker. */
async function byAddress(
  c: Context<ApiEnv>,
  access: Access,
  settings: Settings,
): Promise<Limited | undefined> {
  const address = c.req.header("cf-connecting-ip");
  if (access.who !== "anyone" || access.browser === false || address === undefined) return undefined;
  const digest = toHex(await hashSecret(`address ${networkOf(address)}`, settings.PEPPER));
  return { name: `address:${digest}`, perMinute: settings.RATE_ADDRESS_PER_MINUTE };
}

/** When the object that counts fails, people come first: the request passes. */
async function take({ env }: Context<ApiEnv>, { name, perMinute }: Limited) {
  try {
    const policy = { eventsPerMinute: perMinute, burst: perMinute };
    return await env.BUCKETS.get(env.BUCKETS.idFromName(name)).take(1, policy);
  } catch {
    console.error({ msg: "rate bucket failed, request passes", code: "bucket_failed" });
    return { allowed: true, retryAfterS: 0 };
  }
}
