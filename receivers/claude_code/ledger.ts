import type { TextWanted } from "#component/component.ts";
import type { SourceRecord, Weight } from "#component/record.ts";
import type { DropReason } from "#component/unit.ts";
import type { PromptRow, SearchRow } from "./extract.ts";
import type { TailedFile } from "#tail/tailed-file.ts";
import { mergePiece, type Piece } from "./piece.ts";
import { completionRecord, isEmpty, promptRecord, requestRecords, weightOf } from "./record.ts";
import { answerText, promptText } from "./transcript-text.ts";

export interface LedgerOptions {
  /** A request with a `stop_reason` is final so long after its last line. */
  finalDelayMs: number;
  /** A request without one is given up so long after its last line. */
  idleTimeoutMs: number;
  /** Records whose last line is older are history; 0 takes everything. */
  sinceMs: number;
  /** What may be read of texts now. */
  text(): TextWanted | undefined;
  now(): number;
  emit(record: SourceRecord): void;
  drop(reason: DropReason): void;
  count(name: string): void;
}

/** How long a request waits for the results of its web searches, and through how many more bytes of its file. */
const SEARCH_WAIT_MS = 30 * 60_000;
const SEARCH_WAIT_BYTES = 64 * 1024 * 1024;

/** Emitted keys that are remembered to spare the store a question. Two generations of this size. */
const REMEMBERED = 20_000;

interface Open {
  piece: Piece;
  file: TailedFile;
  /** The files that must be read again for it after a crash. */
  files: Set<TailedFile>;
  closed: boolean;
  /** When it is given up or taken as final, on this machine's clock. */
  deadlineMs: number;
  /** Searches per WebSearch call; undefined until its result is read. */
  searches: Map<string, number | undefined>;
  searchDeadlineMs: number;
}

/** Requests over all files: holds each until it is final, then emits it. */
export class Ledger {
  readonly #o: LedgerOptions;
  readonly #open = new Map<string, Open>();
  readonly #searching = new Map<string, Open>();
  /** The latest time that was seen: a clock that jumps back takes every deadline with it. */
  #latestMs = 0;
  #emitted = new Map<string, Weight>();
  #emittedBefore = new Map<string, Weight>();

  constructor(options: LedgerOptions) {
    this.#o = options;
  }

  get open(): number {
    return this.#open.size;
  }

  request(piece: Piece, file: TailedFile): void {
    const known = this.#open.get(piece.key);
    if (known === undefined) {
      // Copies are common and make no open request: a fork repeats everything before it.
      if (piece.searches === "") {
        if (this.#isOld(piece)) return;
        if (piece.stop && piece.followed) return this.#emit(piece, this.#counted(piece), file);
      }
      this.#begin(piece, file);
      return;
    }
    mergePiece(known.piece, piece);
    if (!piece.copied && !piece.nested && known.file !== file) {
      known.file = file;
      known.piece.from = piece.from;
      known.piece.to = piece.to;
    } else if (known.file === file) known.piece.to = Math.max(known.piece.to, piece.to);
    this.#hold(known, file, piece.from);
    this.#update(known, piece.followed);
  }

  /** True when it was emitted with counts at least as large: counted as a duplicate. */
  #isOld(piece: Piece): boolean {
    const before = this.#emitted.get(piece.key) ?? this.#emittedBefore.get(piece.key);
    if (before === undefined || isHeavier(weightOf(piece, this.#counted(piece)), before)) return false;
    this.#o.drop("duplicate");
    return true;
  }

  #counted(piece: Piece): number | undefined {
    return piece.webSearch < 0 ? undefined : piece.webSearch;
  }

  #begin(piece: Piece, file: TailedFile): void {
    const open: Open = {
      piece,
      file,
      files: new Set(),
      closed: false,
      deadlineMs: 0,
      searches: new Map(),
      searchDeadlineMs: 0,
    };
    this.#open.set(piece.key, open);
    this.#hold(open, file, piece.from);
    this.#update(open, piece.followed);
  }

  #hold(open: Open, file: TailedFile, from: number): void {
    open.files.add(file);
    const held = file.holds.get(open.piece.key);
    if (held === undefined || from < held) file.holds.set(open.piece.key, from);
  }

  #update(open: Open, followed: boolean): void {
    const { piece } = open;
    const now = this.#now();
    open.deadlineMs = now + (piece.stop ? this.#o.finalDelayMs : this.#o.idleTimeoutMs);
    open.closed = piece.stop && followed;
    for (const id of piece.searches === "" ? [] : piece.searches.split(" ")) {
      if (open.searches.has(id)) continue;
      open.searches.set(id, undefined);
      this.#searching.set(id, open);
      open.searchDeadlineMs = now + SEARCH_WAIT_MS;
    }
    if (open.closed && !isSearching(open)) this.#close(open);
  }

  /** The file went on: its requests that had a `stop_reason` and no later line are final. */
  followed(file: TailedFile, touched: ReadonlySet<string>): void {
    for (const key of file.holds.keys()) {
      const open = this.#open.get(key);
      if (open === undefined) continue;
      if (!touched.has(key) && open.piece.stop) open.closed = true;
      if (isSearching(open)) this.#limitSearch(open, file);
      else if (open.closed) this.#close(open);
    }
  }

  #limitSearch(open: Open, file: TailedFile): void {
    if (file.offset - (file.holds.get(open.piece.key) ?? file.offset) > SEARCH_WAIT_BYTES) this.#giveUp(open);
  }

  search({ toolId, searches }: SearchRow): void {
    const open = this.#searching.get(toolId);
    if (open === undefined) return;
    this.#searching.delete(toolId);
    open.searches.set(toolId, searches);
    if (open.closed && !isSearching(open)) this.#close(open);
  }

  prompt(row: PromptRow, file: TailedFile): void {
    if (row.copied) return this.#o.drop("duplicate");
    if (row.notHuman) return this.#o.drop("not_human");
    if (row.timeMs < this.#o.sinceMs) return this.#o.drop("historical");
    if (this.#remembered(row.key)) return this.#o.drop("duplicate");
    const record = promptRecord(row, file.key);
    if (this.#mayRead(row.timeMs)) {
      const text = promptText(file.path, row, row.key);
      if (text === undefined) this.#o.count("receiver_texts_unreadable");
      else if (text !== "") record.body = text;
    }
    this.#o.emit(record);
    this.#remember(row.key, { final: true, output: 0, input: 0, webSearches: 0 });
  }

  #remembered(key: string): boolean {
    return this.#emitted.has(key) || this.#emittedBefore.has(key);
  }

  /** Ends what has waited long enough. */
  expire(): void {
    const now = this.#now();
    for (const open of this.#open.values()) {
      const isDue = open.closed || open.deadlineMs <= now;
      if (isSearching(open)) {
        if (isDue && open.searchDeadlineMs <= now) this.#giveUp(open);
      } else if (isDue) this.#close(open);
    }
  }

  #now(): number {
    const now = this.#o.now();
    const backMs = this.#latestMs - now;
    this.#latestMs = now;
    if (backMs > 0) {
      for (const open of this.#open.values()) {
        open.deadlineMs -= backMs;
        open.searchDeadlineMs -= backMs;
      }
    }
    return now;
  }

  #giveUp(open: Open): void {
    this.#o.count("receiver_search_results_missing");
    this.#close(open);
  }

  /**
   * Everything is emitted as it is. With `resumes`, the next run reads again what may go on, and sends the whole in
   * place of the part: its files' positions stay before it.
   */
  finish(resumes = false): void {
    const recentMs = this.#now() - SEARCH_WAIT_MS;
    for (const open of this.#open.values()) {
      const mayGoOn = resumes && (!open.piece.stop || isSearching(open)) && open.piece.lastTimeMs > recentMs;
      const holds = mayGoOn
        ? [...open.files].map((file) => [file, file.holds.get(open.piece.key) ?? 0] as const)
        : [];
      this.#close(open);
      for (const [file, from] of holds) file.holds.set(open.piece.key, from);
    }
  }

  /** When `expire` has something to do, on this machine's clock. */
  nextDeadline(): number | undefined {
    let next: number | undefined;
    for (const open of this.#open.values()) {
      const at = isSearching(open) ? Math.max(open.deadlineMs, open.searchDeadlineMs) : open.deadlineMs;
      if (next === undefined || at < next) next = at;
    }
    return next;
  }

  #close(open: Open): void {
    this.#open.delete(open.piece.key);
    for (const file of open.files) {
      file.holds.delete(open.piece.key);
      file.changed = true;
    }
    for (const id of open.searches.keys()) if (this.#searching.get(id) === open) this.#searching.delete(id);
    if (!this.#isOldWith(open)) this.#emit(open.piece, searchesOf(open), open.file);
  }

  #isOldWith(open: Open): boolean {
    const before = this.#emitted.get(open.piece.key) ?? this.#emittedBefore.get(open.piece.key);
    if (before === undefined || isHeavier(weightOf(open.piece, searchesOf(open)), before)) return false;
    this.#o.drop("duplicate");
    return true;
  }

  #emit(piece: Piece, searches: number | undefined, file: TailedFile): void {
    if (isEmpty(piece)) return this.#o.drop("synthetic");
    if (piece.lastTimeMs < this.#o.sinceMs) return this.#o.drop("historical");
    for (const record of requestRecords(piece, searches, file.key)) {
      this.#o.emit(record);
      this.#remember(record.local.request, record.weight);
    }
    // What a sub-agent says, it says to another agent.
    const isForPeople = !piece.nested && !piece.subagent;
    if (piece.stop && isForPeople && !piece.copied && this.#mayRead(piece.timeMs, true))
      this.#answer(piece, file);
  }

  #answer(piece: Piece, file: TailedFile): void {
    const text = answerText(file.path, piece, piece.key);
    if (text !== undefined) this.#o.emit(completionRecord(piece, text, file.key));
  }

  #mayRead(timeMs: number, isAnswer = false): boolean {
    const wanted = this.#o.text();
    return wanted !== undefined && timeMs >= wanted.sinceMs && (!isAnswer || wanted.completions);
  }

  #remember(key: string, weight: Weight): void {
    if (this.#emitted.size >= REMEMBERED) {
      this.#emittedBefore = this.#emitted;
      this.#emitted = new Map();
    }
    this.#emitted.set(key, weight);
  }
}

function isSearching(open: Open): boolean {
  for (const searches of open.searches.values()) if (searches === undefined) return true;
  return false;
}

/** The vendor's own counter, else what the results said. Undefined when neither is known. */
function searchesOf({ piece, searches }: Open): number | undefined {
  if (piece.webSearch > 0) return piece.webSearch;
  let sum: number | undefined;
  for (const count of searches.values()) if (count !== undefined) sum = (sum ?? 0) + count;
  return sum ?? (piece.webSearch < 0 ? undefined : piece.webSearch);
}

function isHeavier(a: Weight, than: Weight): boolean {
  return (
    (a.final && !than.final) ||
    a.output > than.output ||
    a.input > than.input ||
    a.webSearches > than.webSearches
  );
}
