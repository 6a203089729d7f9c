import type { Report } from "../../domain/report.ts";
import type { Money } from "../format.ts";
import { dollars } from "../format.ts";
import type { Metric } from "../range.ts";

export interface Series {
  key: string;
  label: string;
  /** Its colour and texture; the folded rest has its own. */
  slot: number | "rest";
  /** Exact, per day: picodollars or tokens. */
  values: Money[];
  total: Money;
}

/** What the bars count: what a person chose on the overview, or prompts. */
export type Unit = Metric | "prompts";

export interface Stack {
  metric: Unit;
  days: string[];
  /** From the bottom of the bars to their top. */
  series: Series[];
  /** Exact, per day. */
  totals: Money[];
  total: Money;
}

/** More colours than this cannot be told apart. */
export const MOST_SERIES = 7;

/** The chart's numbers, exact: the bars, the tooltip and the table beside them all come from here. */
export function stack(report: Report, metric: Metric): Stack {
  const days = report.days.map((point) => point.day);
  const rows = report.series.rows
    .map(({ key, label, listValue, tokens }) => {
      const values = metric === "value" ? listValue.map(BigInt) : tokens.map(BigInt);
      return { key, label, values, total: add(values) };
    })
    .filter((row) => row.total !== 0n);
  return stackOf(metric, days, inOrder(rows, report.series.by));
}

type Row = Omit<Series, "slot">;

/** The same of rows in the order in which they are to lie on each other. */
export function stackOf(metric: Unit, days: string[], rows: Row[]): Stack {
  const series = fold(rows);
  const totals = days.map((_, index) => add(series.map((row) => row.values[index] ?? 0n)));
  return { metric, days, series, totals, total: add(totals) };
}

/** People are listed by name: their order in a chart must not be a ranking. */
function inOrder(rows: Row[], by: Report["series"]["by"]): Row[] {
  if (by === "developer") return rows.toSorted((a, b) => a.label.localeCompare(b.label, "en"));
  return rows.toSorted((a, b) =>
    a.total === b.total ? a.key.localeCompare(b.key) : a.total < b.total ? 1 : -1,
  );
}

function fold(rows: Row[]): Series[] {
  const kept = rows.length > MOST_SERIES ? rows.slice(0, MOST_SERIES - 1) : rows;
  const rest = rows.slice(kept.length);
  const series: Series[] = kept.map((row, slot) => ({ ...row, slot }));
  if (rest.length === 0) return series;
  const values = (rest[0]?.values ?? []).map((_, day) => add(rest.map((row) => row.values[day] ?? 0n)));
  return [...series, { key: "", label: `${rest.length} others`, slot: "rest", values, total: add(values) }];
}

function add(values: readonly Money[]): Money {
  return values.reduce((total, value) => total + value, 0n);
}

/** What a bar's height is drawn from: dollars, tokens or prompts. */
export function heightOf(metric: Unit, value: Money): number {
  return metric === "value" ? dollars(value) : Number(value);
}

/** The share of the whole in tenths of a percent, without leaving whole numbers. */
export function share(part: Money, whole: Money): string {
  if (whole === 0n) return "–";
  const thousandths = Number((part * 1000n + whole / 2n) / whole);
  if (thousandths === 0 && part > 0n) return "<0.1 %";
  return `${(thousandths / 10).toFixed(1)} %`;
}
