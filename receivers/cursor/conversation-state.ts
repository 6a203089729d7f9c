import type { Weight } from "#component/record.ts";
import type { Position } from "#component/unit.ts";
import type { Database } from "./databases.ts";
import type { HookTurns } from "./hook-turns.ts";
import { joinHooks } from "./join-hooks.ts";
import { join } from "./join.ts";
import { weightOf } from "./record.ts";
import type { TranscriptFile } from "./transcript.ts";
import type { DatabaseConversation, Turn } from "./turn.ts";

/** What was emitted of a turn, or is left out for good. */
export interface Done {
  weight: Weight;
  /** Without its hook, which later runs know no more of; undefined where only the hook told of it. */
  told: Weight | undefined;
  /** Its prompt and its answer went out, too, where there are any. */
  hasText: boolean;
  /** It went out with a working directory. */
  hasFolder: boolean;
}

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
  /** By a turn's ordinal. */
  done: Map<number, Done>;
  isResumed: boolean;
  /** All turns before this one are done. */
  settledTo: number;
  isOpen: boolean;
  /** The last turn is over, as one source says: it waits for what the others have to say. */
  isAwaited: boolean;
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
    isAwaited: false,
    news: "",
    newsAtMs: 0,
    changed: false,
  };
}

export function turnsOf({ id, transcript, stored, done }: Conversation, hooks?: HookTurns): Turn[] {
  const told = transcript?.context.turns ?? [];
  const inDatabase = stored?.conversation.turns ?? [];
  const hooked = hooks?.of(id) ?? [];
  const next = hooks?.nextOf(id) ?? 0;
  // Where only the conversation as a whole is stored, its transcript and its hooks know more.
  const isMore = told.length > 0 || hooked.length > 0 || next > 0;
  const isWhole = isMore && inDatabase.length === 1 && inDatabase[0]?.asked === "";
  const turns = join(told, isWhole ? [] : inDatabase);
  return joinHooks(turns, {
    hooks: hooked,
    next,
    isDone: (ordinal) => done.has(ordinal),
    isBare(ordinal) {
      const known = done.get(ordinal);
      return known?.told !== undefined && !grows(known.told, known.weight);
    },
  });
}

/** The turn as it is known without hooks; undefined where only a hook told of it. */
export function toldWeight(turn: Turn): Weight | undefined {
  if (turn.transcript === undefined && turn.database === undefined) return undefined;
  const { hook, ...told } = turn;
  return weightOf(hook === undefined ? turn : told);
}

/** Changes when a source tells something new. */
export function newsOf(turns: readonly Turn[], { stored, isAsked }: Conversation): string {
  const last = turns.at(-1);
  const { transcript, database, hook } = last ?? {};
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
    hook?.isOver,
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

/** What an earlier run emitted, or stepped over as history, is done. */
export function resume(
  conversation: Conversation,
  turns: readonly Turn[],
  digest: (bytes: Uint8Array) => string,
): void {
  const { resumed: at, transcript, done } = conversation;
  const historyTo = at === undefined ? (transcript?.context.resumeAt ?? 0) : 0;
  const before = turns.filter(({ ordinal }) => ordinal < (at?.offset ?? 0));
  const weights = before.flatMap((turn) => toldWeight(turn) ?? []);
  const isSame = at === undefined || at.marker === "" || at.marker === digest(weightsText(weights));
  for (const turn of turns) {
    const isHistory = turn.transcript !== undefined && turn.transcript.from < historyTo;
    const told = toldWeight(turn);
    const isTold = isHistory || (told !== undefined && isSame && before.includes(turn));
    // A hook's place says that it went out, whatever others tell of it now.
    const isPlaced = before.includes(turn) && (turn.hook?.place ?? -1) >= 0;
    if (!isTold && !isPlaced) continue;
    done.set(turn.ordinal, {
      weight: emittedWeight(turn, isTold),
      told: isTold ? told : undefined,
      hasText: isTold && hasTextOf(turn),
      hasFolder: isTold || turn.hook?.cwd !== "",
    });
  }
}

/** Another source than its hook knows what was asked. */
export function hasTextOf({ transcript, database }: Turn): boolean {
  return transcript !== undefined || (database !== undefined && database.asked !== "");
}

/** With the counts that its hook had when it was emitted. */
function emittedWeight(turn: Turn, isTold: boolean): Weight {
  const nothing = { final: false, output: 0, input: 0, webSearches: 0 };
  const told = (isTold ? toldWeight(turn) : undefined) ?? nothing;
  const { input, output } = turn.hook?.emitted ?? { input: 0, output: 0 };
  return {
    ...told,
    final: told.final || input > 0 || output > 0,
    input: Math.max(told.input, input),
    output: Math.max(told.output, output),
  };
}
