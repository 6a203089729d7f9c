import { PRICE_CHANGES } from "../domain/prices.ts";
import type { Dimension } from "../domain/report.ts";
import type { PricedRow, Range, ReportRows } from "../domain/report-rows.ts";
import { SUMS } from "./rollups.ts";

const DIMENSIONS = ["model", "project", "developer", "origin", "source"] as const satisfies Dimension[];

const KEYS: Record<Dimension, string> = {
  model: "model",
  project: "lower(hex(project))",
  developer: "(SELECT public_id FROM developers d WHERE d.id = developer)",
  origin: "origin",
  source: "source",
};

const IN_RANGE = "team = ?1 AND day BETWEEN ?2 AND ?3";
const LIVE = "requests + prompts > 0";
/** Days between two price changes sum to one row, named by the last of them. */
const EPOCH = PRICE_CHANGES.map((day) => `(day >= ${day})`).join(" + ");

function groupSql(by: Dimension): string {
  return `SELECT ${KEYS[by]} key, max(day) day, model, price_class, ${SUMS} FROM rollups
    WHERE ${IN_RANGE} AND requests > 0 GROUP BY key, model, price_class, ${EPOCH}`;
}

function sessionsSql(by: Dimension): string {
  return `SELECT ${KEYS[by]} key, count(DISTINCT session) sessions FROM session_rollups
    WHERE ${IN_RANGE} AND requests > 0 GROUP BY key`;
}

/** Everything a report is made of, read in one transaction. */
export async function readReport(
  db: D1Database,
  team: number,
  range: Range,
  by: Dimension,
): Promise<ReportRows> {
  const bound = (sql: string) => db.prepare(sql).bind(team, range.from, range.to);
  const results = await db.batch<Record<string, unknown>>([
    bound(`SELECT count(DISTINCT session) sessions FROM session_rollups WHERE ${IN_RANGE} AND ${LIVE}`),
    bound(`SELECT count(DISTINCT developer) developers FROM rollups WHERE ${IN_RANGE} AND ${LIVE}`),
    db.prepare("SELECT version FROM teams WHERE id = ?1").bind(team),
    bound(
      `SELECT ${KEYS[by]} key, day, model, price_class, ${SUMS} FROM rollups
        WHERE ${IN_RANGE} AND ${LIVE} GROUP BY day, key, model, price_class`,
    ),
    ...DIMENSIONS.flatMap((dimension) => [bound(groupSql(dimension)), bound(sessionsSql(dimension))]),
  ]);
  const rows = (index: number) => results[index]?.results ?? [];
  const each = <T>(read: (index: number) => T) => ({
    model: read(4),
    project: read(6),
    developer: read(8),
    origin: read(10),
    source: read(12),
  });
  return {
    totalSessions: numberIn(rows(0)[0], "sessions"),
    activeDevelopers: numberIn(rows(1)[0], "developers"),
    version: numberIn(rows(2)[0], "version"),
    series: rows(3).map(toPricedRow),
    groups: each((index) => rows(index).map(toPricedRow)),
    sessions: each(
      (index) => new Map(rows(index + 1).map((row) => [textIn(row, "key"), numberIn(row, "sessions")])),
    ),
  };
}

export function toPricedRow(row: Record<string, unknown>): PricedRow {
  const number = (name: string) => numberIn(row, name);
  return {
    key: textIn(row, "key"),
    day: number("day"),
    model: textIn(row, "model"),
    price_class: textIn(row, "price_class"),
    requests: number("requests"),
    prompts: number("prompts"),
    partial: number("partial"),
    input: number("input"),
    cache_read: number("cache_read"),
    cache_5m: number("cache_5m"),
    cache_1h: number("cache_1h"),
    output: number("output"),
    searches: number("searches"),
    selected: number("selected"),
  };
}

export function numberIn(row: Record<string, unknown> | undefined, name: string): number {
  const value = row?.[name];
  return typeof value === "number" ? value : 0;
}

export function textIn(row: Record<string, unknown>, name: string): string {
  const value = row[name];
  return typeof value === "string" ? value : "";
}
