import type { BucketPolicy } from "../domain/bucket.ts";
import { hashSecret, toHex } from "../domain/crypto.ts";
import { type ApiBindings, settingsOf } from "../env.ts";

/** For one mailbox, whoever asks: more would be a way to fill it. */
export const PER_MAILBOX = { eventsPerMinute: 0.1, burst: 3 };

/**
 * Whether this may happen once more, by a bucket of that name. The name is hashed: it may hold an address. When what
 * holds the bucket fails, nothing is let through: unlike data, a sign-in can wait.
 */
export async function takeAllowance(
  env: ApiBindings,
  name: string,
  policy: BucketPolicy,
): Promise<{ allowed: boolean; retryAfterS: number }> {
  try {
    const digest = toHex(await hashSecret(`allowance ${name}`, settingsOf(env).PEPPER));
    return await env.BUCKETS.get(env.BUCKETS.idFromName(`allowance:${digest}`)).take(1, policy);
  } catch {
    console.error({ msg: "allowance failed, refused", code: "allowance_failed" });
    return { allowed: false, retryAfterS: 60 };
  }
}
