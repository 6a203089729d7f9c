import { hashSecret, toHex } from "../domain/crypto.ts";
import type { AgentActor } from "../domain/actor.ts";
import type { BucketPolicy } from "../domain/bucket.ts";
import type { Keyring } from "../domain/keyring.ts";
import type { ApiBindings } from "../env.ts";
import type { ShownToken } from "../store/enrolment-tokens.ts";
import { Refusal } from "./refusal.ts";

/** An office's machines leave by one address, and all of them may be enrolled on one day. */
const PER_ADDRESS: BucketPolicy = { eventsPerMinute: 120, burst: 600 };
const PER_TOKEN: BucketPolicy = { eventsPerMinute: 300, burst: 1000 };
/** Each new token is in the team's trail, which a machine that went wrong must not fill. */
const PER_ROTATION: BucketPolicy = { eventsPerMinute: 0.1, burst: 10 };
/** Somebody types a command. */
const PER_LINK: BucketPolicy = { eventsPerMinute: 1, burst: 10 };

/** The address itself is not kept, not even in the bucket's name. */
export async function allowAddress(
  env: ApiBindings,
  address: string | undefined,
  pepper: Keyring,
): Promise<void> {
  const network = networkOf(address ?? "");
  await take(env, `enrol:${toHex(await hashSecret(network, pepper))}`, PER_ADDRESS);
}

export async function allowToken(env: ApiBindings, token: ShownToken): Promise<void> {
  await take(env, `enrol-token:${token.publicId}`, PER_TOKEN);
}

export async function allowRotation(env: ApiBindings, agent: AgentActor): Promise<void> {
  await take(env, `rotate:${agent.id}`, PER_ROTATION);
}

export async function allowLink(env: ApiBindings, agent: AgentActor): Promise<void> {
  await take(env, `link:${agent.id}`, PER_LINK);
}

/** Of an IPv6 address the first 64 bits: whoever has one has all addresses behind them. */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const [head = ""] = address.toLowerCase().split("::");
  return [...head.split(":"), "0", "0", "0", "0"].slice(0, 4).join(":");
}

/** When the object that counts fails, machines come first: the request passes. */
async function take(env: ApiBindings, name: string, policy: BucketPolicy): Promise<void> {
  const verdict = await askBucket(env, name, policy);
  if (!verdict.allowed) {
    throw new Refusal(429, "rate_limited", { "retry-after": String(verdict.retryAfterS) });
  }
}

async function askBucket(env: ApiBindings, name: string, policy: BucketPolicy) {
  try {
    return await env.BUCKETS.get(env.BUCKETS.idFromName(name)).take(1, policy);
  } catch {
    console.error({ msg: "enrolment bucket failed, request passes", code: "bucket_failed" });
    return { allowed: true, retryAfterS: 0 };
  }
}
