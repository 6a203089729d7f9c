import { SELECTED } from "./request.ts";
import type { Usage, UsageBy, UsageSum } from "./usage.ts";

const BARS = "▁▂▃▄▅▆▇█";
const MOST_ROWS = 40;
const TOOLS: Record<string, string> = { claude_code: "Claude Code", cursor: "Cursor" };
const NOT_KNOWN = "not known";

export interface UsageText {
  by: UsageBy;
  days: number;
  /** A terminal: sparkline and colours. */
  live: boolean;
  color: boolean;
}

/** `talos usage` as people read it. */
export function renderUsage(usage: Usage, text: UsageText): string {
  const rows = usage.rows(text.by);
  const { total } = usage;
  if (total.requests === 0 && total.prompts === 0) {
    return `Nothing was found in the last ${text.days} days.\n`;
  }
  const shown = text.by === "day" ? rows.slice(-MOST_ROWS) : rows.slice(0, MOST_ROWS);
  const cells = [
    [text.by, "requests", "prompts", "input", "cached", "output", "list value"],
    ...shown.map(({ name, sum }) => [nameOf(name, text.by), ...cellsOf(sum)]),
    ["total", ...cellsOf(total)],
  ];
  const left = rows.length - shown.length;
  const lines = [
    ...aligned(cells).map((line, i) => (i === 0 && text.color ? dim(line) : line)),
    ...(left > 0 ? [`… and ${left} more; --json prints all`] : []),
    ...(text.live && usage.rows("day").length > 1 ? ["", `${sparkline(usage)}  list value by day`] : []),
    ...missing(total).flatMap((sentence) => ["", sentence]),
    ...(text.by === "model" && rows.some(({ name }) => name.endsWith(SELECTED))
      ? ["", "Selected: Cursor does not say which model answered; `default` is its Auto."]
      : []),
    "",
    "Computed on this computer from the tools' own files; nothing was sent or stored. List value is no bill.",
  ];
  return `${lines.join("\n")}\n`;
}

/** What the sums leave out. */
function missing({ requests, uncounted, unsplit, unpriced }: UsageSum): string[] {
  const sentences: string[] = [];
  if (uncounted > 0) {
    sentences.push(
      `${number(uncounted)} of ${requestsOf(requests)} ${uncounted === 1 ? "is" : "are"} without token counts: Cursor writes none to its files. They are in no token count and no value.`,
      "`talos cursor-hooks install` lets Cursor tell the counts of later requests.",
    );
  }
  if (unsplit > 0) {
    sentences.push(
      `Of ${requestsOf(unsplit)} the tool does not say how much input was cached: they are in no value.`,
    );
  }
  const others = unpriced - uncounted - unsplit;
  if (others > 0) {
    sentences.push(
      `${requestsOf(others)} ${others === 1 ? "has no known price and is" : "have no known price and are"} in no value.`,
    );
  }
  return sentences;
}

function requestsOf(count: number): string {
  return `${number(count)} request${count === 1 ? "" : "s"}`;
}

function nameOf(name: string, by: UsageBy): string {
  return by === "tool" ? (TOOLS[name] ?? name) : printable(name);
}

export function usageJson(usage: Usage, by: UsageBy, span: { sinceMs: number; untilMs: number }): string {
  const rows = usage.rows(by).map(({ name, sum }) => ({ ...keyOf(name, by), ...sumJson(sum) }));
  const { sinceMs, untilMs } = span;
  const since = new Date(sinceMs).toISOString();
  return `${JSON.stringify({ since, until: new Date(untilMs).toISOString(), by, rows, total: sumJson(usage.total) })}\n`;
}

function keyOf(name: string, by: UsageBy): object {
  if (by !== "model") return { [by]: name };
  return { model: name.replace(SELECTED, ""), selected: name.endsWith(SELECTED) };
}

/** What is not known of any of the requests is null, and not 0. */
export function sumJson({ listValue, ...sum }: UsageSum): object {
  const { areCounted, areSplit, arePriced } = knownOf(sum);
  return {
    ...sum,
    ...(!areCounted && { inputTokens: null, outputTokens: null }),
    ...(!areSplit && { cacheReadTokens: null }),
    listValueUsd: arePriced ? Number(listValue / 1_000_000n) / 1_000_000 : null,
  };
}

/** Of one request at least, or there is none. */
export function knownOf({ requests, uncounted, unsplit, unpriced }: Omit<UsageSum, "listValue">) {
  const isAny = (unknown: number) => requests === 0 || unknown < requests;
  return { areCounted: isAny(uncounted), areSplit: isAny(uncounted + unsplit), arePriced: isAny(unpriced) };
}

function cellsOf(sum: UsageSum): string[] {
  const { areCounted, areSplit, arePriced } = knownOf(sum);
  const share =
    sum.inputTokens === 0 || !areSplit ? "" : `${Math.round((100 * sum.cacheReadTokens) / sum.inputTokens)}%`;
  return [
    number(sum.requests),
    number(sum.prompts),
    areCounted ? compact(sum.inputTokens) : NOT_KNOWN,
    share,
    areCounted ? compact(sum.outputTokens) : NOT_KNOWN,
    arePriced ? usd(sum.listValue) : NOT_KNOWN,
  ];
}

/** One character a day: its share of the largest day. */
export function sparkline(usage: Usage): string {
  const values = usage.rows("day").map(({ sum }) => Number(sum.listValue));
  const most = Math.max(...values, 1);
  return values.map((value) => BARS[Math.ceil((value / most) * (BARS.length - 1))] ?? " ").join("");
}

function aligned(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** Names come from files: nothing in them may move the cursor. */
function printable(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}]/gu, "?");
}

export function number(value: number): string {
  return value.toLocaleString("en-US");
}

export function compact(value: number): string {
  return Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** Picodollars as dollars and cents. */
export function usd(picodollars: bigint): string {
  const cents = Number((picodollars + 5_000_000_000n) / 10_000_000_000n);
  return `$${(cents / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

function dim(text: string): string {
  return `\u001B[2m${text}\u001B[0m`;
}
