import { formatDay } from "./calendar.ts";
import type { Labels, PricedRow, Range, ReportRows } from "./report-rows.ts";
import type { DayPoint, Dimension, Group, Report } from "./report.ts";
import { Valuation } from "./valuation.ts";

const SHORT_HASH = 8;

/** The report that the stored sums make, at list prices. */
export function buildReport(
  rows: ReportRows,
  labels: Labels,
  range: Range & { timeZone: string },
  by: Dimension,
): Report {
  const days = daysOf(range);
  const total = valueOf(rows.series);
  return {
    range: { from: formatDay(range.from), to: formatDay(range.to), timeZone: range.timeZone },
    totals: {
      ...total.measures(),
      sessions: rows.totalSessions,
      activeDevelopers: rows.activeDevelopers,
      prompts: rows.series.reduce((sum, row) => sum + row.prompts, 0),
    },
    cache: total.cache(),
    days: pointsOf(rows.series, days),
    groups: {
      model: groupsOf("model", rows, labels),
      project: groupsOf("project", rows, labels),
      developer: groupsOf("developer", rows, labels),
      origin: groupsOf("origin", rows, labels),
      source: groupsOf("source", rows, labels),
    },
    series: { by, rows: seriesOf(rows.series, days, (key) => labelOf(by, key, labels)) },
    version: rows.version,
  };
}

export function valueOf(rows: readonly PricedRow[]): Valuation {
  const valuation = new Valuation();
  for (const row of rows) {
    if (row.requests > 0) valuation.add({ model: row.model, priceClass: row.price_class, day: row.day }, row);
  }
  return valuation;
}

function daysOf({ from, to }: Range): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function pointsOf(rows: readonly PricedRow[], days: readonly number[]): DayPoint[] {
  const byDay = Map.groupBy(rows, (row) => row.day);
  return days.map((day) => ({ day: formatDay(day), ...valueOf(byDay.get(day) ?? []).measures() }));
}

function groupsOf(by: Dimension, rows: ReportRows, labels: Labels): Group[] {
  const groups = [...Map.groupBy(rows.groups[by], (row) => row.key)].map(([key, own]) => ({
    key,
    value: valueOf(own),
  }));
  return groups.toSorted(byValue).map(({ key, value }) => ({
    key,
    label: labelOf(by, key, labels),
    sessions: rows.sessions[by].get(key) ?? 0,
    ...value.measures(),
  }));
}

interface Valued {
  key: string;
  value: Valuation;
}

/** Largest list value first, then most tokens, then by key, so that the order is always the same. */
function byValue(a: Valued, b: Valued): number {
  if (a.value.listValue !== b.value.listValue) return a.value.listValue < b.value.listValue ? 1 : -1;
  return b.value.tokens - a.value.tokens || (a.key < b.key ? -1 : 1);
}

function seriesOf(
  rows: readonly PricedRow[],
  days: readonly number[],
  label: (key: string) => string,
): Report["series"]["rows"] {
  const used = rows.filter((row) => row.requests > 0);
  const keys = [...Map.groupBy(used, (row) => row.key)].map(([key, own]) => ({
    key,
    own,
    value: valueOf(own),
  }));
  return keys.toSorted(byValue).map(({ key, own }) => {
    const byDay = Map.groupBy(own, (row) => row.day);
    const values = days.map((day) => valueOf(byDay.get(day) ?? []));
    return {
      key,
      label: label(key),
      listValue: values.map((value) => String(value.listValue)),
      tokens: values.map((value) => value.tokens),
    };
  });
}

export function labelOf(by: Dimension, key: string, labels: Labels): string {
  if (by === "developer") return labels.developers.get(key) ?? key;
  if (by === "project") return labels.projects.get(key) ?? key.slice(0, SHORT_HASH);
  return key;
}
