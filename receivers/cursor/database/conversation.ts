import type { DatabaseConversation, DatabaseTurn } from "../turn.ts";
import type { Bubble, Composer } from "./fields.ts";

/** States in which Cursor does nothing more by itself. */
const OVER = new Set(["completed", "aborted", "error", "cancelled"]);

/** A conversation out of its rows. `composer` is undefined where its own row is gone: its messages may be left. */
export function conversationOf(
  id: string,
  composer: Composer | undefined,
  bubbles: readonly Bubble[],
): DatabaseConversation {
  const turns = turnsOf(ordered(bubbles, composer?.order ?? []), composer);
  if (turns.length === 0 && composer !== undefined && wasUsed(composer)) turns.push(wholeOf(composer));
  dateWith(turns, composer);
  return {
    id,
    createdMs: known(composer?.createdMs),
    updatedMs: known(composer?.updatedMs),
    isOver: composer === undefined || OVER.has(composer.status),
    isSubagent: false,
    subagents: composer?.subagents ?? [],
    model: composer?.model ?? "",
    cwd: composer?.cwd || (bubbles.find(({ cwd }) => cwd !== "")?.cwd ?? ""),
    turns,
  };
}

function known(ms: number | undefined): number {
  return ms === undefined || Number.isNaN(ms) ? 0 : ms;
}

/** By time, and by Cursor's own list where a version wrote no time. What is not listed was taken back, and counts. */
function ordered(bubbles: readonly Bubble[], order: readonly string[]): Bubble[] {
  const place = new Map(order.map((id, i) => [id, i]));
  const placeOf = ({ key }: Bubble) => place.get(key.slice(key.lastIndexOf(":") + 1));
  const listed = bubbles.filter((bubble) => placeOf(bubble) !== undefined);
  const others = bubbles.filter((bubble) => placeOf(bubble) === undefined);
  const undated = others.filter(({ timeMs }) => Number.isNaN(timeMs));
  const first = [...listed.toSorted((a, b) => (placeOf(a) ?? 0) - (placeOf(b) ?? 0)), ...undated];
  const dated = others.filter(({ timeMs }) => !Number.isNaN(timeMs)).toSorted((a, b) => a.timeMs - b.timeMs);
  let next = 0;
  const merged: Bubble[] = [];
  for (const bubble of dated) {
    for (let at = first[next]; at !== undefined && !(at.timeMs > bubble.timeMs); at = first[next]) {
      merged.push(at);
      next += 1;
    }
    merged.push(bubble);
  }
  return [...merged, ...first.slice(next)];
}

function turnsOf(bubbles: readonly Bubble[], composer: Composer | undefined): DatabaseTurn[] {
  const turns: DatabaseTurn[] = [];
  for (const bubble of bubbles) {
    const last = turns.at(-1);
    // An answer to nothing: what was asked is gone.
    if (!bubble.isAsked && last === undefined) continue;
    if (last !== undefined && !bubble.isAsked) add(last, bubble);
    else turns.push(begun(bubble, last === undefined ? composer?.createdMs : undefined));
  }
  return turns;
}

/** `otherwiseMs`: when it was asked, where a version wrote no time. */
function begun(
  { key, timeMs, generation, model }: Bubble,
  otherwiseMs: number | undefined = Number.NaN,
): DatabaseTurn {
  const startMs = Number.isNaN(timeMs) ? otherwiseMs : timeMs;
  return {
    asked: key,
    answers: [],
    generation,
    startMs,
    lastMs: startMs,
    model,
    input: -1,
    output: -1,
  };
}

/** The oldest versions wrote no times of messages. A turn was not asked before the one that it follows. */
function dateWith(turns: readonly DatabaseTurn[], composer: Composer | undefined): void {
  let knownMs = composer?.createdMs ?? Number.NaN;
  for (const turn of turns) {
    if (Number.isNaN(turn.startMs)) turn.startMs = knownMs;
    if (Number.isNaN(turn.lastMs)) turn.lastMs = turn.startMs;
    if (!Number.isNaN(turn.lastMs)) knownMs = turn.lastMs;
  }
}

function add(turn: DatabaseTurn, bubble: Bubble): void {
  turn.answers.push(bubble.key);
  if (Number.isNaN(turn.startMs)) turn.startMs = bubble.timeMs;
  if (!(turn.lastMs >= bubble.timeMs) && !Number.isNaN(bubble.timeMs)) turn.lastMs = bubble.timeMs;
  if (turn.model === "") turn.model = bubble.model;
  if (turn.generation === "") turn.generation = bubble.generation;
  turn.input = sum(turn.input, bubble.input);
  turn.output = sum(turn.output, bubble.output);
}

/** Of counts, -1 is unknown. */
function sum(a: number, b: number): number {
  return a < 0 ? b : b < 0 ? a : a + b;
}

function wasUsed({ isDraft, isUsed, status, updatedMs, createdMs }: Composer): boolean {
  return !isDraft && (isUsed || (status !== "none" && updatedMs > createdMs));
}

/** Newer versions may keep no messages: that something was asked is all that is known. */
function wholeOf({ createdMs, updatedMs, model }: Composer): DatabaseTurn {
  return {
    asked: "",
    answers: [],
    generation: "",
    startMs: createdMs,
    lastMs: Number.isNaN(updatedMs) ? createdMs : updatedMs,
    model,
    input: -1,
    output: -1,
  };
}
