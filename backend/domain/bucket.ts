export interface BucketPolicy {
  /** Refill. */
  eventsPerMinute: number;
  /** Most events that the bucket holds. */
  burst: number;
}

export interface Bucket {
  tokens: number;
  /** Milliseconds since the Unix epoch, UTC, to which the refill is counted. */
  atMs: number;
}

export interface Verdict {
  allowed: boolean;
  /** Whole seconds until the same request would pass; 0 when allowed. */
  retryAfterS: number;
}

export function fullBucket(policy: BucketPolicy, nowMs: number): Bucket {
  return { tokens: policy.burst, atMs: nowMs };
}

/** A request of more events than the bucket holds costs a full bucket, so that it can pass at all. */
export function take(
  bucket: Bucket,
  policy: BucketPolicy,
  events: number,
  nowMs: number,
): { bucket: Bucket; verdict: Verdict } {
  const refill = (Math.max(0, nowMs - bucket.atMs) * policy.eventsPerMinute) / 60_000;
  const tokens = Math.min(policy.burst, bucket.tokens + refill);
  const cost = Math.min(events, policy.burst);
  if (cost <= tokens) {
    return { bucket: { tokens: tokens - cost, atMs: nowMs }, verdict: { allowed: true, retryAfterS: 0 } };
  }
  const waitMs = ((cost - tokens) * 60_000) / policy.eventsPerMinute;
  return {
    bucket: { tokens, atMs: nowMs },
    verdict: { allowed: false, retryAfterS: Math.ceil(waitMs / 1000) },
  };
}
