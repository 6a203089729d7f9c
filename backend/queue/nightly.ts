import { type ApiBindings, type ConsumerBindings, settingsOf } from "../env.ts";
import { pruneTrails } from "../store/audit-heads.ts";
import { destroyLeftKeys } from "../store/content-keys.ts";
import { sweepContent } from "../store/content-sweep.ts";
import {
  deleteExpired,
  deleteExpiredCategories,
  deleteOldEvents,
  sweepZeroRows,
} from "../store/retention.ts";

const DAY_S = 86_400;
/** Longer than the 90 days in which a repeat may still arrive. */
const EVENTS_KEPT_DAYS = 120;
/** Whatever the team's retention is. */
const TRAIL_KEPT_DAYS = 730;

/** What nobody needs any more. */
export async function cleanUp(env: ConsumerBindings, nowMs: number): Promise<void> {
  await runAll([
    ["events", () => deleteOldEvents(env.DB, Math.floor(nowMs / 1000) - EVENTS_KEPT_DAYS * DAY_S)],
    ["categories", () => deleteExpiredCategories(env.DB, Math.floor(nowMs / 1000))],
    ["content", () => sweepContent({ db: env.DB, bucket: env.CONTENT }, nowMs)],
    ["zero_rows", () => sweepZeroRows(env.DB)],
    ["sign_ins", () => deleteExpired(env.DB, nowMs)],
  ]);
}

/** In the Worker that holds the keys: a trail is sealed anew when its oldest entries go. */
export async function cleanUpSealed(env: ApiBindings, nowMs: number): Promise<void> {
  const before = nowMs - TRAIL_KEPT_DAYS * DAY_S * 1000;
  await runAll([
    ["trails", () => pruneTrails(env.DB, settingsOf(env).KMS_KEY, before)],
    ["content_keys", () => destroyLeftKeys(env.CONTENT_KEYS, env.DB)],
  ]);
}

/** Each step is by itself: the next night catches up on what failed. */
async function runAll(steps: readonly [name: string, run: () => Promise<number>][]): Promise<void> {
  for (const [name, run] of steps) {
    try {
      console.log({ msg: "cleaned up", step: name, count: await run() });
    } catch {
      console.error({ msg: "clean-up step failed, tries again tomorrow", code: `clean_up_${name}` });
    }
  }
}
