import type { contentRoutes } from "../domain/api/content.ts";
import type { AnswerOf } from "./client.ts";

export type Timeline = AnswerOf<(typeof contentRoutes)["GET /api/sessions/:session/timeline"]>;
export type Item = Timeline["items"][number];
export type Request = Extract<Item, { kind: "request" }>;
export type Text = Extract<Item, { kind: "prompt" }>["text"];

export interface Entry {
  item: Item;
  /** Milliseconds since the request or answer before it in its turn; 0 for others. */
  gapMs: number;
}

/** What one prompt led to, or what belongs to none. */
export interface Turn {
  /** Counted from 1. */
  number: number;
  id: string;
  /** Milliseconds since the Unix epoch, UTC. */
  at: number;
  /** Milliseconds from the last request or answer of the turns before to the first of this one: prompts have whole minutes only. */
  gapMs: number;
  entries: Entry[];
}

/** Items come turn by turn: those of one stand together. */
export function turnsOf(items: readonly Item[]): Turn[] {
  const turns: Turn[] = [];
  let before: { at: number; turn: Turn } | undefined;
  for (const item of items) {
    const open = turns.at(-1);
    const isSame = open !== undefined && open.id !== "" && open.id === item.turn;
    const turn = isSame
      ? open
      : { number: turns.length + 1, id: item.turn, at: item.at, gapMs: 0, entries: [] };
    if (!isSame) turns.push(turn);
    const gapMs = before === undefined || item.kind === "prompt" ? 0 : item.at - before.at;
    const isFirst = before?.turn !== turn;
    if (isFirst && item.kind !== "prompt") turn.gapMs = gapMs;
    turn.entries.push({ item, gapMs: isFirst ? 0 : gapMs });
    if (item.kind !== "prompt") before = { at: item.at, turn };
  }
  return turns;
}

export interface TurnSums {
  requests: number;
  /** Input and output of the requests whose counts are known. */
  tokens: number;
  /** Whole picodollars of the requests that have a price. */
  listValue: bigint;
  unpriced: number;
  /** Requests whose counts are not known. */
  uncounted: number;
}

export function sumsOf({ entries }: Turn): TurnSums {
  const sums = { requests: 0, tokens: 0, listValue: 0n, unpriced: 0, uncounted: 0 };
  for (const { item } of entries) {
    if (item.kind !== "request") continue;
    sums.requests += 1;
    sums.tokens += (item.input ?? 0) + (item.output ?? 0);
    if (item.input === null || item.output === null) sums.uncounted += 1;
    if (item.listValue === null) sums.unpriced += 1;
    else sums.listValue += BigInt(item.listValue);
  }
  return sums;
}

/** Longer texts are folded: these many lines or UTF-16 units are shown of them. */
export const FOLD = { lines: 16, chars: 1200 };

/** The beginning of a long text, not cut within a character; undefined where all of it is short. */
export function foldedText(text: string): string | undefined {
  const lines = text.split("\n", FOLD.lines + 1);
  const head = lines.length > FOLD.lines ? lines.slice(0, FOLD.lines).join("\n") : text;
  const cut = head.length > FOLD.chars ? head.slice(0, FOLD.chars).replace(/[\uD800-\uDBFF]$/, "") : head;
  return cut.length < text.length ? cut : undefined;
}
