import type { Clock, ReceiverHost, TextWanted } from "#component/component.ts";
import type { Position } from "#component/unit.ts";
import type { Outgoing } from "#tail/outgoing.ts";
import {
  type Conversation,
  grows,
  hasTextOf,
  newConversation,
  newsOf,
  resume,
  toldWeight,
  turnsOf,
  weightsText,
} from "./conversation-state.ts";
import type { HookTurns } from "./hook-turns.ts";
import {
  completionRecord,
  isUnanswered,
  promptRecord,
  requestRecord,
  timesOf,
  type TurnPlace,
  weightOf,
} from "./record.ts";
import { release } from "./reading.ts";
import { placeOf } from "./transcript.ts";
import { answerIn, promptIn } from "./transcript-text.ts";
import type { Turn } from "./turn.ts";
import type { WorkingFolders } from "./working-folder.ts";

/** Cursor's database is written later than its transcripts: so long, a turn that is over waits for it. */
const DATABASE_WAIT_MS = 15_000;
/** A conversation without news for so long is forgotten: its position remembers it. */
const FORGET_AFTER_MS = 10 * 60_000;

export interface ConversationsOptions {
  host: ReceiverHost;
  clock: Clock;
  outgoing: Outgoing;
  folders: WorkingFolders;
  /** What hooks told; undefined when they are not read. */
  hooks: HookTurns | undefined;
  idleTimeoutMs: number;
  /** Turns whose end is older are history; 0 takes everything. */
  sinceMs: number;
  /** Texts of messages in a database. */
  texts(file: string, keys: string[]): Promise<string[]>;
}

/** Conversations in which something happens: puts together what is told of each turn, and emits it once it is over. */
export class Conversations {
  readonly #o: ConversationsOptions;
  readonly #byId = new Map<string, Conversation>();
  /** By conversation: the one that began it. */
  readonly #parents = new Map<string, string>();
  /** Positions of conversations that were forgotten before they were stored. */
  readonly #left = new Map<string, Position>();
  #latestMs = 0;

  constructor(options: ConversationsOptions) {
    this.#o = options;
  }

  get open(): number {
    let open = 0;
    for (const { isOpen } of this.#byId.values()) if (isOpen) open += 1;
    return open;
  }

  get active(): IterableIterator<Conversation> {
    return this.#byId.values();
  }

  keyOf(id: string): string {
    return this.#o.host.fileKey(`conversation ${id}`);
  }

  /** True when this change of the conversation was read and stored before. */
  isRead(id: string, changedMs: number): boolean {
    const position = this.#o.host.position(this.keyOf(id));
    return position !== undefined && position.marker !== "" && position.grewAtMs === changedMs;
  }

  /** True when a batch with its records was lost: they are to be read again. */
  isOwed(id: string): boolean {
    const position = this.#o.host.position(this.keyOf(id));
    return position !== undefined && position.marker === "";
  }

  of(id: string): Conversation {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const key = this.keyOf(id);
    const conversation = newConversation(id, key, this.#left.get(key) ?? this.#o.host.position(key));
    conversation.newsAtMs = this.#now();
    this.#byId.set(id, conversation);
    return conversation;
  }

  isBegunBy(child: string, parent: string): void {
    this.#parents.set(child, parent);
  }

  /** Emits every turn that is over. With `isEnd`, what is there is all there is. */
  async settle(conversation: Conversation, isEnd = false): Promise<void> {
    const turns = turnsOf(conversation, this.#o.hooks);
    this.#notice(conversation, turns);
    if (!conversation.isAsked && !isEnd && this.#quietMs(conversation) < DATABASE_WAIT_MS) {
      conversation.isAwaited = true;
      return this.#hold(conversation, turns);
    }
    if (!conversation.isResumed) this.#resume(conversation, turns);
    conversation.isOpen = false;
    for (const [i, turn] of turns.entries()) {
      if (!isEnd && i === turns.length - 1) {
        const standing = this.#standing(conversation, turn);
        conversation.isAwaited = standing === "awaited";
        if (standing !== "over") return this.#hold(conversation, [turn]);
      }
      await this.#take(conversation, turn);
      if (turn.ordinal >= conversation.settledTo) {
        conversation.settledTo = turn.ordinal + 1;
        conversation.changed = true;
      }
    }
    if (conversation.transcript !== undefined) release(conversation.transcript);
  }

  #notice(conversation: Conversation, turns: readonly Turn[]): void {
    const news = newsOf(turns, conversation);
    if (news === conversation.news) return;
    conversation.news = news;
    conversation.newsAtMs = this.#now();
    conversation.changed = true;
  }

  /** What an earlier run emitted, or stepped over as history, is done. */
  #resume(conversation: Conversation, turns: readonly Turn[]): void {
    conversation.isResumed = true;
    resume(conversation, turns, (bytes) => this.#o.host.digest(bytes));
  }

  /** After a crash, the first of these turns that is not done is read again. */
  #hold(conversation: Conversation, turns: readonly Turn[]): void {
    conversation.isOpen = true;
    const file = conversation.transcript;
    const first = turns.find(({ ordinal, transcript }) => transcript && !conversation.done.has(ordinal));
    if (file === undefined || first?.transcript === undefined) return;
    const from = Math.max(first.transcript.from, file.context.resumeAt);
    if (file.holds.get("open") === from) return;
    file.holds.set("open", from);
    file.changed = true;
  }

  /** `awaited`: over, as one source says, which waits a while for what the others have to say. */
  #standing(conversation: Conversation, turn: Turn): "over" | "awaited" | "open" {
    const { transcript, database, hook } = turn;
    const { stored, isAsked, done } = conversation;
    const quietMs = this.#quietMs(conversation);
    if (quietMs >= this.#o.idleTimeoutMs) return "over";
    const hasWaited = quietMs >= DATABASE_WAIT_MS;
    const awaited = hasWaited ? "over" : "awaited";
    // Its own turn may be told of yet.
    if (turn.isGuessed === true && done.has(turn.ordinal)) return awaited;
    const told = Math.max(transcript?.lastMs ?? 0, database?.lastMs || 0, hook?.endMs ?? 0);
    const isOld = this.#now() - Math.max(told, stored?.changedMs ?? 0) >= this.#o.idleTimeoutMs;
    const isHooked = hook !== undefined || isOld || this.#o.hooks?.isRecording !== true;
    const isEnded = transcript?.ended === true || hook?.isOver === true;
    if (isEnded || (isOld && (transcript ?? hook) !== undefined)) {
      const isLacking = transcript !== undefined && (stored?.conversation.turns.length ?? 0) === 0;
      const isStored = database !== undefined || (isAsked && isLacking);
      return isStored && isHooked ? "over" : awaited;
    }
    if (database === undefined) return "open";
    if (isOld) return "over";
    const isOver = stored?.conversation.isOver === true && database.answers.length > 0;
    return isOver ? (isHooked ? "over" : awaited) : "open";
  }

  #quietMs({ newsAtMs }: Conversation): number {
    return this.#now() - newsAtMs;
  }

  async #take(conversation: Conversation, turn: Turn): Promise<void> {
    const { outgoing, hooks } = this.#o;
    const place = this.#place(conversation, turn);
    const { isNew, isMore, hasNewText } = this.#book(conversation, turn, place);
    if (turn.hook !== undefined) hooks?.placed(turn.hook, turn.ordinal);
    if (!isMore && !hasNewText) return;
    const times = timesOf(turn);
    if (Number.isNaN(times.startMs)) return outgoing.drop("malformed");
    if (this.#isHistory(turn)) return outgoing.drop("historical");
    const wanted = this.#o.host.text?.();
    const mayRead = wanted !== undefined && times.isDated && times.notBeforeMs >= wanted.sinceMs;
    if (hasNewText && !place.isSubagent) {
      outgoing.emit(promptRecord(turn, place, mayRead ? await this.#prompt(conversation, turn) : undefined));
    }
    if (isUnanswered(turn)) return isMore || isNew ? outgoing.drop("synthetic") : undefined;
    if (isMore) outgoing.emit(requestRecord(turn, place));
    if (hasNewText && mayRead) await this.#answer(conversation, { turn, place, wanted });
  }

  /** Notes what goes out of a turn now, and tells what of it did not before. */
  #book(
    conversation: Conversation,
    turn: Turn,
    { cwd }: TurnPlace,
  ): { isNew: boolean; isMore: boolean; hasNewText: boolean } {
    const { done } = conversation;
    const before = done.get(turn.ordinal);
    const weight = weightOf(turn);
    const told = toldWeight(turn);
    const hasText = hasTextOf(turn);
    // What is left out where a folder must be known may pass now.
    const isFound = before?.hasFolder === false && cwd !== "";
    const isMore = grows(before?.weight, weight) || isFound;
    const isTold = told !== undefined && grows(before?.told, told);
    const hasNewText = hasText && (before?.hasText !== true || isFound);
    if (isMore || isTold || hasNewText) conversation.changed = true;
    done.set(turn.ordinal, {
      weight: before === undefined || grows(before.weight, weight) ? weight : before.weight,
      told: isTold ? told : before?.told,
      hasText: hasText || before?.hasText === true,
      hasFolder: cwd !== "" || before?.hasFolder === true,
    });
    return { isNew: before === undefined, isMore, hasNewText };
  }

  /** Where only a range is known in which it was asked, all of that range must be new. */
  #isHistory(turn: Turn): boolean {
    const { lastMs, notBeforeMs, startMs } = timesOf(turn);
    if (lastMs < this.#o.sinceMs) return true;
    return startMs !== notBeforeMs && notBeforeMs < this.#o.sinceMs;
  }

  #place(conversation: Conversation, { hook }: Turn): TurnPlace {
    const { id, key, transcript, stored } = conversation;
    const told = transcript === undefined ? undefined : placeOf(transcript.path);
    const parent = told?.parent || this.#parents.get(id);
    const isSubagent =
      parent !== undefined || told?.parent !== undefined || stored?.conversation.isSubagent === true;
    const known = stored?.conversation.cwd || stored?.database.folder || hook?.cwd;
    const cwd = known || this.#o.folders.of(told?.folderName ?? "") || "";
    return { conversation: id, parent, isSubagent, cwd, model: stored?.conversation.model ?? "", key };
  }

  async #prompt({ transcript, stored }: Conversation, turn: Turn): Promise<string | undefined> {
    if (transcript !== undefined && turn.transcript !== undefined) {
      const text = promptIn(transcript.path, turn.transcript);
      if (text !== undefined) return text;
    }
    if (stored === undefined || !turn.database?.asked) return undefined;
    const [text] = await this.#o.texts(stored.database.file, [turn.database.asked]);
    return text?.trim() || undefined;
  }

  async #answer(
    { transcript, stored }: Conversation,
    { turn, place, wanted }: { turn: Turn; place: TurnPlace; wanted: TextWanted },
  ): Promise<void> {
    if (!wanted.completions) return;
    let text: string | undefined;
    if (transcript !== undefined && turn.transcript !== undefined) {
      text = answerIn(transcript.path, turn.transcript);
    }
    if (text === undefined && stored !== undefined && turn.database !== undefined) {
      const texts = await this.#o.texts(stored.database.file, turn.database.answers);
      text = texts
        .filter((part) => part !== "")
        .join("\n\n")
        .trim();
    }
    if (text) this.#o.outgoing.emit(completionRecord(turn, place, text));
  }

  /** Those in which something may be over by now. */
  get due(): Conversation[] {
    return [...this.#byId.values()].filter((conversation) => {
      return conversation.isOpen && this.#deadline(conversation) <= this.#now();
    });
  }

  /** When `due` has something to do, on this machine's clock. */
  nextDeadline(): number | undefined {
    let next: number | undefined;
    for (const conversation of this.#byId.values()) {
      const at = conversation.isOpen ? this.#deadline(conversation) : undefined;
      if (at !== undefined && (next === undefined || at < next)) next = at;
    }
    return next;
  }

  #deadline({ newsAtMs, isAwaited }: Conversation): number {
    return newsAtMs + Math.min(this.#o.idleTimeoutMs, isAwaited ? DATABASE_WAIT_MS : Infinity);
  }

  /** Adds the positions that changed since the last call. */
  takePositions(into: Map<string, Position | null>): void {
    for (const [key, position] of this.#left) into.set(key, position);
    this.#left.clear();
    for (const conversation of this.#byId.values()) {
      if (!conversation.changed || conversation.settledTo === 0) continue;
      conversation.changed = false;
      into.set(conversation.key, this.#position(conversation));
    }
  }

  #position({ done, settledTo, isOpen, stored }: Conversation): Position {
    const weights = [...done]
      .filter(([ordinal]) => ordinal < settledTo)
      .toSorted(([a], [b]) => a - b)
      .flatMap(([, { told }]) => told ?? []);
    return {
      offset: settledTo,
      head: "",
      headBytes: 0,
      marker: this.#o.host.digest(weightsText(weights)),
      // What is open is to be read again, whether or not it changes.
      grewAtMs: isOpen ? 0 : (stored?.changedMs ?? 0),
    };
  }

  /** Lets go of those without news. */
  forget(): void {
    const now = this.#now();
    for (const [id, conversation] of this.#byId) {
      // What changed last long ago has no news, though it is read only now.
      const newsAtMs = conversation.stored?.changedMs || conversation.newsAtMs;
      if (conversation.isOpen || now - newsAtMs < FORGET_AFTER_MS) continue;
      if (conversation.changed && conversation.settledTo > 0) {
        this.#left.set(conversation.key, this.#position(conversation));
      }
      this.#byId.delete(id);
    }
  }

  /** A clock that jumps back takes every deadline with it. */
  #now(): number {
    const now = this.#o.clock.now();
    const backMs = this.#latestMs - now;
    this.#latestMs = now;
    if (backMs > 0) for (const conversation of this.#byId.values()) conversation.newsAtMs -= backMs;
    return now;
  }
}
