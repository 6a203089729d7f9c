import type { ApiBindings } from "../env.ts";
import { requeueInbox } from "../store/inbox.ts";

const EVERY_MS = 60_000;

/** When this isolate last looked, in milliseconds since the Unix epoch. The first look is right after a start. */
let lookedAtMs: number | undefined;

/**
 * Queues again what waits in the inbox: all of it after a start, because queues that live in memory are empty
 * then, and what is due once a minute. Runs with any request, since local Workers have no clock of their own.
 */
export async function sweepInbox(env: ApiBindings, nowMs: number): Promise<void> {
  if (env.INBOX !== "on") return;
  const all = lookedAtMs === undefined;
  if (lookedAtMs !== undefined && nowMs - lookedAtMs < EVERY_MS) return;
  lookedAtMs = nowMs;
  try {
    const count = await requeueInbox(env.DB, env.INGEST, { nowMs, all });
    if (count > 0) console.log({ msg: "inbox queued again", messages: count });
  } catch {
    // The next request tries again.
    lookedAtMs = all ? undefined : nowMs - EVERY_MS;
    console.error({ msg: "inbox could not be queued again", code: "inbox_failed" });
  }
}
