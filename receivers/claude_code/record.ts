import type { SourceRecord, Value, Weight } from "#component/record.ts";
import { normalizeModel, providerOf } from "#proto/models.ts";
import type { PromptRow } from "./extract.ts";
import { type ExtraRequest, extraRequests } from "./iterations.ts";
import type { Piece } from "./piece.ts";

const SPEEDS = new Set(["standard", "fast"]);
const TIERS = new Set(["standard", "priority", "batch", "flex"]);
const GEOS = new Set(["us", "global"]);
const VERSION = /^\d{1,4}\.\d{1,4}\.\d{1,6}$/;

/** The parts of a request that its counts do not change. */
type Shared = Pick<Piece, "session" | "turn" | "cwd" | "version" | "timeMs" | "lastTimeMs" | "from" | "to">;
type Usage = Pick<
  Piece,
  "input" | "output" | "cacheWrite" | "cacheRead" | "write5m" | "write1h" | "model" | "tier" | "geo" | "speed"
>;

/** The request, and before it nothing, behind it the requests that its iterations were. */
export function requestRecords(piece: Piece, searches: number | undefined, fileKey: string): SourceRecord[] {
  const records = [mainRecord(piece, searches, fileKey)];
  if (piece.iterations === "") return records;
  for (const extra of extraRequests(piece.iterations, piece.model)) {
    records.push(extraRecord(piece, extra, fileKey));
  }
  return records;
}

function mainRecord(piece: Piece, searches: number | undefined, fileKey: string): SourceRecord {
  const attributes = usageAttributes(piece);
  if (searches !== undefined) attributes.set("talos.usage.web_search_requests", searches);
  if (!piece.stop) attributes.set("talos.usage.partial", true);
  attributes.set("talos.request.origin", piece.subagent ? "subagent" : "main");
  return requestRecord(piece, { key: piece.key, attributes, weight: weightOf(piece, searches), fileKey });
}

function extraRecord(piece: Piece, extra: ExtraRequest, fileKey: string): SourceRecord {
  const usage: Usage = { ...extra, tier: piece.tier, geo: piece.geo, speed: "" };
  const attributes = usageAttributes(usage);
  attributes.set("talos.request.origin", "auxiliary");
  const weight = {
    final: true,
    output: Math.max(0, extra.output),
    input: totalInput(extra) ?? 0,
    webSearches: 0,
  };
  return requestRecord(piece, { key: `${piece.key}:iter:${extra.index}`, attributes, weight, fileKey });
}

export function weightOf(piece: Piece, searches: number | undefined): Weight {
  return {
    final: piece.stop,
    output: Math.max(0, piece.output),
    input: totalInput(piece) ?? 0,
    webSearches: searches ?? 0,
  };
}

function requestRecord(
  shared: Shared,
  own: { key: string; attributes: Map<string, Value>; weight: Weight; fileKey: string },
): SourceRecord {
  const { attributes } = own;
  attributes.set("talos.usage.provenance", "measured");
  attributes.set("talos.source.via", "transcript");
  return {
    eventName: "gen_ai.client.inference.operation.details",
    source: "claude_code",
    timeMs: shared.timeMs,
    lastTimeMs: shared.lastTimeMs,
    ...identity(shared, own.key, attributes),
    weight: own.weight,
    range: { fileKey: own.fileKey, from: shared.from, to: shared.to },
  };
}

export function promptRecord(prompt: PromptRow, fileKey: string): SourceRecord {
  return {
    eventName: "talos.prompt",
    source: "claude_code",
    timeMs: prompt.timeMs,
    lastTimeMs: prompt.timeMs,
    ...identity(prompt, prompt.key, new Map()),
    weight: { final: true, output: 0, input: 0, webSearches: 0 },
    range: { fileKey, from: prompt.from, to: prompt.to },
  };
}

/** The text of a final answer. Once per request: its counts may still be corrected, its text not. */
export function completionRecord(piece: Piece, text: string, fileKey: string): SourceRecord {
  // The contract lets out less of it than of the request that it belongs to.
  const { local, cwd } = identity(piece, `${piece.key}\0completion`, new Map());
  const attributes = new Map<string, Value>();
  if (piece.model !== "") attributes.set("gen_ai.response.model", model(piece.model));
  return {
    eventName: "talos.completion",
    source: "claude_code",
    timeMs: piece.timeMs,
    lastTimeMs: piece.lastTimeMs,
    local,
    ...(cwd !== undefined && { cwd }),
    attributes,
    body: text,
    weight: { final: true, output: 0, input: 0, webSearches: 0 },
    range: { fileKey, from: piece.from, to: piece.to },
  };
}

function identity(
  shared: Pick<Piece, "session" | "turn" | "cwd" | "version">,
  request: string,
  attributes: Map<string, Value>,
): Pick<SourceRecord, "local" | "cwd" | "attributes"> {
  attributes.set("talos.source", "claude_code");
  if (isVersion(shared.version)) attributes.set("talos.source.version", shared.version);
  const local: SourceRecord["local"] = { request };
  if (shared.session !== "") local.session = shared.session;
  if (shared.turn !== "") local.turn = shared.turn;
  return shared.cwd === "" ? { local, attributes } : { local, attributes, cwd: shared.cwd };
}

function usageAttributes(usage: Usage): Map<string, Value> {
  const attributes = new Map<string, Value>([
    ["gen_ai.operation.name", "chat"],
    ["gen_ai.provider.name", provider(usage.model)],
  ]);
  if (usage.model !== "") attributes.set("gen_ai.response.model", model(usage.model));
  const written = cacheWritten(usage);
  setCount(attributes, "gen_ai.usage.input_tokens", totalInput(usage));
  setCount(attributes, "gen_ai.usage.output_tokens", usage.output);
  setCount(attributes, "gen_ai.usage.cache_read.input_tokens", usage.cacheRead);
  setCount(attributes, "gen_ai.usage.cache_write.input_tokens", written);
  setCount(attributes, "gen_ai.usage.cache_creation.input_tokens", written);
  setCount(attributes, "talos.usage.cache_write_5m_tokens", usage.write5m);
  setCount(attributes, "talos.usage.cache_write_1h_tokens", usage.write1h);
  if (SPEEDS.has(usage.speed)) attributes.set("talos.usage.speed", usage.speed);
  if (TIERS.has(usage.tier)) attributes.set("talos.usage.service_tier", usage.tier);
  if (GEOS.has(usage.geo)) attributes.set("talos.usage.inference_geo", usage.geo);
  return attributes;
}

function setCount(attributes: Map<string, Value>, name: string, count: number | undefined): void {
  if (count !== undefined && count >= 0) attributes.set(name, count);
}

/** Some versions wrote 0 in the flat count when only the split was sent. -1 when neither is known. */
function cacheWritten(usage: Pick<Piece, "cacheWrite" | "write5m" | "write1h">): number {
  const split = Math.max(0, usage.write5m) + Math.max(0, usage.write1h);
  return Math.max(usage.cacheWrite, usage.write5m < 0 && usage.write1h < 0 ? -1 : split);
}

/** Uncached, read from the cache and written to it: Claude Code counts them apart. */
function totalInput(
  usage: Pick<Piece, "input" | "cacheRead" | "cacheWrite" | "write5m" | "write1h">,
): number | undefined {
  const written = cacheWritten(usage);
  if (usage.input < 0 && usage.cacheRead < 0 && written < 0) return undefined;
  return Math.max(0, usage.input) + Math.max(0, usage.cacheRead) + Math.max(0, written);
}

/** True when nothing was asked of a model. */
export function isEmpty(piece: Piece): boolean {
  return (totalInput(piece) ?? 0) === 0 && piece.output <= 0 && piece.webSearch <= 0;
}

/** Names repeat, and taking one apart costs more than the rest of a record. Bounded, because gateways invent names. */
function remembered<T>(compute: (raw: string) => T): (raw: string) => T {
  const known = new Map<string, T>();
  return (raw) => {
    const found = known.get(raw);
    if (found !== undefined) return found;
    if (known.size >= 256) known.clear();
    const value = compute(raw);
    known.set(raw, value);
    return value;
  };
}
const model = remembered(normalizeModel);
const isVersion = remembered((raw: string) => VERSION.test(raw));
/** Claude Code speaks Anthropic's API, whatever a gateway calls the model. */
const provider = remembered((raw: string) => providerOf(raw) ?? "anthropic");
