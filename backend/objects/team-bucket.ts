import { DurableObject } from "cloudflare:workers";
import { type Bucket, type BucketPolicy, fullBucket, take, type Verdict } from "../domain/bucket.ts";

/**
 * One team's ingest allowance. In memory only: an object that is evicted comes back with a full bucket, which
 * lets a little more in and costs no write for each request.
 */
export class TeamBucket extends DurableObject {
  #bucket: Bucket | undefined;

  take(events: number, policy: BucketPolicy): Verdict {
    const nowMs = Date.now();
    const { bucket, verdict } = take(this.#bucket ?? fullBucket(policy, nowMs), policy, events, nowMs);
    this.#bucket = bucket;
    return verdict;
  }
}
