import {
  checkRecord,
  checkResource,
  checkScope,
  MODES,
  type Mode,
  modeOf,
  type OptIn,
} from "#proto/egress.ts";
import type { AnyValue, LogRecord, LogsRequest } from "#proto/logs.ts";
import { CategorySchema, type PromptCategory } from "./category.ts";
import type { TextRecord } from "./content.ts";
import { type Event, type Via, VIAS } from "./event.ts";

const DAY_MS = 86_400_000;
/** Events are recognised as repeats for longer than this. */
const MAX_AGE_MS = 90 * DAY_MS;
const MAX_AHEAD_MS = DAY_MS;
/** What a record may say where its team wants that. Nothing here knows what to do with anything else. */
const KNOWN_OPT_INS: ReadonlySet<OptIn> = new Set<OptIn>(["project_identity"]);
const REQUEST = "gen_ai.client.inference.operation.details";
const PROMPT = "talos.prompt";
const COMPLETION = "talos.completion";

export interface Accepted {
  events: Event[];
  /** Of prompts, whose events are there too, and of answers. */
  texts: TextRecord[];
  /** Records that were refused. */
  rejected: number;
}

export function countRecords(logs: LogsRequest): number {
  let count = 0;
  for (const { scopeLogs } of logs.resourceLogs) {
    for (const { logRecords } of scopeLogs) count += logRecords.length;
  }
  return count;
}

/**
 * What of a request the contract, the mode that is permitted to its machine and the time allow. The rest is counted,
 * never kept. A repository's hash is not kept unless the team turned that on; the record is, because machines hear
 * later than this server that it was turned off.
 */
export function accept(
  logs: LogsRequest,
  permitted: Mode,
  nowMs: number,
  { projects = false }: { projects?: boolean } = {},
): Accepted {
  const events: Event[] = [];
  const texts: TextRecord[] = [];
  let taken = 0;
  for (const { resource, scopeLogs } of logs.resourceLogs) {
    const mode = modeOf(resource);
    if (mode === undefined || isLooser(mode, permitted)) continue;
    if (checkResource(resource.attributes, mode).length > 0) continue;
    for (const scoped of scopeLogs) {
      if (checkScope(scoped).length > 0) continue;
      for (const record of scoped.logRecords) {
        if (checkRecord(record, mode, KNOWN_OPT_INS).length > 0 || !isTimely(record, nowMs)) continue;
        const event = normalise(record, projects);
        const text = textIn(record);
        if (event !== undefined) events.push(event);
        if (text !== undefined) texts.push(text);
        if (event !== undefined || text !== undefined) taken += 1;
      }
    }
  }
  return { events, texts, rejected: countRecords(logs) - taken };
}

function isLooser(mode: Mode, permitted: Mode): boolean {
  return MODES.indexOf(mode) > MODES.indexOf(permitted);
}

function timeMs(record: Pick<LogRecord, "timeUnixNano">): number {
  return Number(record.timeUnixNano / 1_000_000n);
}

function isTimely(record: LogRecord, nowMs: number): boolean {
  const ageMs = nowMs - timeMs(record);
  return ageMs <= MAX_AGE_MS && ageMs >= -MAX_AHEAD_MS;
}

/** The columns that are stored. Undefined for an answer, of which there is nothing but its text. */
function normalise(record: LogRecord, projects: boolean): Event | undefined {
  if (record.eventName !== REQUEST && record.eventName !== PROMPT) return undefined;
  const values = new Map(record.attributes.map(({ key, value }) => [key, value]));
  const text = (key: string) => textOf(values.get(key));
  const count = (key: string) => countOf(values.get(key));
  const plain = (key: string) => (STANDARD.has(text(key)) ? "" : text(key));
  const category = categoryIn(values);
  return {
    kind: record.eventName === REQUEST ? "request" : "prompt",
    uid: text("log.record.uid"),
    at: Math.floor(timeMs(record) / 1000),
    session: text("gen_ai.conversation.id"),
    turn: text("talos.turn.id"),
    project: (projects && text("talos.project.hash")) || text("talos.cwd.hash"),
    model: text("gen_ai.response.model") || text("gen_ai.request.model"),
    source: text("talos.source"),
    via: viaOf(text("talos.source.via")),
    origin: text("talos.request.origin"),
    speed: plain("talos.usage.speed"),
    tier: plain("talos.usage.service_tier"),
    geo: plain("talos.usage.inference_geo"),
    input: count("gen_ai.usage.input_tokens"),
    cacheRead: count("gen_ai.usage.cache_read.input_tokens"),
    cacheWrite: writesOf(count),
    cacheWrite1h: count("talos.usage.cache_write_1h_tokens"),
    output: count("gen_ai.usage.output_tokens"),
    searches: count("talos.usage.web_search_requests"),
    final: values.get("talos.usage.partial") === undefined,
    ...(category !== undefined && { category }),
  };
}

function viaOf(text: string): Via {
  return VIAS.find((via) => via === text) ?? "";
}

/** What could never be shown, for it names no session, is not taken. */
function textIn({ eventName, body, attributes, ...record }: LogRecord): TextRecord | undefined {
  const text = textOf(body);
  const value = (name: string) => textOf(attributes.find(({ key }) => key === name)?.value);
  const session = value("gen_ai.conversation.id");
  if ((eventName !== PROMPT && eventName !== COMPLETION) || text === "" || session === "") return undefined;
  return {
    kind: eventName === PROMPT ? "prompt" : "completion",
    uid: value("log.record.uid"),
    session,
    turn: value("talos.turn.id"),
    at: Math.floor(timeMs(record) / 1000),
    model: value("gen_ai.response.model"),
    text,
  };
}

/** What else a record may say of a category means nothing without its name. */
function categoryIn(values: ReadonlyMap<string, AnyValue>): PromptCategory | undefined {
  const name = textOf(values.get("talos.category"));
  if (name === "") return undefined;
  const confidence = values.get("talos.category.confidence")?.doubleValue ?? null;
  return CategorySchema.parse({
    name,
    confidence,
    method: textOf(values.get("talos.category.method")),
    task: textOf(values.get("talos.task_hint")).toWellFormed(),
    project: textOf(values.get("talos.project_hint")).toWellFormed(),
  });
}

/** All cache writes: the largest of the total under both its names and of its parts, where any is given. */
function writesOf(count: (key: string) => number | null): number | null {
  const parts = [
    count("talos.usage.cache_write_5m_tokens"),
    count("talos.usage.cache_write_1h_tokens"),
  ].filter(isGiven);
  const totals = [
    count("gen_ai.usage.cache_write.input_tokens"),
    count("gen_ai.usage.cache_creation.input_tokens"),
  ].filter(isGiven);
  const given = parts.length > 0 ? [...totals, parts.reduce((a, b) => a + b)] : totals;
  return given.length > 0 ? Math.max(...given) : null;
}

function isGiven(count: number | null): count is number {
  return count !== null;
}

/** Values that do not change a price are stored as nothing, so that they sum in one row. */
const STANDARD = new Set(["standard", "global", "not_available"]);

function textOf(value: AnyValue | undefined): string {
  return value?.stringValue ?? "";
}

function countOf(value: AnyValue | undefined): number | null {
  return value?.intValue === undefined ? null : Number(value.intValue);
}
