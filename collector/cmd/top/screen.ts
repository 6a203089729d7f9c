import { span } from "../status-text.ts";
import type { Rates, Sample } from "./sample.ts";
import { queueTitle } from "../../service/text-lanes.ts";

export interface ScreenOptions {
  columns: number;
  rows: number;
  color: boolean;
}

/** Rates of the past, the newest last. */
export type History = readonly Rates[];

type Paint = (text: string, kind: "good" | "bad" | "dim" | "bold") => string;

const CODES = { good: 32, bad: 31, dim: 2, bold: 1 };
/** A line and how it is painted. */
type Line = [text: string, kind?: keyof typeof CODES | undefined];

const BARS = "▁▂▃▄▅▆▇█";
const MAX_SPARKS = 60;
const ERRORS_SHOWN = 5;

/** One frame of `talos top`, as lines without an end. No line is wider than the terminal. */
export function renderScreen(now: Sample, history: History, options: ScreenOptions): string[] {
  const paint: Paint = (text, kind) => (options.color ? `\u001B[${CODES[kind]}m${text}\u001B[0m` : text);
  const rates = history.at(-1);
  const lines: Line[] = [
    headline(now),
    [""],
    ["             per second      total", "dim"],
    [
      row(
        "records in",
        rates?.read,
        now.status.balance.read,
        sparks(history, ({ read }) => read),
      ),
    ],
    [row("bytes in", rates?.readBytes, now.status.counters["receiver_read_bytes"] ?? 0, "")],
    [row("dropped", rates?.dropped, total(now.status.balance.dropped), reasons(now.status.balance.dropped))],
    [
      row(
        "records out",
        rates?.out,
        delivered(now),
        sparks(history, ({ out }) => out),
      ),
    ],
    [""],
    ...destinations(now),
    [""],
    [resources(now, rates)],
    ...errors(now),
  ];
  return lines.slice(0, Math.max(1, options.rows - 1)).map(([text, kind]) => {
    const cut = text.slice(0, options.columns);
    return kind === undefined ? cut : paint(cut, kind);
  });
}

function headline({ status, process }: Sample): Line {
  if (!status.running) return ["Talos Auditor: not running; start it with `talos run`", "bad"];
  const { version, uptimeMs } = process ?? {};
  const about = version === undefined ? "" : `, version ${version}`;
  const since = uptimeMs === undefined ? "" : `, for ${span(uptimeMs)}`;
  return [`Talos Auditor: running (process ${status.pid ?? "?"}${since}${about})`, "bold"];
}

function row(name: string, rate: number | undefined, sum: number, more: string): string {
  const perSecond = rate === undefined ? "–" : compact(rate);
  return `${name.padEnd(12)} ${perSecond.padStart(10)} ${compact(sum).padStart(10)}  ${more}`.trimEnd();
}

function destinations({ status, atMs }: Sample): Line[] {
  const width = Math.max(12, ...status.destinations.map(({ exporter }) => queueTitle(exporter).length));
  const head = `${"destination".padEnd(width)}     queued     parked  oldest unsent  state`;
  return [
    [head, "dim"],
    ...status.destinations.map(({ exporter, queued, parked, health }): Line => {
      const oldest = Math.min(queued.oldestMs ?? Infinity, parked.oldestMs ?? Infinity);
      const age = Number.isFinite(oldest) ? span(atMs - oldest) : "–";
      const state = health?.state ?? "ok";
      const problem =
        state === "ok" ? "ok" : `${state}: ${health?.lastProblem ?? "failing"}; nothing is lost`;
      const cells = [compact(queued.records), compact(parked.records)].map((cell) => cell.padStart(10));
      return [
        `${queueTitle(exporter).padEnd(width)} ${cells.join(" ")}  ${age.padStart(13)}  ${problem}`,
        state === "ok" ? undefined : "bad",
      ];
    }),
  ];
}

function resources({ status, process }: Sample, rates: Rates | undefined): string {
  const files = `files followed ${compact(status.filesFollowed)} · open requests ${compact(status.open)}`;
  if (process === undefined) return status.running ? `${files} · memory unknown: no control socket` : files;
  const cpu = rates?.cpu === undefined ? "–" : `${(rates.cpu * 100).toFixed(1)}%`;
  return `${files} · memory ${mebibytes(process.rssBytes)} · CPU ${cpu} of a core`;
}

function errors({ process, atMs }: Sample): Line[] {
  const bad = (process?.recent ?? []).filter(({ level }) => level !== "info").slice(-ERRORS_SHOWN);
  if (bad.length === 0) return [];
  return [
    [""],
    ["last warnings and errors", "dim"],
    ...bad.toReversed().map(({ atMs: at, level, message, fields }): Line => {
      const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${String(value)}`);
      return [
        `${span(atMs - at).padStart(8)} ago  ${level.padEnd(5)} ${message}${rest.join("")}`,
        level === "error" ? "bad" : undefined,
      ];
    }),
  ];
}

/** The last minute as bars, the newest at the right; the highest bar is the largest value. */
export function sparks(history: History, of: (rates: Rates) => number): string {
  const values = history.slice(-MAX_SPARKS).map(of);
  const most = Math.max(...values);
  if (values.length < 2 || most <= 0) return "";
  return values.map((value) => BARS[Math.ceil((value / most) * (BARS.length - 1))] ?? BARS[0]).join("");
}

function delivered({ status }: Sample): number {
  return status.balance.destinations.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
}

function total(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function reasons(dropped: Record<string, number>): string {
  return Object.entries(dropped)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${reason.replaceAll("_", " ")} ${compact(count)}`)
    .join(", ");
}

function compact(value: number): string {
  if (value < 10 && !Number.isInteger(value)) return value.toFixed(1);
  return Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}
