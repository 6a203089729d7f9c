import type { EventName } from "#component/record.ts";
import { MODES, type Mode } from "#proto/egress.ts";
import { plainRecord, recordLines, type PlainRecord } from "../tap-text.ts";
import { cut, safeJson } from "./cells.ts";
import type { Found } from "./found.ts";
import type { ModePreview } from "./preview-mode.ts";
import type { Applied } from "./rules.ts";

export interface Preview {
  sinceMs: number;
  untilMs: number;
  limit: number;
  found: Found;
  /** In force on this machine now. */
  inForce: Mode;
  /** False where the machine has no configuration yet: then a usual one is shown, with a key made up for it. */
  isConfigured: boolean;
  /** By mode, one for each destination. */
  modes: readonly (readonly ModePreview[])[];
}

const WIDTH = 80;
const LABEL = 48;
const CELL = 8;
const HEADS: Record<Mode, string> = {
  off: "off",
  categorize_local: "local",
  categorize_cloud: "cloud",
  full: "full",
};
const TOOLS: Record<string, string> = { claude_code: "Claude Code", cursor: "Cursor" };
const REQUEST: EventName = "gen_ai.client.inference.operation.details";
const NAMES: Record<EventName, string> = {
  "gen_ai.client.inference.operation.details": "request",
  "talos.prompt": "prompt",
  "talos.completion": "answer",
};
const EVENTS = Object.keys(NAMES).filter((name): name is EventName => Object.hasOwn(NAMES, name));

/** Every mode side by side, in 80 columns. */
export function renderPreview(preview: Preview, color: boolean): string {
  const first = preview.modes.flatMap(([one]) => one ?? []);
  const rows = [...sentRows(first), ...appliedRows(first)];
  const lines = [
    ...opening(preview, first[0]),
    "",
    headLine("", color),
    ...rows,
    ...EVENTS.flatMap((event) => newestOf(event, first, color)),
    "",
    ...closing(preview, first),
    "--mode MODE or --json prints every record whole.",
  ];
  return `${lines.join("\n")}\n`;
}

/** One mode, every record whole. */
export function renderMode(preview: Preview): string {
  const all = preview.modes.flat();
  const lines = all.flatMap((one) => [
    `To ${one.exporter}, in mode ${one.mode}:`,
    "",
    ...one.requests.flatMap((request) =>
      recordLines(request, "json").map((line) => safeJson(JSON.parse(line), 2)),
    ),
    ...one.asked.flatMap(({ url, body }) => ["", `POST ${url}`, safeJson(body, 2)]),
    "",
    ...(one.applied.length === 0 ? [] : ["Removed or decided, and by which rule:"]),
    ...one.applied.map(({ what, count }) => `  ${String(count).padStart(5)}  ${wordsOf(what)}`),
    "",
  ]);
  return `${[...opening(preview, all[0]), "", ...lines, ...closing(preview, all)].join("\n")}\n`;
}

export function previewJson({ found, modes, ...preview }: Preview): string {
  const time = (ms: number) => new Date(ms).toISOString();
  const report = {
    since: time(preview.sinceMs),
    until: time(preview.untilMs),
    configured: preview.isConfigured,
    mode_in_force: preview.inForce,
    found: Object.fromEntries(EVENTS.map((event) => [event, found.total.get(event) ?? 0])),
    left_out: Object.fromEntries(found.left),
    shown_of_each: preview.limit,
    modes: Object.fromEntries(
      modes.flatMap((all) => {
        const [one] = all;
        return one === undefined ? [] : [[one.mode, all.map(jsonOf)]];
      }),
    ),
  };
  return `${safeJson(report, 2)}\n`;
}

function jsonOf({ pipeline, exporter, requests, asked, applied }: ModePreview): object {
  const ofKind = (kind: Applied["kind"]) =>
    applied
      .filter(({ what }) => what.kind === kind)
      .map(({ what: { by, rule }, count }) => ({ by, rule, count }));
  return {
    pipeline,
    destination: exporter,
    records: requests.flatMap((request) =>
      recordLines(request, "json").map((line): unknown => JSON.parse(line)),
    ),
    asked,
    removed: ofKind("removed"),
    notes: ofKind("note"),
  };
}

function opening({ found, sinceMs, limit, inForce, isConfigured }: Preview, one?: ModePreview): string[] {
  const counts = EVENTS.map((event) => {
    const count = found.total.get(event) ?? 0;
    return `${count.toLocaleString("en-US")} ${NAMES[event]}${count === 1 ? "" : "s"}`;
  });
  const left = [...found.left].map(([reason, count]) => `${count} ${reason.replaceAll("_", " ")}`);
  const since = new Date(sinceMs).toISOString().slice(0, 16).replace("T", " ");
  return [
    "What would leave this computer. Nothing was sent, and nothing was written.",
    `Since ${since} UTC: ${counts.join(", ")}.`,
    ...(left.length === 0 ? [] : [`Left out as you configured it: ${left.join(", ")}.`]),
    `Of each tool and kind, the newest ${limit} at most are shown; --limit takes more.`,
    `In force now: ${inForce}.${one === undefined ? "" : ` Destination: ${cut(one.exporter, 40)}.`}`,
    ...(isConfigured ? [] : ["No configuration yet: a usual one is shown, with a key made up for this."]),
  ];
}

function closing({ modes }: Preview, first: readonly ModePreview[]): string[] {
  const others = (modes[0]?.length ?? 0) - 1;
  const asked = first.find((one) => one.asked.length > 0)?.asked[0];
  return [
    ...(asked === undefined
      ? []
      : [
          `asked: POST ${cut(asked.url, WIDTH - 12)}`,
          "with the prompt alone, as redaction leaves it; it was not asked here.",
        ]),
    "Text written before a mode is accepted never leaves, whatever is shown here.",
    ...(others > 0 ? [`${others} more destination${others === 1 ? "" : "s"}: --json prints all.`] : []),
  ];
}

function headLine(title: string, color: boolean): string {
  const text = rowOf(
    title,
    MODES.map((mode) => HEADS[mode]),
  );
  return color ? `\u001B[1m${text}\u001B[0m` : text;
}

function rowOf(label: string, cells: readonly string[]): string {
  return `${cut(label, LABEL - 1).padEnd(LABEL)}${cells.map((cell) => cell.padEnd(CELL)).join("")}`.trimEnd();
}

interface Row {
  label: string;
  count: (one: ModePreview) => number | string;
}

function sentRows(modes: readonly ModePreview[]): string[] {
  const having = (event: EventName, test: (record: PlainRecord) => boolean) => (one: ModePreview) =>
    recordsOf(one).filter((record) => record.event === event && test(record)).length;
  const has = (name: string) => (record: PlainRecord) => record.attributes[name] !== undefined;
  const rows: Row[] = [
    { label: "requests", count: having(REQUEST, () => true) },
    {
      label: "  without token counts: they are not known",
      count: having(REQUEST, ({ attributes }) => attributes["gen_ai.usage.input_tokens"] === undefined),
    },
    { label: "prompts", count: having("talos.prompt", () => true) },
    {
      label: "  with a category",
      count: (one) =>
        having("talos.prompt", has("talos.category"))(one) || (one.asked.length > 0 ? "asked" : 0),
    },
    { label: "  with a hint of the task", count: having("talos.prompt", has("talos.task_hint")) },
    { label: "  with their text", count: having("talos.prompt", ({ body }) => body !== undefined) },
    { label: "  whose category the backend is asked for", count: ({ asked }) => asked.length },
    { label: "answers, with their text", count: having("talos.completion", () => true) },
  ];
  return rows.map(({ label, count }) => rowOf(label, modes.map((one) => count(one) || "-").map(String)));
}

function countLine(label: string, counts: readonly number[]): string {
  return rowOf(
    label,
    counts.map((count) => (count === 0 ? "-" : String(count))),
  );
}

/** By which rule something was removed. */
function appliedRows(modes: readonly ModePreview[]): string[] {
  const rows = new Map<string, { words: string; counts: number[] }>();
  for (const [i, { applied }] of modes.entries()) {
    for (const { what, count } of applied) {
      const words = wordsOf(what);
      const row = rows.get(words) ?? { words, counts: modes.map(() => 0) };
      row.counts[i] = (row.counts[i] ?? 0) + count;
      rows.set(words, row);
    }
  }
  if (rows.size === 0) return [];
  const sorted = [...rows.values()].toSorted((a, b) => (a.words < b.words ? -1 : 1));
  return [
    "",
    "removed or decided, and by which rule",
    ...sorted.map(({ words, counts }) => countLine(`  ${words}`, counts)),
  ];
}

const BY: Record<Applied["by"], string> = {
  mode: "mode: ",
  redaction: "secret: ",
  leak_guard: "leak guard, hint: ",
  gate: "gate: ",
  categorize: "category: ",
  other: "",
};

function wordsOf({ by, rule }: Applied): string {
  return `${BY[by]}${rule.replaceAll("_", " ")}`;
}

function recordsOf({ requests }: ModePreview): PlainRecord[] {
  return requests.flatMap(({ resourceLogs }) =>
    resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) => logRecords.map((record) => plainRecord(record))),
    ),
  );
}

/** The newest of a kind and of each tool: each of its values, and the modes that it leaves in. */
function newestOf(event: EventName, modes: readonly ModePreview[], color: boolean): string[] {
  const all = modes.map((one) => recordsOf(one).filter((record) => record.event === event));
  const sources = [...new Set(all.flat().map(sourceOf))].toSorted();
  return sources.flatMap((source) => {
    const newest = all.map((records) => records.findLast((record) => sourceOf(record) === source));
    const title = `the newest ${NAMES[event]}${source === "" ? "" : ` of ${TOOLS[source] ?? source}`}`;
    return newestLines(title, newest, { modes, color });
  });
}

function sourceOf({ attributes }: PlainRecord): string {
  return String(attributes["talos.source"] ?? "");
}

function newestLines(
  title: string,
  newest: readonly (PlainRecord | undefined)[],
  { modes, color }: { modes: readonly ModePreview[]; color: boolean },
): string[] {
  const values = new Map<string, Set<number>>();
  for (const [i, record] of newest.entries()) {
    if (record === undefined) continue;
    for (const text of valuesOf(record)) values.set(text, (values.get(text) ?? new Set<number>()).add(i));
  }
  const rows = Array.from(values, ([text, present]) => {
    const marks = modes.map((_, i) => (present.has(i) ? "x" : "").padEnd(6)).join("");
    return `${marks}${cut(text, WIDTH - modes.length * 6)}`;
  });
  const heads = modes.map(({ mode }) => HEADS[mode].padEnd(6)).join("");
  return ["", color ? `\u001B[1m${heads}${title}\u001B[0m` : `${heads}${title}`, ...rows];
}

function valuesOf({ time, attributes, body }: PlainRecord): string[] {
  return [
    `time: ${time}`,
    ...Object.entries(attributes).map(([name, value]) => `${name}: ${String(value)}`),
    ...(body === undefined ? [] : [`text, ${body.length} characters: ${body}`]),
  ];
}
