import type { SourceRecord, Value, Weight } from "#component/record.ts";
import { normalizeModel, providerOf } from "#proto/models.ts";
import type { Turn } from "./turn.ts";

const MINUTE_MS = 60_000;

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
export function timesOf({ transcript, database }: Turn): TurnTimes {
  if (database !== undefined && !Number.isNaN(database.startMs)) {
    const { startMs } = database;
    const lastMs = database.answers.length > 0 ? database.lastMs : (transcript?.lastMs ?? database.lastMs);
    return { startMs, lastMs: Math.max(startMs, lastMs || startMs), notBeforeMs: startMs, isDated: true };
  }
  if (transcript === undefined) return { startMs: NaN, lastMs: NaN, notBeforeMs: NaN, isDated: false };
  const { earliestMs, latestMs, lastMs, isDated } = transcript;
  const startMs = latestMs - earliestMs < MINUTE_MS ? earliestMs : latestMs;
  return { startMs, lastMs: Math.max(startMs, lastMs), notBeforeMs: earliestMs, isDated };
}

/** True when nothing was asked of a model, as far as is known. */
export function isUnanswered({ transcript, database }: Turn): boolean {
  if (transcript?.answered === true) return false;
  return database === undefined || (database.asked !== "" && database.answers.length === 0);
}

/** What the database tells stands above what a transcript tells: that is never the last word. */
export function weightOf({ database }: Turn): Weight {
  return {
    final: database !== undefined,
    output: Math.max(0, database?.output ?? 0),
    input: Math.max(0, database?.input ?? 0),
    webSearches: 0,
  };
}

export function keyOf(place: TurnPlace, { ordinal }: Turn): string {
  return `${place.conversation}:${ordinal}`;
}

export function requestRecord(turn: Turn, place: TurnPlace): SourceRecord {
  const { startMs, lastMs } = timesOf(turn);
  const attributes = new Map<string, Value>([["gen_ai.operation.name", "chat"]]);
  const model = turn.database?.model || place.model;
  attributes.set("gen_ai.provider.name", (model === "" ? undefined : providerOf(model)) ?? "cursor");
  // What was selected: which model answered, Cursor does not say.
  if (model !== "") attributes.set("gen_ai.request.model", normalizeModel(model));
  addCounts(turn, attributes);
  attributes.set("talos.request.origin", place.isSubagent ? "subagent" : "main");
  attributes.set("talos.source.via", turn.database === undefined ? "transcript" : "database");
  attributes.set("talos.source", "cursor");
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

/** Counts that Cursor wrote, and no others: what a model's context holds is not what was used. */
function addCounts({ database }: Turn, attributes: Map<string, Value>): void {
  if (database === undefined || (database.input < 0 && database.output < 0)) return;
  if (database.input >= 0) attributes.set("gen_ai.usage.input_tokens", database.input);
  if (database.output >= 0) attributes.set("gen_ai.usage.output_tokens", database.output);
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
