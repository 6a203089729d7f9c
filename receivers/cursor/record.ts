import type { SourceRecord, Value, Weight } from "#component/record.ts";
import { normalizeModel, providerOf } from "#proto/models.ts";
import type { HookTurn, Turn } from "./turn.ts";

const MINUTE_MS = 60_000;
const VERSION = /^\d{1,4}\.\d{1,4}\.\d{1,5}$/;

/** What a turn is known by, whichever source tells of it. */
export interface TurnPlace {
  conversation: string;
  /** The conversation that began this one; undefined when none did, or it is not known which. */
  parent: string | undefined;
  isSubagent: boolean;
  /** Absolute working directory; "" when unknown. */
  cwd: string;
  /** Selected in the conversation, for turns that do not say it themselves; "" when unknown. */
  model: string;
  /** `ReceiverHost.fileKey` of the conversation. */
  key: string;
}

export interface TurnTimes {
  /** Milliseconds since the Unix epoch, UTC. */
  startMs: number;
  lastMs: number;
  /** It was not asked before this, as far as is known. */
  notBeforeMs: number;
  /** The times do not rest on those of a file, which may be a copy of an older one. */
  isDated: boolean;
}

/** NaN where no source knows. */
export function timesOf({ transcript, database, hook }: Turn): TurnTimes {
  const endMs = hook?.endMs ?? 0;
  if (database !== undefined && !Number.isNaN(database.startMs)) {
    const { startMs } = database;
    const told = database.answers.length > 0 ? database.lastMs : (transcript?.lastMs ?? database.lastMs);
    const lastMs = Math.max(startMs, told || startMs, endMs);
    return { startMs, lastMs, notBeforeMs: startMs, isDated: true };
  }
  if (transcript === undefined) {
    const atMs = hook?.endMs ?? NaN;
    return { startMs: atMs, lastMs: atMs, notBeforeMs: atMs, isDated: hook !== undefined };
  }
  const { earliestMs, latestMs, lastMs, isDated } = transcript;
  const startMs = latestMs - earliestMs < MINUTE_MS ? earliestMs : latestMs;
  return { startMs, lastMs: Math.max(startMs, lastMs, endMs), notBeforeMs: earliestMs, isDated };
}

/** True when nothing was asked of a model, as far as is known. */
export function isUnanswered({ transcript, database, hook }: Turn): boolean {
  if (transcript?.answered === true || hook?.isAnswered === true) return false;
  return database === undefined || (database.asked !== "" && database.answers.length === 0);
}

type Via = "hook" | "database" | "transcript";
type Counts = Pick<HookTurn, "input" | "output" | "cacheRead" | "cacheWrite">;

/** Who told the counts; where nobody did, who knew most of the turn. Hooks know of nothing else. */
export function viaOf({ transcript, database, hook }: Turn): Via {
  if (hook !== undefined && hasCounts(hook)) return "hook";
  if (database !== undefined) return "database";
  return transcript === undefined ? "hook" : "transcript";
}

function hasCounts({ input, output }: Pick<Counts, "input" | "output">): boolean {
  return input >= 0 || output >= 0;
}

/** Counts that Cursor told, and no others: what a model's context holds is not what was used. */
function countsOf({ database, hook }: Turn): Counts | undefined {
  if (hook !== undefined && hasCounts(hook)) return hook;
  if (database === undefined || !hasCounts(database)) return undefined;
  return { input: database.input, output: database.output, cacheRead: -1, cacheWrite: -1 };
}

/** What a transcript tells, or a hook without counts, is never the last word. */
export function weightOf(turn: Turn): Weight {
  const { input = 0, output = 0 } = countsOf(turn) ?? {};
  return {
    final: turn.database !== undefined || (turn.hook !== undefined && hasCounts(turn.hook)),
    output: Math.max(0, output),
    input: Math.max(0, input),
    webSearches: 0,
  };
}

export function keyOf(place: TurnPlace, { ordinal }: Turn): string {
  return `${place.conversation}:${ordinal}`;
}

export function requestRecord(turn: Turn, place: TurnPlace): SourceRecord {
  const { startMs, lastMs } = timesOf(turn);
  const attributes = new Map<string, Value>([["gen_ai.operation.name", "chat"]]);
  const model = turn.database?.model || turn.hook?.model || place.model;
  attributes.set("gen_ai.provider.name", (model === "" ? undefined : providerOf(model)) ?? "cursor");
  // What was selected: which model answered, Cursor does not say.
  if (model !== "") attributes.set("gen_ai.request.model", normalizeModel(model));
  addCounts(turn, attributes);
  attributes.set("talos.request.origin", place.isSubagent ? "subagent" : "main");
  attributes.set("talos.source.via", viaOf(turn));
  attributes.set("talos.source", "cursor");
  const { version = "" } = turn.hook ?? {};
  if (VERSION.test(version)) attributes.set("talos.source.version", version);
  return {
    eventName: "gen_ai.client.inference.operation.details",
    source: "cursor",
    timeMs: startMs,
    lastTimeMs: lastMs,
    ...identity(turn, place, keyOf(place, turn)),
    attributes,
    weight: weightOf(turn),
  };
}

function addCounts(turn: Turn, attributes: Map<string, Value>): void {
  const counts = countsOf(turn);
  if (counts === undefined) return;
  const { input, output, cacheRead, cacheWrite } = counts;
  if (input >= 0) attributes.set("gen_ai.usage.input_tokens", input);
  if (output >= 0) attributes.set("gen_ai.usage.output_tokens", output);
  if (cacheRead >= 0) attributes.set("gen_ai.usage.cache_read.input_tokens", cacheRead);
  if (cacheWrite >= 0) {
    attributes.set("gen_ai.usage.cache_write.input_tokens", cacheWrite);
    attributes.set("gen_ai.usage.cache_creation.input_tokens", cacheWrite);
  }
  attributes.set("talos.usage.provenance", "measured");
}

export function promptRecord(turn: Turn, place: TurnPlace, text: string | undefined): SourceRecord {
  const { startMs } = timesOf(turn);
  return {
    eventName: "talos.prompt",
    source: "cursor",
    timeMs: startMs,
    lastTimeMs: startMs,
    ...identity(turn, place, `${keyOf(place, turn)}\0prompt`),
    attributes: new Map([["talos.source", "cursor"]]),
    ...(text !== undefined && { body: text }),
    weight: { final: true, output: 0, input: 0, webSearches: 0 },
  };
}

/** The text of an answer, once. */
export function completionRecord(turn: Turn, place: TurnPlace, text: string): SourceRecord {
  const { startMs, lastMs } = timesOf(turn);
  return {
    eventName: "talos.completion",
    source: "cursor",
    timeMs: startMs,
    lastTimeMs: lastMs,
    ...identity(turn, place, `${keyOf(place, turn)}\0completion`),
    attributes: new Map(),
    body: text,
    weight: { final: true, output: 0, input: 0, webSearches: 0 },
  };
}

function identity(
  turn: Turn,
  place: TurnPlace,
  request: string,
): Pick<SourceRecord, "local" | "cwd" | "range"> {
  const local = { request, session: place.parent ?? place.conversation, turn: keyOf(place, turn) };
  const range = { fileKey: place.key, from: turn.ordinal, to: turn.ordinal + 1 };
  return place.cwd === "" ? { local, range } : { local, range, cwd: place.cwd };
}
