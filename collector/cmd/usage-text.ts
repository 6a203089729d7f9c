import type { Usage, UsageBy, UsageSum } from "./usage.ts";

const BARS = "▁▂▃▄▅▆▇█";
const MOST_ROWS = 40;
const TITLES = { day: "day", model: "model", folder: "folder" };

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
    [TITLES[text.by], "requests", "prompts", "input", "cached", "output", "list value"],
    ...shown.map(({ name, sum }) => [printable(name), ...cellsOf(sum)]),
    ["total", ...cellsOf(total)],
  ];
  const left = rows.length - shown.length;
  const lines = [
    ...aligned(cells).map((line, i) => (i === 0 && text.color ? dim(line) : line)),
    ...(left > 0 ? [`… and ${left} more; --json prints all`] : []),
    ...(text.live && usage.rows("day").length > 1 ? ["", `${sparkline(usage)}  list value by day`] : []),
    ...(total.unpriced > 0
      ? ["", `${number(total.unpriced)} requests have no known price and are in no value.`]
      : []),
    "",
    "Computed on this computer from the transcripts; nothing was sent or stored. List value is no bill.",
  ];
  return `${lines.join("\n")}\n`;
}

export function usageJson(usage: Usage, by: UsageBy, span: { sinceMs: number; untilMs: number }): string {
  const rows = usage.rows(by).map(({ name, sum }) => ({ [by]: name, ...jsonOf(sum) }));
  const { sinceMs, untilMs } = span;
  const since = new Date(sinceMs).toISOString();
  return `${JSON.stringify({ since, until: new Date(untilMs).toISOString(), by, rows, total: jsonOf(usage.total) })}\n`;
}

function jsonOf({ listValue, ...sum }: UsageSum): object {
  return { ...sum, listValueUsd: Number(listValue / 1_000_000n) / 1_000_000 };
}

function cellsOf(sum: UsageSum): string[] {
  const share = sum.inputTokens === 0 ? "" : `${Math.round((100 * sum.cacheReadTokens) / sum.inputTokens)}%`;
  return [
    number(sum.requests),
    number(sum.prompts),
    compact(sum.inputTokens),
    share,
    compact(sum.outputTokens),
    usd(sum.listValue),
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
