import type { HookTurn, Turn } from "./turn.ts";

/** What was asked is noted a moment after the hook of the turn before ran, by clocks that need not agree to the second. */
const SKEW_MS = 2_000;
/** A turn of which nothing was heard for so long was over before: what a hook tells now is another one. */
const STALE_MS = 10 * 60_000;

export interface Hooked {
  /** In the order in which they ended. */
  hooks: readonly HookTurn[];
  /** The first place behind those of all hooks that ever got one. */
  next: number;
  /** True for an ordinal that a record went out under. */
  isDone(ordinal: number): boolean;
  /** The same, and no hook had told of it then: it lacks one. */
  isBare(ordinal: number): boolean;
}

/**
 * Says for which turn each hook ran: by Cursor's id of the turn, else by how long the transcript was then, else by time,
 * else by order. A hook of which no other source tells is a turn of its own, behind those that were begun before it.
 * What a hook was emitted under once, it keeps, whatever becomes known later: its counts must never be counted twice.
 */
export function joinHooks(told: readonly Turn[], hooked: Hooked): Turn[] {
  if (hooked.hooks.length === 0) return [...told];
  const placed = hooked.hooks.filter(({ place }) => place >= 0).toSorted((a, b) => a.place - b.place);
  const lowest = Math.min(hooked.next, placed[0]?.place ?? Infinity);
  return new Matching(withPlaced(told, placed), hooked, lowest).joined();
}

/** Hooks that have their places, and the turns at these. A turn that is another one goes behind the hook's. */
function withPlaced(told: readonly Turn[], placed: readonly HookTurn[]): Turn[] {
  const turns: Turn[] = [];
  let next = 0;
  const last = () => turns.at(-1)?.ordinal ?? -1;
  const isNamed = ({ generation }: HookTurn) =>
    told.some(({ database }) => database?.generation === generation);
  for (const turn of told) {
    const own: Turn = { ...turn, ordinal: Math.max(last() + 1, turn.ordinal) };
    for (; own.hook === undefined; next += 1) {
      const hook = placed[next];
      if (hook === undefined || hook.place > own.ordinal) break;
      if (hook.place <= last()) continue;
      if (hook.place === own.ordinal && (mayBe(turn, hook) || isNamed(hook))) own.hook = hook;
      else turns.push({ ordinal: hook.place, hook });
      if (own.hook === undefined) own.ordinal = Math.max(last() + 1, own.ordinal);
    }
    turns.push(own);
  }
  for (const hook of placed.slice(next)) if (hook.place > last()) turns.push({ ordinal: hook.place, hook });
  return turns;
}

class Matching {
  readonly #turns: readonly Turn[];
  readonly #hooked: Hooked;
  /** Turns with lower ordinals belong to hooks of which nothing is known any more. */
  readonly #lowest: number;
  /** By index of the turn. */
  readonly #taken = new Map<number, Pick<Turn, "hook" | "isGuessed">>();
  /** Hooks without a turn, and before the turn of which index they go. */
  readonly #alone: { hook: HookTurn; before: number }[] = [];
  /** Turns before this index have their hooks, or none. */
  #from: number;

  constructor(turns: readonly Turn[], hooked: Hooked, lowest: number) {
    this.#turns = turns;
    this.#hooked = hooked;
    this.#lowest = lowest;
    const first = turns.findIndex(({ ordinal }) => ordinal >= hooked.next);
    this.#from = first < 0 ? turns.length : first;
    const fresh = hooked.hooks.filter(({ place }) => place < 0);
    for (const [i, hook] of fresh.entries()) this.#find(hook, fresh.length - i);
  }

  /** `left`: so many hooks have no turn yet, this one included. */
  #find(hook: HookTurn, left: number): void {
    const exact = this.#byGeneration(hook) ?? this.#byBytes(hook);
    const at = exact ?? this.#byTime(hook, left);
    if (at === undefined) {
      this.#alone.push({ hook, before: this.#beforeOf(hook) });
      return;
    }
    const isSure = exact !== undefined && this.#turns[exact]?.database?.generation === hook.generation;
    const ordinal = this.#turns[at]?.ordinal ?? -1;
    // What went out without a hook has a reason to: perhaps its hook is another one.
    const isGuessed = !isSure && (exact === undefined || this.#hooked.isDone(ordinal));
    this.#taken.set(at, isGuessed ? { hook, isGuessed } : { hook });
    this.#from = Math.max(this.#from, at + 1);
  }

  #byGeneration({ generation }: HookTurn): number | undefined {
    const at = this.#turns.findIndex(({ database }) => database?.generation === generation);
    return this.#isFree(at) ? at : undefined;
  }

  /** The last turn that had begun in the transcript, unless that one has its hook: then nothing of this one was written. */
  #byBytes(hook: HookTurn): number | undefined {
    const at = this.#turns.findLastIndex(({ transcript }) => {
      return transcript !== undefined && transcript.from < hook.transcriptBytes;
    });
    return this.#isFree(at) && mayBe(this.#turns[at], hook) ? at : undefined;
  }

  #byTime(hook: HookTurn, left: number): number | undefined {
    let at = -1;
    let isTimed = false;
    for (const [i, turn] of this.#turns.entries()) {
      if (i < this.#from || Number.isNaN(startOf(turn))) continue;
      isTimed = true;
      if (startOf(turn) <= hook.endMs + SKEW_MS) at = i;
    }
    // Nothing tells times: the last hooks ran for the last turns.
    if (!isTimed) at = Math.max(this.#from, this.#turns.length - left);
    const turn = this.#turns[at];
    if (turn === undefined || !this.#isFree(at) || !mayBe(turn, hook)) return undefined;
    return hook.endMs - lastOf(turn) > STALE_MS ? undefined : at;
  }

  #isFree(at: number): boolean {
    const turn = this.#turns[at];
    if (turn === undefined || turn.hook !== undefined || this.#taken.has(at)) return false;
    return turn.ordinal >= this.#lowest || this.#hooked.isBare(turn.ordinal);
  }

  /** What went out keeps its place: a hook that comes too late for its own goes behind all. */
  #beforeOf({ endMs }: HookTurn): number {
    const { length } = this.#turns;
    const later = this.#turns.findIndex((turn, i) => i >= this.#from && startOf(turn) > endMs + SKEW_MS);
    if (later < 0) return length;
    return this.#turns.slice(later).some(({ ordinal }) => this.#hooked.isDone(ordinal)) ? length : later;
  }

  joined(): Turn[] {
    const joined: Turn[] = [];
    let free = this.#hooked.next;
    const put = (turn: Turn) => {
      const ordinal = Math.max((joined.at(-1)?.ordinal ?? -1) + 1, turn.ordinal);
      joined.push({ ...turn, ordinal });
      if (turn.hook !== undefined) free = Math.max(free, ordinal + 1);
    };
    for (let at = 0; at <= this.#turns.length; at += 1) {
      for (const { hook, before } of this.#alone) if (before === at) put({ ordinal: free, hook });
      const turn = this.#turns[at];
      if (turn !== undefined) put({ ...turn, ...this.#taken.get(at) });
    }
    return joined;
  }
}

/** False where ids or times say that the hook ran for another turn. */
function mayBe(turn: Turn | undefined, { generation, endMs }: HookTurn): boolean {
  const known = turn?.database?.generation ?? "";
  return (known === "" || known === generation) && !(startOf(turn) > endMs + SKEW_MS);
}

/** When it was asked, as far as that can be believed; NaN otherwise. */
function startOf(turn: Turn | undefined): number {
  const { transcript, database } = turn ?? {};
  if (database !== undefined && !Number.isNaN(database.startMs)) return database.startMs;
  return transcript?.isDated === true ? transcript.earliestMs : NaN;
}

/** The latest that is known of it; Infinity when nothing is. */
function lastOf({ transcript, database }: Turn): number {
  const latest = Math.max(
    database?.startMs || 0,
    database?.lastMs || 0,
    transcript?.isDated === true ? transcript.lastMs : 0,
  );
  return latest === 0 ? Infinity : latest;
}
