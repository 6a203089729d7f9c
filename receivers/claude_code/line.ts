import type { ScanBuffer } from "#tail/scan-buffer.ts";
import { Cursor } from "./cursor.ts";
import {
  B,
  BLOCK,
  BLOCK_TYPE,
  COUNTS,
  Count,
  FIELDS,
  Field,
  KEPT,
  Kind,
  M,
  MESSAGE,
  T,
  TOP,
  TYPES,
  U,
  USAGE,
  V,
  WEB_SEARCH,
} from "./line-keys.ts";

const QUOTE = 34;

/** One line taken apart. The same object is used for every line: nothing of it may be kept. */
export class Line {
  kind: number = Kind.none;
  buffer: ScanBuffer;
  isSidechain = false;
  isMeta = false;
  isSummary = false;
  isCompanion = false;
  hasToolResult = false;
  hasImage = false;
  hasUsage = false;
  hasAgent = false;
  /** An `agent_progress` line holds an assistant's line: another file's request, told again. */
  isNested = false;
  readonly counts: Float64Array = new Float64Array(COUNTS);
  /** From `toolUseResult.searchCount`; -1 without one. */
  searchCount = -1;
  /** Where the ids of WebSearch calls begin and end. */
  readonly searchCalls: number[] = [];
  /** Where the ids of answered tool calls begin and end. */
  readonly toolResults: number[] = [];
  /** Where text blocks begin and end. */
  readonly texts: number[] = [];
  readonly #at = new Int32Array(FIELDS * 2);
  readonly #cursor: Cursor;

  constructor(buffer: ScanBuffer) {
    this.buffer = buffer;
    this.#cursor = new Cursor(buffer);
  }

  start(field: number): number {
    return this.#at[field * 2] ?? -1;
  }

  stop(field: number): number {
    return this.#at[field * 2 + 1] ?? -1;
  }

  has(field: number): boolean {
    return this.start(field) >= 0;
  }

  count(index: number): number {
    return this.counts[index] ?? -1;
  }

  /** Reads one record that begins at `from`. Returns where it ends; throws `MalformedLine`. */
  read(buffer: ScanBuffer, from: number, end: number): number {
    this.#cursor.reset(buffer, from, end);
    return this.#read(buffer);
  }

  /** The same for a whole buffer that JSON.stringify wrote. */
  readCanonical(buffer: ScanBuffer, end: number): number {
    this.#cursor.reset(buffer, 0, end);
    this.#cursor.isStrict = false;
    return this.#read(buffer);
  }

  #read(buffer: ScanBuffer): number {
    this.#reset(buffer);
    const cursor = this.#cursor;
    if (!cursor.enterObject()) return cursor.pos;
    while (cursor.nextKey()) this.#top(cursor.key(TOP));
    return cursor.pos;
  }

  #reset(buffer: ScanBuffer): void {
    this.buffer = buffer;
    this.kind = Kind.none;
    this.isSidechain = this.isMeta = this.isSummary = this.isCompanion = false;
    this.hasToolResult = this.hasImage = this.hasUsage = this.hasAgent = this.isNested = false;
    this.counts.fill(-1);
    this.searchCount = -1;
    this.searchCalls.length = this.toolResults.length = this.texts.length = 0;
    this.#at.fill(-1);
  }

  #keep(field: number): void {
    const cursor = this.#cursor;
    if (!cursor.tryString()) return;
    this.#at[field * 2] = cursor.start;
    this.#at[field * 2 + 1] = cursor.stop;
  }

  /** True unless the value is false, null or absent. */
  #flag(): boolean {
    const first = this.#cursor.peek();
    this.#cursor.skip();
    return first !== 102 && first !== 110; // f, n
  }

  #top(key: number): void {
    const cursor = this.#cursor;
    const field = KEPT[key] ?? 0;
    if (field !== 0) return this.#keep(field);
    switch (key) {
      case T.type:
        if (cursor.tryString())
          this.kind = TYPES.find(cursor.bytes, cursor.start, cursor.stop) || Kind.unknown;
        return;
      case T.agentId:
        this.hasAgent = this.#flag();
        return;
      case T.origin:
        return this.#origin();
      case T.message:
        return this.#message();
      case T.isSidechain:
        this.isSidechain = this.#flag();
        return;
      case T.isMeta:
        this.isMeta = this.#flag();
        return;
      case T.isCompactSummary:
      case T.isVisibleInTranscriptOnly:
        this.isSummary = this.#flag() || this.isSummary;
        return;
      case T.turnCompanion:
        this.isCompanion = this.#flag();
        return;
      case T.toolUseResult:
        return this.#toolUseResult();
      case T.attachment:
        return this.#attachment();
      case T.data:
        return this.#progress();
      default:
        cursor.skip();
    }
  }

  #origin(): void {
    const cursor = this.#cursor;
    if (!cursor.enterObject()) return;
    while (cursor.nextKey()) {
      if (cursor.key(BLOCK) === B.kind) this.#keep(Field.originKind);
      else cursor.skip();
    }
  }

  #message(): void {
    const cursor = this.#cursor;
    if (!cursor.enterObject()) return;
    while (cursor.nextKey()) {
      const key = cursor.key(MESSAGE);
      if (key === M.id) this.#keep(Field.messageId);
      else if (key === M.model) this.#keep(Field.model);
      else if (key === M.stop_reason) this.#keep(Field.stopReason);
      else if (key === M.usage) this.#usage();
      else if (key === M.content) this.#content();
      else cursor.skip();
    }
  }

  #usage(): void {
    const cursor = this.#cursor;
    if (!cursor.enterObject()) return;
    this.hasUsage = true;
    while (cursor.nextKey()) this.#usageField(cursor.key(USAGE));
  }

  #usageField(key: number): void {
    const cursor = this.#cursor;
    switch (key) {
      case U.input_tokens:
        return this.#number(Count.input);
      case U.output_tokens:
        return this.#number(Count.output);
      case U.cache_creation_input_tokens:
        return this.#number(Count.cacheWrite);
      case U.cache_read_input_tokens:
        return this.#number(Count.cacheRead);
      case U.ephemeral_5m_input_tokens:
        return this.#number(Count.write5m);
      case U.ephemeral_1h_input_tokens:
        return this.#number(Count.write1h);
      case U.web_search_requests:
        return this.#number(Count.webSearch);
      case U.cache_creation:
      case U.server_tool_use:
        if (!cursor.enterObject()) return;
        while (cursor.nextKey()) this.#usageField(cursor.key(USAGE));
        return;
      case U.service_tier:
        return this.#keep(Field.serviceTier);
      case U.inference_geo:
        return this.#keep(Field.inferenceGeo);
      case U.speed:
        return this.#keep(Field.speed);
      case U.iterations:
        return this.#raw(Field.iterations);
      default:
        cursor.skip();
    }
  }

  #number(index: number): void {
    this.counts[index] = this.#cursor.count();
  }

  /** Keeps the bytes of a whole value. */
  #raw(field: number): void {
    const cursor = this.#cursor;
    const from = cursor.pos;
    cursor.skip();
    this.#at[field * 2] = from;
    this.#at[field * 2 + 1] = cursor.pos;
  }

  #content(): void {
    const cursor = this.#cursor;
    if (cursor.peek() === QUOTE) {
      cursor.string();
      this.texts.push(cursor.start, cursor.stop);
      return;
    }
    if (!cursor.enterArray()) return;
    while (cursor.nextElement()) this.#block();
  }

  #block(): void {
    const cursor = this.#cursor;
    if (!cursor.enterObject()) return;
    let type = 0;
    let idStart = -1;
    let idStop = -1;
    let isSearch = false;
    while (cursor.nextKey()) {
      const key = cursor.key(BLOCK);
      if (key === B.type) {
        if (cursor.tryString()) type = BLOCK_TYPE.find(cursor.bytes, cursor.start, cursor.stop);
      } else if (key === B.id && cursor.tryString()) {
        idStart = cursor.start;
        idStop = cursor.stop;
      } else if (key === B.name && cursor.tryString()) {
        isSearch = WEB_SEARCH.find(cursor.bytes, cursor.start, cursor.stop) === 1;
      } else if (key === B.tool_use_id && cursor.tryString()) {
        this.toolResults.push(cursor.start, cursor.stop);
      } else if (key === B.text && cursor.tryString()) {
        this.texts.push(cursor.start, cursor.stop);
      } else if (key !== B.id && key !== B.name && key !== B.tool_use_id && key !== B.text) cursor.skip();
    }
    if (type === V.tool_use && isSearch && idStart >= 0) this.searchCalls.push(idStart, idStop);
    if (type === V.tool_result) this.hasToolResult = true;
    if (type === V.image || type === V.document) this.hasImage = true;
  }

  #toolUseResult(): void {
    const cursor = this.#cursor;
    this.hasToolResult = true;
    if (!cursor.enterObject()) return;
    while (cursor.nextKey()) {
      if (cursor.key(BLOCK) === B.searchCount) this.searchCount = cursor.count();
      else cursor.skip();
    }
  }

  #attachment(): void {
    const cursor = this.#cursor;
    if (!cursor.enterObject()) return;
    while (cursor.nextKey()) {
      const key = cursor.key(BLOCK);
      if (key === B.type) this.#keep(Field.attachmentType);
      else if (key === B.prompt) this.#content();
      else if (key === B.origin) this.#origin();
      else if (key === B.source_uuid) this.#keep(Field.sourceUuid);
      else cursor.skip();
    }
  }

  /** `data.message` of an `agent_progress` line is a whole line of the sub-agent's file. */
  #progress(): void {
    const cursor = this.#cursor;
    if (!cursor.enterObject()) return;
    while (cursor.nextKey()) {
      if (cursor.key(BLOCK) === B.message) this.#nested();
      else cursor.skip();
    }
  }

  #nested(): void {
    const cursor = this.#cursor;
    if (!cursor.enterObject()) return;
    while (cursor.nextKey()) {
      const key = cursor.key(TOP);
      if (key === T.message) this.#message();
      else if (key === T.timestamp) this.#keep(Field.nestedTimestamp);
      else if (key === T.requestId) this.#keep(Field.nestedRequestId);
      else if (key === T.type) this.#nestedType();
      else cursor.skip();
    }
  }

  #nestedType(): void {
    const cursor = this.#cursor;
    if (!cursor.tryString()) return;
    this.isNested = TYPES.find(cursor.bytes, cursor.start, cursor.stop) === Kind.assistant;
  }
}
