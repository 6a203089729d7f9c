import type { Weight } from "#component/record.ts";
import type { Position } from "#component/unit.ts";
import type { Database } from "./databases.ts";
import { join } from "./join.ts";
import { weightOf } from "./record.ts";
import type { TranscriptFile } from "./transcript.ts";
import type { DatabaseConversation, Turn } from "./turn.ts";

/** What is known of one conversation while something happens in it. */
export interface Conversation {
  id: string;
  /** `ReceiverHost.fileKey` of it: its position counts turns. */
  key: string;
  /** Where an earlier run stopped. */
  resumed: Position | undefined;
  parent: string | undefined;
  isSubagent: boolean;
  transcript: TranscriptFile | undefined;
  stored: { database: Database; conversation: DatabaseConversation; changedMs: number } | undefined;
  /** The databases were asked for it, or there is none to ask. */
  isAsked: boolean;
  /** By a turn's ordinal: what was emitted of it, or is left out for good. */
  done: Map<number, Weight>;
  isResumed: boolean;
  /** All turns before this one are done. */
  settledTo: number;
  isOpen: boolean;
  /** What the sources told when they last told something new, and when that was on this machine's clock. */
  news: string;
  newsAtMs: number;
  /** Its position is to be stored. */
  changed: boolean;
}

export function newConversation(id: string, key: string, resumed: Position | undefined): Conversation {
  return {
    id,
    key,
    resumed,
    parent: undefined,
    isSubagent: false,
    transcript: undefined,
    stored: undefined,
    isAsked: false,
    done: new Map(),
    isResumed: false,
    settledTo: resumed?.offset ?? 0,
    isOpen: false,
    news: "",
    newsAtMs: 0,
    changed: false,
  };
}

export function turnsOf({ transcript, stored }: Conversation): Turn[] {
  const told = transcript?.context.turns ?? [];
  const known = stored?.conversation.turns ?? [];
  // Where only the conversation as a whole is stored, its transcript knows more.
  const isWhole = told.length > 0 && known.length === 1 && known[0]?.asked === "";
  return join(told, isWhole ? [] : known);
}

/** Changes when a source tells something new. */
export function newsOf(turns: readonly Turn[], { stored, isAsked }: Conversation): string {
  const last = turns.at(-1);
  const { transcript, database } = last ?? {};
  const counts = turns.reduce((sum, turn) => sum + weightOf(turn).input + weightOf(turn).output, 0);
  return [
    turns.length,
    isAsked,
    transcript?.to,
    transcript?.ended,
    database?.answers.length,
    database?.lastMs,
    stored?.conversation.isOver,
    stored?.conversation.turns.length,
    counts,
  ].join(" ");
}

/** How much was known of the first turns: after a restart it tells whether more is known now. */
export function weightsText(weights: readonly Weight[]): Uint8Array {
  return Buffer.from(weights.map(({ final, output, input }) => `${final} ${output} ${input}`).join("\n"));
}

export function grows(before: Weight | undefined, now: Weight): boolean {
  if (before === undefined) return true;
  return (now.final && !before.final) || now.output > before.output || now.input > before.input;
}
