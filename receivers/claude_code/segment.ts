import type { ExtractWriter, SearchRow } from "./extract.ts";
import type { ScanBuffer } from "#tail/scan-buffer.ts";
import { Line } from "./line.ts";
import { Count, Field, Kind } from "./line-keys.ts";
import { mergePiece, type Piece } from "./piece.ts";
import { isAgentText, isHumanText } from "./prompt-rules.ts";
import { readRecords } from "./recovery.ts";
import { decode, Memo, timeOf } from "./text.ts";

/** What must be known of a file's earlier lines to understand its next ones. */
export interface FileContext {
  /** Id of the prompt that the file is at, "" when unknown. */
  turn: string;
  /** Ids of WebSearch calls without an answer yet. */
  searches: string[];
}

export function noContext(): FileContext {
  return { turn: "", searches: [] };
}

export interface SegmentCounts {
  lines: number;
  malformed: number;
  unknownTypes: number;
  /** `<synthetic>` lines. */
  synthetic: number;
  /** Requests and prompts without a readable time or id. */
  unreadable: number;
  /** Records that can follow a request. */
  closers: number;
}

/** Text that decides about a prompt is at its start, behind envelopes; a longer envelope than this is no prompt. */
const MAX_PROMPT_BYTES = 1 << 20;

/** Turns the lines of one file, in order, into rows. Holds no text longer than a line lives. */
export class Segment {
  readonly #line: Line;
  readonly #writer: ExtractWriter;
  readonly #memo = {
    session: new Memo(),
    original: new Memo(),
    cwd: new Memo(),
    version: new Memo(),
    turn: new Memo(),
    model: new Memo(),
    id: new Memo(),
    request: new Memo(),
    tier: new Memo(),
    geo: new Memo(),
    speed: new Memo(),
    stop: new Memo(),
  };
  #requests = new Map<string, Piece>();
  #last: Piece | undefined;
  #answers: SearchRow[] = [];
  #pending = new Set<string>();
  #turn = "";
  counts: SegmentCounts = newCounts();

  constructor(buffer: ScanBuffer, writer: ExtractWriter) {
    this.#line = new Line(buffer);
    this.#writer = writer;
  }

  begin(context: FileContext): void {
    this.#turn = context.turn;
    this.#pending = new Set(context.searches);
    this.counts = newCounts();
  }

  /** Writes what is known of each request and forgets it. */
  finish(): FileContext {
    for (const piece of this.#requests.values()) this.#writer.request(piece);
    for (const answer of this.#answers) this.#writer.search(answer);
    this.#requests = new Map();
    this.#answers = [];
    this.#last = undefined;
    return { turn: this.#turn, searches: [...this.#pending] };
  }

  /** One line without its newline, at `start`..`end` of the buffer and `offset`..`offset + length` of the file. */
  line(buffer: ScanBuffer, start: number, end: number, offset: number): void {
    this.counts.lines += 1;
    const to = offset + (end - start) + 1;
    const malformed = readRecords(this.#line, buffer, { start, end }, () => this.#record(offset, to));
    if (malformed) this.counts.malformed += 1;
  }

  #record(from: number, to: number): void {
    const line = this.#line;
    if (line.kind === Kind.unknown) this.counts.unknownTypes += 1;
    if (line.has(Field.promptId)) this.#turn = this.#text(this.#memo.turn, Field.promptId);
    if (line.kind === Kind.none || line.kind >= Kind.other) return;
    this.counts.closers += 1;
    const isRequest = line.kind === Kind.assistant || (line.kind === Kind.progress && line.isNested);
    const piece = isRequest && line.hasUsage ? this.#piece(from, to) : undefined;
    if (this.#last !== undefined && this.#last.key !== piece?.key) this.#last.followed = true;
    if (piece !== undefined) this.#fold(piece);
    else if (line.kind === Kind.user) this.#user(from, to);
    else if (line.kind === Kind.attachment) this.#attachment(from, to);
  }

  #fold(piece: Piece): void {
    const known = this.#requests.get(piece.key);
    if (known === undefined) {
      this.#requests.set(piece.key, piece);
      this.#last = piece;
      return;
    }
    mergePiece(known, piece);
    known.to = piece.to;
    known.followed = false;
    this.#last = known;
  }

  #piece(from: number, to: number): Piece | undefined {
    const line = this.#line;
    const memo = this.#memo;
    const model = this.#text(memo.model, Field.model);
    if (model === "<synthetic>") {
      this.counts.synthetic += 1;
      return undefined;
    }
    const timeMs = this.#time(line.isNested ? Field.nestedTimestamp : Field.timestamp);
    const owner = this.#owner();
    const key = this.#key(owner.session);
    if (Number.isNaN(timeMs) || key === "") {
      this.counts.unreadable += 1;
      return undefined;
    }
    // One literal, because spreading parts into it took a tenth of the scan.
    return {
      key,
      timeMs,
      lastTimeMs: timeMs,
      from,
      to,
      stop: line.has(Field.stopReason),
      followed: false,
      copied: owner.copied,
      nested: line.isNested,
      subagent: line.isSidechain || line.hasAgent || line.isNested,
      input: line.count(Count.input),
      output: line.count(Count.output),
      cacheWrite: line.count(Count.cacheWrite),
      cacheRead: line.count(Count.cacheRead),
      write5m: line.count(Count.write5m),
      write1h: line.count(Count.write1h),
      webSearch: line.count(Count.webSearch),
      model,
      tier: this.#text(memo.tier, Field.serviceTier),
      geo: this.#text(memo.geo, Field.inferenceGeo),
      speed: this.#text(memo.speed, Field.speed),
      iterations: this.#iterations(),
      session: owner.session,
      turn: owner.turn,
      cwd: owner.cwd,
      version: owner.version,
      searches: this.#searchCalls(),
    };
  }

  /** Where the line was first written: a fork's copy names the session it was copied from. */
  #owner(): Pick<Piece, "session" | "copied" | "turn" | "cwd" | "version"> {
    const memo = this.#memo;
    const own = this.#text(memo.session, Field.sessionId);
    const original = this.#text(memo.original, Field.originalSession);
    return {
      session: original === "" ? own : original,
      copied: original !== "" && original !== own,
      turn: this.#turn,
      cwd: this.#text(memo.cwd, Field.cwd),
      version: this.#text(memo.version, Field.version),
    };
  }

  /** Anthropic's ids are unique everywhere. Gateways repeat theirs, so something else of the line joins them. */
  #key(session: string): string {
    const line = this.#line;
    const id = this.#text(this.#memo.id, Field.messageId);
    if (id.startsWith("msg_")) return id;
    const nested = line.isNested && line.has(Field.nestedRequestId);
    const request = this.#text(this.#memo.request, nested ? Field.nestedRequestId : Field.requestId);
    if (request !== "") return `${id}|${request}`;
    const time = line.isNested ? Field.nestedTimestamp : Field.timestamp;
    return id === "" ? "" : `${id}|${session}|${decode(line.buffer, line.start(time), line.stop(time))}`;
  }

  #iterations(): string {
    const line = this.#line;
    const start = line.start(Field.iterations);
    if (start < 0 || line.stop(Field.iterations) - start < 8) return "";
    const text = line.buffer.bytes.toString("utf8", start, line.stop(Field.iterations));
    return /"(?:advisor_message|fallback_message|compaction)"/.test(text) ? text : "";
  }

  #searchCalls(): string {
    const { searchCalls, buffer } = this.#line;
    if (searchCalls.length === 0) return "";
    const ids: string[] = [];
    for (let i = 0; i < searchCalls.length; i += 2) {
      const id = decode(buffer, searchCalls[i] ?? 0, searchCalls[i + 1] ?? 0).replaceAll(" ", "_");
      if (id === "") continue;
      ids.push(id);
      this.#pending.add(id);
    }
    return ids.join(" ");
  }

  #user(from: number, to: number): void {
    const line = this.#line;
    if (line.hasToolResult) return this.#answer();
    if (line.isSidechain || line.isMeta || line.isSummary || line.isCompanion) return;
    const human = this.#isHuman();
    if (human !== undefined) this.#prompt(Field.uuid, from, { to, notHuman: !human });
  }

  #answer(): void {
    const { toolResults, buffer, searchCount } = this.#line;
    if (this.#pending.size === 0) return;
    let searches = Math.max(0, searchCount);
    for (let i = 0; i < toolResults.length; i += 2) {
      const toolId = decode(buffer, toolResults[i] ?? 0, toolResults[i + 1] ?? 0).replaceAll(" ", "_");
      if (!this.#pending.delete(toolId)) continue;
      this.#answers.push({ toolId, searches });
      searches = 0;
    }
  }

  /** Undefined when the line is neither a person's prompt nor a program's. */
  #isHuman(): boolean | undefined {
    const line = this.#line;
    const source = this.#plain(Field.promptSource);
    if (source === "sdk" || source === "system") return false;
    const origin = this.#plain(Field.originKind);
    if (source === "typed" || source === "queued" || origin === "human") return true;
    if (origin !== "") return false;
    return line.hasImage || this.#someText(isHumanText) ? true : undefined;
  }

  #attachment(from: number, to: number): void {
    if (this.#plain(Field.attachmentType) !== "queued_command" || this.#line.isSidechain) return;
    const origin = this.#plain(Field.originKind);
    const human = (origin === "" || origin === "human") && !this.#someText(isAgentText);
    const id = this.#line.has(Field.sourceUuid) ? Field.sourceUuid : Field.uuid;
    this.#prompt(id, from, { to, notHuman: !human });
  }

  #someText(rule: (raw: string) => boolean): boolean {
    const { texts, buffer } = this.#line;
    for (let i = 0; i < texts.length; i += 2) {
      const start = texts[i] ?? 0;
      const stop = Math.min(texts[i + 1] ?? 0, start + MAX_PROMPT_BYTES);
      if (rule(buffer.bytes.toString("latin1", start, stop))) return true;
    }
    return false;
  }

  #prompt(id: number, from: number, { to, notHuman }: { to: number; notHuman: boolean }): void {
    const timeMs = this.#time(Field.timestamp);
    const uuid = this.#plain(id);
    if (uuid === "" || Number.isNaN(timeMs)) {
      this.counts.unreadable += 1;
      return;
    }
    this.#writer.prompt({ ...this.#owner(), key: `prompt:${uuid}`, timeMs, from, to, notHuman });
  }

  #time(field: number): number {
    const line = this.#line;
    return timeOf(line.buffer, line.start(field), line.stop(field));
  }

  #text(memo: Memo, field: number): string {
    const line = this.#line;
    return memo.get(line.buffer, line.start(field), line.stop(field));
  }

  #plain(field: number): string {
    const line = this.#line;
    return line.has(field) ? decode(line.buffer, line.start(field), line.stop(field)) : "";
  }
}

function newCounts(): SegmentCounts {
  return { lines: 0, malformed: 0, unknownTypes: 0, synthetic: 0, unreadable: 0, closers: 0 };
}
