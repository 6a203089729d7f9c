import type { Content } from "./content.ts";
import type { Event, Message } from "./event.ts";

/** A queue message may have 128 KB; its frame and the next product limit stay clear of it. */
const MAX_MESSAGE_BYTES = 100_000;
/** `sendBatch` takes 256 KB and 100 messages. */
const MAX_BATCH_BYTES = 250_000;
const MAX_BATCH_MESSAGES = 100;
/** JSON around a message's events. */
const FRAME_BYTES = 200;

const encoder = new TextEncoder();

/** In bytes: the hints of a category need not be ASCII. */
function sizeOf(value: unknown): number {
  return encoder.encode(JSON.stringify(value)).length + 1;
}

function splitBySize<T>(items: readonly T[], limits: { bytes: number; count: number }): T[][] {
  const groups: T[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const bytes = sizeOf(item);
    const last = groups.at(-1);
    if (last === undefined || size + bytes > limits.bytes || last.length >= limits.count) {
      groups.push([item]);
      size = bytes;
    } else {
      last.push(item);
      size += bytes;
    }
  }
  return groups;
}

export interface Sender {
  team: number;
  developer: number;
  /** What the developer accepted, where they accepted that something is kept. */
  retentionDays?: number;
}

/** Where texts are goes in messages of its own: what is wrong with them delays no event. */
export function toMessages(
  sender: Sender,
  events: readonly Event[],
  contents: readonly Content[] = [],
): Message[] {
  const limits = { bytes: MAX_MESSAGE_BYTES - FRAME_BYTES, count: Number.POSITIVE_INFINITY };
  const frame = () => ({
    v: 1 as const,
    id: crypto.randomUUID(),
    team: sender.team,
    developer: sender.developer,
    ...(sender.retentionDays !== undefined && { retentionDays: sender.retentionDays }),
  });
  return [
    ...splitBySize(events, limits).map((group) => ({ ...frame(), events: group })),
    ...splitBySize(contents, limits).map((group) => ({ ...frame(), events: [], contents: group })),
  ];
}

export function toBatches(messages: readonly Message[]): Message[][] {
  return splitBySize(messages, { bytes: MAX_BATCH_BYTES, count: MAX_BATCH_MESSAGES });
}
