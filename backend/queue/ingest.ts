import { dayOf } from "../domain/calendar.ts";
import { contentName, type PlacedContent } from "../domain/content.ts";
import { fold, type Message, MessageSchema, type PlacedEvent } from "../domain/event.ts";
import type { ConsumerBindings } from "../env.ts";
import { deleteTexts } from "../store/content.ts";
import { findErased, storeContents } from "../store/content-rows.ts";
import { storeEvents } from "../store/ingest.ts";
import { findTeam, type Team } from "../store/teams.ts";
import { errorCode } from "../store/error-code.ts";

/** A bound parameter may have 2 MB; a message has at most 100 KB. */
const MESSAGES_PER_BATCH = 10;
const MAX_BACKOFF_S = 600;
const DAY_S = 86_400;

interface Delivery {
  message: Message;
  handle: globalThis.Message;
}

/**
 * Stores queued events, one transaction for each team. Delivery is at least once; a repeat changes nothing.
 * Each message is acknowledged or retried by itself: a bad one delays no other message and no other team.
 * What can never be stored goes to the dead letters at once.
 */
export async function consumeIngest(batch: MessageBatch, env: ConsumerBindings): Promise<void> {
  for (const deliveries of byTeam(await parseAll(batch, env)).values()) {
    for (let i = 0; i < deliveries.length; i += MESSAGES_PER_BATCH) {
      await storeOrSplit(deliveries.slice(i, i + MESSAGES_PER_BATCH), env);
    }
  }
}

async function parseAll(batch: MessageBatch, env: ConsumerBindings): Promise<Delivery[]> {
  const good: Delivery[] = [];
  for (const handle of batch.messages) {
    const parsed = MessageSchema.safeParse(handle.body);
    if (parsed.success) good.push({ message: parsed.data, handle });
    else await bury(handle, env, "malformed_message");
  }
  return good;
}

function byTeam(deliveries: readonly Delivery[]): Map<number, Delivery[]> {
  return Map.groupBy(deliveries, ({ message }) => message.team);
}

/** All together; when that fails, one by one, so that the message at fault is found. */
async function storeOrSplit(deliveries: readonly Delivery[], env: ConsumerBindings): Promise<void> {
  try {
    await store(deliveries, env);
    for (const { handle } of deliveries) handle.ack();
  } catch (error) {
    if (deliveries.length > 1) {
      for (const delivery of deliveries) await storeOrSplit([delivery], env);
      return;
    }
    for (const { handle } of deliveries) await retryOrBury(handle, env, error);
  }
}

async function store(deliveries: readonly Delivery[], env: ConsumerBindings): Promise<void> {
  const [first] = deliveries;
  if (first === undefined) return;
  const team = await findTeam(env.DB, first.message.team);
  if (team === undefined) throw new UnknownTeamError();
  const events = fold(deliveries.flatMap(({ message }) => place(message, team)));
  const ids = deliveries.map(({ message }) => message.id);
  const contents = deliveries.flatMap(({ message }) => placeContents(message));
  if (contents.length === 0) {
    await storeEvents(env.DB, team.id, events, { ids });
    return;
  }
  await storeEvents(env.DB, team.id, events, { ids, also: [storeContents(env.DB, team.id, contents)] });
  const erased = await findErased(env.DB, contents);
  await deleteTexts(
    env.CONTENT,
    erased.map((content) => contentName(team.publicId, content)),
  );
}

function placeContents({ contents = [], developer }: Message): PlacedContent[] {
  return contents.map((content) => ({ ...content, developer }));
}

export function place(
  message: Message,
  { timeZone, retentionDays }: Pick<Team, "timeZone" | "retentionDays">,
): PlacedEvent[] {
  const days = shorter(message.retentionDays ?? retentionDays, retentionDays);
  return message.events.map((event) => ({
    ...event,
    developer: message.developer,
    day: dayOf(event.at, timeZone),
    expiresAt: event.category === undefined || days === 0 ? null : event.at + days * DAY_S,
  }));
}

/** 0 is for ever. */
function shorter(a: number, b: number): number {
  return a === 0 || b === 0 ? Math.max(a, b) : Math.min(a, b);
}

class UnknownTeamError extends Error {
  override readonly name = "UnknownTeamError";
}

async function retryOrBury(handle: globalThis.Message, env: ConsumerBindings, error: unknown): Promise<void> {
  if (error instanceof UnknownTeamError) {
    await bury(handle, env, "unknown_team");
    return;
  }
  const delaySeconds = backoffS(handle.attempts, Math.random());
  console.error({
    msg: "message not stored, will retry",
    code: errorCode(error),
    attempts: handle.attempts,
    delaySeconds,
  });
  handle.retry({ delaySeconds });
}

/** Whole seconds: doubling, at most ten minutes, up to a quarter more by chance. */
export function backoffS(attempts: number, chance: number): number {
  return Math.round(Math.min(2 ** Math.min(attempts, 20), MAX_BACKOFF_S) * (1 + chance / 4));
}

async function bury(handle: globalThis.Message, env: ConsumerBindings, code: string): Promise<void> {
  console.error({ msg: "message can never be stored, kept as dead letter", code });
  try {
    await env.DEAD.send(handle.body);
    handle.ack();
  } catch {
    handle.retry({ delaySeconds: MAX_BACKOFF_S });
  }
}
