import { MessageSchema } from "../domain/event.ts";
import { type ApiBindings, settingsOf } from "../env.ts";
import { listDeadLetters, openDeadLetter } from "../store/dead-letters.ts";
import { putInInbox } from "../store/inbox.ts";

/** Hands a team's dead letters to the queue again, a hundred at a time. Those that are no message stay. */
export async function replayDeadLetters(
  env: ApiBindings,
  team: number,
  nowMs: number,
): Promise<{ queued: number; kept: number }> {
  const { KMS_KEY, INBOX } = settingsOf(env);
  let [queued, kept] = [0, 0];
  for (const name of await listDeadLetters(env.DEAD_LETTERS, team)) {
    const parsed = MessageSchema.safeParse(await openDeadLetter(env.DEAD_LETTERS, KMS_KEY, name));
    if (!parsed.success) {
      kept += 1;
      continue;
    }
    // A repeat is harmless, so the letter goes only when the queue has it.
    const message = { ...parsed.data, id: crypto.randomUUID() };
    if (INBOX === "on") await putInInbox(env.DB, [message], nowMs);
    await env.INGEST.send(message);
    await env.DEAD_LETTERS.delete(name);
    queued += 1;
  }
  return { queued, kept };
}
