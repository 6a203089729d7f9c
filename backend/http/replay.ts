import { type Message, MessageSchema } from "../domain/event.ts";
import { type ApiBindings, settingsOf } from "../env.ts";
import { listDeadLetters, openDeadLetter } from "../store/dead-letters.ts";
import { putInInbox } from "../store/inbox.ts";

/** One request replays so many, so that it ends in time. */
const MAX_QUEUED = 100;

/** Hands a team's dead letters to the queue again. Those that cannot be opened, or are no message, stay. */
export async function replayDeadLetters(
  env: ApiBindings,
  team: number,
  nowMs: number,
): Promise<{ queued: number; kept: number }> {
  let [queued, kept] = [0, 0];
  let after: string | undefined;
  for (;;) {
    const names = await listDeadLetters(env.DEAD_LETTERS, team, after);
    for (const name of names) {
      const letter = await read(env, name);
      if (letter === undefined) kept += 1;
      else await queueAgain(env, name, letter, nowMs);
      if (letter !== undefined) queued += 1;
    }
    after = names.at(-1);
    if (after === undefined || queued >= MAX_QUEUED) return { queued, kept };
  }
}

async function read(env: ApiBindings, name: string): Promise<Message | undefined> {
  try {
    return MessageSchema.parse(await openDeadLetter(env.DEAD_LETTERS, settingsOf(env).KMS_KEY, name));
  } catch {
    return undefined;
  }
}

/** A repeat is harmless, so the letter goes only when the queue has it. */
async function queueAgain(env: ApiBindings, name: string, letter: Message, nowMs: number): Promise<void> {
  const message = { ...letter, id: crypto.randomUUID() };
  if (settingsOf(env).INBOX === "on") await putInInbox(env.DB, [message], nowMs);
  await env.INGEST.send(message);
  await env.DEAD_LETTERS.delete(name);
}
