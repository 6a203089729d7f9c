import path from "node:path";
import { gunzipSync } from "node:zlib";
import type { Mode } from "#proto/egress.ts";
import type { LogRecord } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import { HOOKS_FOLDER } from "../../receivers/cursor/hooks/command.ts";
import { type Canary, isPermitted, type Kind, type Planted, type Way, waysOf } from "./canaries.ts";
import type { ModeRun } from "./run-mode.ts";
import type { NeedleIndex } from "./search.ts";
import type { Invented } from "./session.ts";
import type { Captured } from "./stand-in.ts";

/** Something survived. */
export interface Survivor {
  kind: Kind;
  what: string;
  way: Way;
  /** A file's path in the collector's folders; "" elsewhere. */
  where: string;
}

export interface Judged {
  mode: Mode;
  /** How many of each kind survived where they may, by the way they took. */
  permitted: ReadonlyMap<Kind, ReadonlyMap<Way, number>>;
  /** What should not have survived. */
  leaks: Survivor[];
  /** What should have arrived and did not: then the rest proves nothing. */
  missing: string[];
}

export interface Evidence {
  planted: Planted;
  index: NeedleIndex;
  invented: readonly Invented[];
}

/** Looks for everything that was planted in everything that came out of a collector. */
export function judge(run: ModeRun, { planted, index, invented }: Evidence): Judged {
  const byNeedle = new Map(planted.all.map((canary) => [canary.needle, canary]));
  const survivors: Survivor[] = [];
  const look = (bytes: Buffer, way: Way, where = "") => {
    for (const needle of index.findAnywhereIn(bytes)) {
      const canary = byNeedle.get(needle);
      if (canary !== undefined) survivors.push({ kind: canary.kind, what: canary.what, way, where });
    }
  };
  const found = new Map<Way, Set<string>>();
  for (const { way, head, body } of run.requests) {
    look(Buffer.from(head), way);
    look(body, way);
    const needles = found.get(way) ?? new Set();
    for (const needle of index.findAnywhereIn(body)) needles.add(needle);
    found.set(way, needles);
  }
  found.set("file", new Set());
  for (const [name, content] of run.files) {
    look(content, "file", name);
    if (isRecorded(name)) for (const needle of index.findAnywhereIn(content)) found.get("file")?.add(needle);
    look(Buffer.from(name), "file", "the name of a file");
  }
  look(Buffer.from(run.log), "log");
  return {
    mode: run.mode,
    permitted: countPermitted(planted.all, found, run.mode),
    leaks: survivors.filter(
      ({ kind, way, where }) => !isPermitted(kind, way, run.mode) || (way === "file" && !isRecorded(where)),
    ),
    missing: [...missingTexts(planted.all, found, run.mode), ...missingRecords(run, invented)],
  };
}

/** The recorder of Cursor's hooks wrote it. */
function isRecorded(file: string): boolean {
  return file.split(path.sep).includes(HOOKS_FOLDER);
}

function countPermitted(
  canaries: readonly Canary[],
  found: ReadonlyMap<Way, ReadonlySet<string>>,
  mode: Mode,
): Map<Kind, Map<Way, number>> {
  const counts = new Map<Kind, Map<Way, number>>();
  for (const { kind, needle } of canaries) {
    for (const way of waysOf(kind, mode)) {
      if (found.get(way)?.has(needle) !== true) continue;
      const ways = counts.get(kind) ?? new Map<Way, number>();
      counts.set(kind, ways.set(way, (ways.get(way) ?? 0) + 1));
    }
  }
  return counts;
}

function missingTexts(
  canaries: readonly Canary[],
  found: ReadonlyMap<Way, ReadonlySet<string>>,
  mode: Mode,
): string[] {
  const missing = canaries.flatMap(({ kind, needle, what }) =>
    waysOf(kind, mode).flatMap((way) => (found.get(way)?.has(needle) === true ? [] : [`${what} (${way})`])),
  );
  return [...new Set(missing)];
}

type Expected = readonly [what: string, found: number, least: number];

/** The numbers have to arrive in every mode, with the old sessions'; and categories and hints where a mode has them. */
function missingRecords({ mode, requests, isDelivered }: ModeRun, invented: readonly Invented[]): string[] {
  const records = requests.filter(({ way }) => way === "records").flatMap(recordsOf);
  // They do not say which tool answered.
  const found = records.filter(({ eventName }) => eventName === "talos.completion").length;
  const answers = mode === "full" ? invented.reduce((sum, one) => sum + one.answers, 0) : 0;
  const expected: Expected[] = [
    ...invented.flatMap((one) => expectedOf(records, one, mode)),
    ["answers", found, answers],
  ];
  return [
    ...(isDelivered ? [] : ["not everything was delivered"]),
    ...expected.flatMap(([what, count, least]) => (count < least ? [`${what}: ${count} of ${least}`] : [])),
  ];
}

function expectedOf(
  records: readonly LogRecord[],
  { source, ...invented }: Invented,
  mode: Mode,
): Expected[] {
  const all = (eventName: string) =>
    records.filter((record) => record.eventName === eventName && sourceOf(record) === source);
  const prompts = all("talos.prompt");
  const having = (name: string) =>
    prompts.filter(({ attributes }) => attributes.some(({ key }) => key === name)).length;
  const isCategorized = mode !== "off";
  return [
    [`requests of ${source}`, all("gen_ai.client.inference.operation.details").length, invented.requests + 1],
    [`prompts of ${source}`, prompts.length, invented.prompts + 1],
    [`categories of ${source}`, having("talos.category"), isCategorized ? invented.prompts : 0],
    // Half of them name somebody and are dropped.
    [`hints of ${source}`, having("talos.task_hint"), isCategorized ? Math.floor(invented.prompts / 2) : 0],
  ];
}

function sourceOf({ attributes }: LogRecord): string | undefined {
  return attributes.find(({ key }) => key === "talos.source")?.value.stringValue;
}

function recordsOf({ body }: Captured): LogRecord[] {
  const { resourceLogs } = protobufCodec.decodeRequest(gunzipSync(body));
  return resourceLogs.flatMap(({ scopeLogs }) => scopeLogs).flatMap(({ logRecords }) => logRecords);
}
