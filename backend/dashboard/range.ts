import type { Dimension } from "../domain/report.ts";
import { addDays, daysBetween, isDay } from "./day.ts";

export interface Range {
  from: string;
  to: string;
}

export type Metric = "value" | "tokens";

/** What the address asks for. Without a range the page follows the newest data. */
export interface View {
  range: Range | null;
  by: Dimension;
  metric: Metric;
}

export const DIMENSIONS = ["model", "project", "developer", "origin", "source"] as const;
export const PRESETS = [7, 14, 30, 90] as const;
export const DEFAULT_DAYS = 30;
/** A longer range would draw bars thinner than a pixel. */
export const LONGEST_DAYS = 400;

/** Reads `?from&to&by&show`; what it does not understand falls back to the default. */
export function parseView(search: string): View {
  const params = new URLSearchParams(search);
  const range = { from: params.get("from") ?? "", to: params.get("to") ?? "" };
  return {
    range: rangeProblem(range) === null ? range : null,
    by: DIMENSIONS.find((name) => name === params.get("by")) ?? "model",
    metric: params.get("show") === "tokens" ? "tokens" : "value",
  };
}

/** The shortest address that shows the same view. */
export function formatView(view: View): string {
  const params = new URLSearchParams();
  if (view.range) {
    params.set("from", view.range.from);
    params.set("to", view.range.to);
  }
  if (view.by !== "model") params.set("by", view.by);
  if (view.metric !== "value") params.set("show", view.metric);
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

/** Why a range cannot be shown, in words for the person who typed it; null when it can. */
export function rangeProblem({ from, to }: Range): string | null {
  if (!isDay(from) || !isDay(to)) return "Choose a first and a last day.";
  if (from > to) return "The first day is after the last day.";
  if (daysBetween(from, to) > LONGEST_DAYS) return `Choose at most ${LONGEST_DAYS} days.`;
  return null;
}

export function lastDays(count: number, last: string): Range {
  return { from: addDays(last, 1 - count), to: last };
}

/** The range to show: the one asked for, or the last 30 days that end with data; null when there is no data at all. */
export function resolveRange(asked: Range | null, data: { last: string } | null): Range | null {
  return asked ?? (data && lastDays(DEFAULT_DAYS, data.last));
}

/** The preset that equals the range, or null for a range of one's own. */
export function presetOf(range: Range, last: string): number | null {
  if (range.to !== last) return null;
  return PRESETS.find((count) => lastDays(count, last).from === range.from) ?? null;
}
