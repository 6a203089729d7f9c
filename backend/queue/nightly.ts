import type { ConsumerBindings } from "../env.ts";
import { deleteExpired, deleteOldEvents, sweepZeroRows } from "../store/retention.ts";

const DAY_S = 86_400;
/** Longer than the 90 days in which a repeat may still arrive. */
const EVENTS_KEPT_DAYS = 120;

/** What nobody needs any more. Each step is by itself: the next night catches up on what failed. */
export async function cleanUp(env: ConsumerBindings, nowMs: number): Promise<void> {
  const steps: [name: string, run: () => Promise<number>][] = [
    ["events", () => deleteOldEvents(env.DB, Math.floor(nowMs / 1000) - EVENTS_KEPT_DAYS * DAY_S)],
    ["zero_rows", () => sweepZeroRows(env.DB)],
    ["sign_ins", () => deleteExpired(env.DB, nowMs)],
  ];
  for (const [name, run] of steps) {
    try {
      console.log({ msg: "cleaned up", step: name, count: await run() });
    } catch {
      console.error({ msg: "clean-up step failed, tries again tomorrow", code: `clean_up_${name}` });
    }
  }
}
