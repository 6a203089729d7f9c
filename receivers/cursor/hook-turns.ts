import type { ReceiverHost } from "#component/component.ts";
import type { Position } from "#component/unit.ts";
import type { HookEvent } from "./hooks/event.ts";
import type { HookTurn } from "./turn.ts";

type Counts = Pick<HookTurn, "input" | "output" | "cacheRead" | "cacheWrite">;

/** What a line told: something of a turn, what was told before, or a turn that another conversation has. */
export type Told =
  | { kind: "news"; turn: HookTurn; isExclusive: boolean }
  | { kind: "known"; turn: HookTurn }
  | { kind: "taken" };

/** The turns that hooks told of, each once, however many hooks told of it. */
export class HookTurns {
  readonly #host: Pick<ReceiverHost, "fileKey" | "digest" | "position">;
  readonly #byConversation = new Map<string, Map<string, HookTurn>>();
  /** A turn belongs to one conversation: what told of it first. */
  readonly #conversations = new Map<string, string>();
  /** By conversation, where the place after its last hook is to be stored. */
  readonly #moved = new Map<string, Position>();
  readonly #changed = new Set<HookTurn>();
  /** Positions that nobody needs any longer. */
  readonly #forgotten = new Set<string>();

  constructor(host: Pick<ReceiverHost, "fileKey" | "digest" | "position">) {
    this.#host = host;
  }

  get size(): number {
    return this.#conversations.size;
  }

  /** Hooks are installed, as far as that shows: a turn without one may get one yet. */
  get isRecording(): boolean {
    return this.size > 0;
  }

  get conversations(): IterableIterator<string> {
    return this.#byConversation.keys();
  }

  /** Adds what one line told. `cwd`: the folder that was sealed in it; "" when unknown. */
  add(event: HookEvent, cwd: string): Told {
    const { conversation, generation } = event;
    if ((this.#conversations.get(generation) ?? conversation) !== conversation) return { kind: "taken" };
    const turns = this.#byConversation.get(conversation) ?? new Map<string, HookTurn>();
    const known = turns.get(generation);
    const turn = known ?? this.#begun(event);
    turns.set(generation, turn);
    this.#byConversation.set(conversation, turns);
    this.#conversations.set(generation, conversation);
    const isNews = book(turn, event, cwd);
    if (!isNews.any && known !== undefined) return { kind: "known", turn };
    return { kind: "news", turn, isExclusive: isNews.isExclusive };
  }

  /** In the order in which they ended. */
  of(conversation: string): HookTurn[] {
    const turns = this.#byConversation.get(conversation)?.values() ?? [];
    return [...turns].toSorted((a, b) => a.endMs - b.endMs);
  }

  /** The first place behind those of all hooks of the conversation, of this run and of earlier ones. */
  nextOf(conversation: string): number {
    return this.#lastOf(conversation)?.offset ?? 0;
  }

  /** What the turn was emitted under, and with, goes with the records that are emitted. */
  placed(turn: HookTurn, ordinal: number): void {
    const emitted = { input: Math.max(0, turn.input), output: Math.max(0, turn.output) };
    if (
      turn.place === ordinal &&
      turn.emitted.input >= emitted.input &&
      turn.emitted.output >= emitted.output
    ) {
      return;
    }
    turn.place = ordinal;
    turn.emitted = emitted;
    this.#changed.add(turn);
    if (ordinal < this.nextOf(turn.conversation)) return;
    const marker = this.#host.digest(Buffer.from(turn.generation));
    const last = { offset: ordinal + 1, head: "", headBytes: 0, marker, grewAtMs: turn.endMs };
    this.#moved.set(this.#keyOf(turn.conversation), last);
  }

  /** Adds the positions that changed since the last call. */
  takePositions(into: Map<string, Position | null>): void {
    for (const key of this.#forgotten) into.set(key, null);
    this.#forgotten.clear();
    for (const [key, position] of this.#moved) into.set(key, position);
    this.#moved.clear();
    for (const { key, place, emitted } of this.#changed) {
      // No file, but the same care: it is stored with the records, or not at all.
      into.set(key, {
        offset: place,
        head: "",
        headBytes: emitted.output,
        marker: "",
        grewAtMs: emitted.input,
      });
    }
    this.#changed.clear();
  }

  /** True once its place is stored. */
  isStored(turn: HookTurn): boolean {
    return turn.place >= 0 && !this.#changed.has(turn);
  }

  /** Lets go of turns that are stored. Without `isGone`, a line that tells of one again finds its place. */
  forget(turn: HookTurn, isGone: boolean): void {
    const turns = this.#byConversation.get(turn.conversation);
    turns?.delete(turn.generation);
    if (turns?.size === 0) this.#byConversation.delete(turn.conversation);
    this.#conversations.delete(turn.generation);
    if (isGone) this.#forgotten.add(turn.key);
  }

  #begun({ conversation, generation, at }: HookEvent): HookTurn {
    const key = this.#host.fileKey(`hook ${conversation} ${generation}`);
    const position = this.#host.position(key);
    const last = position === undefined ? this.#lastOf(conversation) : undefined;
    const isLast = last !== undefined && last.marker === this.#host.digest(Buffer.from(generation));
    return {
      conversation,
      generation,
      key,
      endMs: at,
      isOver: false,
      isAnswered: false,
      model: "",
      version: "",
      ...UNKNOWN,
      transcriptBytes: -1,
      cwd: "",
      countedBy: undefined,
      place: position?.offset ?? (isLast ? last.offset - 1 : -1),
      emitted: { input: position?.grewAtMs ?? 0, output: position?.headBytes ?? 0 },
    };
  }

  #lastOf(conversation: string): Position | undefined {
    const key = this.#keyOf(conversation);
    return this.#moved.get(key) ?? this.#host.position(key);
  }

  #keyOf(conversation: string): string {
    return this.#host.fileKey(`hooks of ${conversation}`);
  }
}

/** More than a turn can need: such a number is a mistake. */
const MOST_TOKENS = 100_000_000;
const UNKNOWN: Counts = { input: -1, output: -1, cacheRead: -1, cacheWrite: -1 };

/** Whether the line told anything new. */
function book(turn: HookTurn, event: HookEvent, cwd: string): { any: boolean; isExclusive: boolean } {
  const isStop = event.event === "stop";
  const { isExclusive, ...counts } = countsOf(event);
  const isCounted = isBetter(turn, counts, event.event);
  const any = isCounted || (isStop && !turn.isOver) || (turn.cwd === "" && cwd !== "");
  // Of one told twice, the first was nearer to the end.
  if (isStop ? !turn.isOver : !turn.isOver && event.at > turn.endMs) turn.endMs = event.at;
  if (isCounted) Object.assign(turn, counts, { countedBy: event.event });
  turn.isOver ||= isStop;
  turn.isAnswered ||= !isStop || event.status === "completed" || isKnown(counts);
  turn.model ||= event.model ?? "";
  turn.version ||= event.version ?? "";
  turn.cwd ||= cwd;
  if (turn.transcriptBytes < 0 || isStop)
    turn.transcriptBytes = event.transcriptBytes ?? turn.transcriptBytes;
  return { any, isExclusive: isCounted && isExclusive };
}

/** `stop` tells of all of the turn. Of two that tell the same, the larger one knew more. */
function isBetter(turn: HookTurn, counts: Counts, by: HookEvent["event"]): boolean {
  if (!isKnown(counts)) return false;
  if (turn.countedBy === undefined) return true;
  if (turn.countedBy !== by) return by === "stop";
  return counts.input > turn.input || counts.output > turn.output;
}

function isKnown({ input, output }: Counts): boolean {
  return input >= 0 || output >= 0;
}

/**
 * Cursor says all input, with what was read from the cache and written to it. Where the parts are more than the whole,
 * they are not in it: that version says what is left beside them. A call with nothing but zeros counted nothing.
 */
export function countsOf(event: HookEvent): Counts & { isExclusive: boolean } {
  const { input = -1, output = -1, cacheRead = -1, cacheWrite = -1 } = event;
  const largest = Math.max(input, output, cacheRead, cacheWrite);
  if (largest <= 0 || largest > MOST_TOKENS / 3) return { ...UNKNOWN, isExclusive: false };
  // Parts of a whole that is not known.
  if (input < 0) return { ...UNKNOWN, output, isExclusive: false };
  const cached = Math.max(0, cacheRead) + Math.max(0, cacheWrite);
  const isExclusive = cached > input;
  return { input: isExclusive ? input + cached : input, output, cacheRead, cacheWrite, isExclusive };
}
