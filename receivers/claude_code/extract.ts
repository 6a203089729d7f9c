/**
 * What was found in a stretch of files, in the form in which a worker thread hands it over: rows of numbers in one
 * array, whose strings are places in a table where each stands once. An object per row would cost the main thread
 * more than it takes to scan the files.
 */
import type { Piece } from "./piece.ts";

const COLUMNS = 24;
const C = {
  kind: 0, flags: 1, timeMs: 2, lastTimeMs: 3, from: 4, to: 5,
  input: 6, output: 7, cacheWrite: 8, cacheRead: 9, write5m: 10, write1h: 11, webSearch: 12,
  key: 13, model: 14, tier: 15, geo: 16, speed: 17, iterations: 18, session: 19, turn: 20, cwd: 21, version: 22, searches: 23,
} as const; // prettier-ignore
export const RowKind = { request: 1, prompt: 2, search: 3 } as const;
const F = { stop: 1, followed: 2, copied: 4, nested: 8, subagent: 16, notHuman: 32 } as const;

export interface PromptRow {
  key: string;
  timeMs: number;
  from: number;
  to: number;
  /** Told again by a fork or resume of another session. */
  copied: boolean;
  /** Written by a program. */
  notHuman: boolean;
  session: string;
  turn: string;
  cwd: string;
  version: string;
}

/** A WebSearch call was answered, with so many searches. */
export interface SearchRow {
  toolId: string;
  searches: number;
}

/** What can be handed to another thread. */
export interface ExtractData {
  rows: Float64Array<ArrayBuffer>;
  strings: string[];
}

export class ExtractWriter {
  #rows = new Float64Array(256 * COLUMNS);
  #count = 0;
  #strings: string[] = [""];
  #places = new Map<string, number>([["", 0]]);

  get count(): number {
    return this.#count;
  }

  request(p: Piece): void {
    const { rows, at } = this.#next(RowKind.request);
    rows[at + C.flags] =
      (p.stop ? F.stop : 0) |
      (p.followed ? F.followed : 0) |
      (p.copied ? F.copied : 0) |
      (p.nested ? F.nested : 0) |
      (p.subagent ? F.subagent : 0);
    rows[at + C.timeMs] = p.timeMs;
    rows[at + C.lastTimeMs] = p.lastTimeMs;
    rows[at + C.from] = p.from;
    rows[at + C.to] = p.to;
    rows[at + C.input] = p.input;
    rows[at + C.output] = p.output;
    rows[at + C.cacheWrite] = p.cacheWrite;
    rows[at + C.cacheRead] = p.cacheRead;
    rows[at + C.write5m] = p.write5m;
    rows[at + C.write1h] = p.write1h;
    rows[at + C.webSearch] = p.webSearch;
    rows[at + C.key] = this.#append(p.key);
    rows[at + C.model] = this.#place(p.model);
    rows[at + C.tier] = this.#place(p.tier);
    rows[at + C.geo] = this.#place(p.geo);
    rows[at + C.speed] = this.#place(p.speed);
    rows[at + C.iterations] = this.#place(p.iterations);
    rows[at + C.searches] = this.#place(p.searches);
    this.#identity(at, p);
  }

  prompt(p: PromptRow): void {
    const { rows, at } = this.#next(RowKind.prompt);
    rows[at + C.flags] = (p.copied ? F.copied : 0) | (p.notHuman ? F.notHuman : 0);
    rows[at + C.timeMs] = p.timeMs;
    rows[at + C.from] = p.from;
    rows[at + C.to] = p.to;
    rows[at + C.key] = this.#append(p.key);
    this.#identity(at, p);
  }

  search(row: SearchRow): void {
    const { rows, at } = this.#next(RowKind.search);
    rows[at + C.key] = this.#place(row.toolId);
    rows[at + C.webSearch] = row.searches;
  }

  /** Everything written so far. The writer is empty afterwards. */
  take(): ExtractData {
    const data = { rows: this.#rows.slice(0, this.#count * COLUMNS), strings: this.#strings };
    this.#count = 0;
    this.#strings = [""];
    this.#places = new Map([["", 0]]);
    return data;
  }

  #identity(at: number, p: { session: string; turn: string; cwd: string; version: string }): void {
    const rows = this.#rows;
    rows[at + C.session] = this.#place(p.session);
    rows[at + C.turn] = this.#place(p.turn);
    rows[at + C.cwd] = this.#place(p.cwd);
    rows[at + C.version] = this.#place(p.version);
  }

  #next(kind: number): { rows: Float64Array; at: number } {
    const at = this.#count * COLUMNS;
    if (at + COLUMNS > this.#rows.length) {
      const larger = new Float64Array(this.#rows.length * 2);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#count += 1;
    this.#rows[at + C.kind] = kind;
    return { rows: this.#rows, at };
  }

  /** For texts that hardly repeat. */
  #append(text: string): number {
    return this.#strings.push(text) - 1;
  }

  #place(text: string): number {
    if (text === "") return 0;
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    this.#places.set(text, this.#strings.length);
    return this.#strings.push(text) - 1;
  }
}

export class ExtractReader {
  readonly #rows: Float64Array;
  readonly #strings: string[];

  constructor(data: ExtractData) {
    this.#rows = data.rows;
    this.#strings = data.strings;
  }

  kind(row: number): number {
    return this.#rows[row * COLUMNS] ?? 0;
  }

  request(row: number): Piece {
    const at = row * COLUMNS;
    const flags = this.#number(at + C.flags);
    return {
      key: this.#text(at + C.key),
      timeMs: this.#number(at + C.timeMs),
      lastTimeMs: this.#number(at + C.lastTimeMs),
      from: this.#number(at + C.from),
      to: this.#number(at + C.to),
      stop: (flags & F.stop) !== 0,
      followed: (flags & F.followed) !== 0,
      copied: (flags & F.copied) !== 0,
      nested: (flags & F.nested) !== 0,
      subagent: (flags & F.subagent) !== 0,
      input: this.#number(at + C.input),
      output: this.#number(at + C.output),
      cacheWrite: this.#number(at + C.cacheWrite),
      cacheRead: this.#number(at + C.cacheRead),
      write5m: this.#number(at + C.write5m),
      write1h: this.#number(at + C.write1h),
      webSearch: this.#number(at + C.webSearch),
      model: this.#text(at + C.model),
      tier: this.#text(at + C.tier),
      geo: this.#text(at + C.geo),
      speed: this.#text(at + C.speed),
      iterations: this.#text(at + C.iterations),
      searches: this.#text(at + C.searches),
      ...this.#identity(at),
    };
  }

  prompt(row: number): PromptRow {
    const at = row * COLUMNS;
    const flags = this.#number(at + C.flags);
    return {
      key: this.#text(at + C.key),
      timeMs: this.#number(at + C.timeMs),
      from: this.#number(at + C.from),
      to: this.#number(at + C.to),
      copied: (flags & F.copied) !== 0,
      notHuman: (flags & F.notHuman) !== 0,
      ...this.#identity(at),
    };
  }

  search(row: number): SearchRow {
    const at = row * COLUMNS;
    return { toolId: this.#text(at + C.key), searches: this.#number(at + C.webSearch) };
  }

  #identity(at: number): { session: string; turn: string; cwd: string; version: string } {
    return {
      session: this.#text(at + C.session),
      turn: this.#text(at + C.turn),
      cwd: this.#text(at + C.cwd),
      version: this.#text(at + C.version),
    };
  }

  #number(at: number): number {
    return this.#rows[at] ?? 0;
  }

  #text(at: number): string {
    return this.#strings[this.#rows[at] ?? 0] ?? "";
  }
}
