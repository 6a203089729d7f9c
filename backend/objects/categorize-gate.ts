import { DurableObject } from "cloudflare:workers";
import { type Bucket, type BucketPolicy, fullBucket, take } from "../domain/bucket.ts";

export interface GatePolicy extends BucketPolicy {
  /** Calls that may be under way at once. */
  atOnce: number;
  /** A call that has not left after this long has died. */
  longestMs: number;
}

export type Entry =
  | { allowed: true; id: string; /** Calls under way, this one too. */ inside: number }
  | { allowed: false; retryAfterS: number };

/** When all places are taken, one becomes free within seconds. */
const BUSY_S = 2;

/** One team's calls to the model: how many at once, how many in a minute. In memory only, like the ingest allowance. */
export class CategorizeGate extends DurableObject {
  readonly #inside = new Map<string, number>();
  #bucket: Bucket | undefined;

  enter(policy: GatePolicy): Entry {
    const nowMs = Date.now();
    for (const [id, endsAt] of this.#inside) if (endsAt <= nowMs) this.#inside.delete(id);
    if (this.#inside.size >= policy.atOnce) return { allowed: false, retryAfterS: BUSY_S };
    const { bucket, verdict } = take(this.#bucket ?? fullBucket(policy, nowMs), policy, 1, nowMs);
    this.#bucket = bucket;
    if (!verdict.allowed) return { allowed: false, retryAfterS: verdict.retryAfterS };
    const id = crypto.randomUUID();
    this.#inside.set(id, nowMs + policy.longestMs);
    return { allowed: true, id, inside: this.#inside.size };
  }

  leave(id: string): void {
    this.#inside.delete(id);
  }
}
