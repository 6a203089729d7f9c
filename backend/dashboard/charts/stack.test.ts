import { describe, expect, it } from "vitest";
import type { Dimension, Report } from "../../domain/report.ts";
import { bands, indexAt, labelledIndexes, ticks } from "./scale.ts";
import { share, stack } from "./stack.ts";

/** A report of two days with one series per label, worth 10, 20, 30 … picodollars a day. */
function report(labels: string[], by: Dimension): Report {
  const rows = labels.map((label, index) => ({
    key: label,
    label,
    listValue: [String((index + 1) * 10), String((index + 1) * 10)],
    tokens: [index + 1, 0],
  }));
  const days = [{ day: "2026-11-23" }, { day: "2026-11-24" }];
  return { days, series: { by, rows } } as unknown as Report;
}

describe("stack", () => {
  it("adds each day exactly, beyond what a double holds", () => {
    const given = report(["a", "b"], "model");
    for (const row of given.series.rows) row.listValue = ["9007199254740993", "1"];
    expect(stack(given, "value").totals).toEqual([18014398509481986n, 2n]);
  });

  it("puts the largest at the bottom", () => {
    expect(stack(report(["a", "b", "c"], "model"), "value").series.map((row) => row.key)).toEqual([
      "c",
      "b",
      "a",
    ]);
  });

  it("lists people by name, never by what they used", () => {
    const people = stack(report(["Zoe", "Ada", "Mia"], "developer"), "value").series;
    expect(people.map((row) => row.label)).toEqual(["Ada", "Mia", "Zoe"]);
  });

  it("folds what colours cannot tell apart, and loses nothing", () => {
    const folded = stack(report("abcdefgh".split(""), "project"), "tokens");
    expect(folded.series).toHaveLength(7);
    expect(folded.series.at(-1)).toMatchObject({ slot: "rest", label: "2 others" });
    expect(folded.total).toBe(36n);
  });

  it("leaves out a series that is empty in this unit", () => {
    const given = report(["priced", "unpriced"], "model");
    for (const row of given.series.rows.slice(1)) row.listValue = ["0", "0"];
    expect(stack(given, "value").series.map((row) => row.key)).toEqual(["priced"]);
    expect(stack(given, "tokens").series).toHaveLength(2);
  });
});

it.each([
  [1n, 3n, "33.3 %"],
  [1n, 10_000n, "<0.1 %"],
  [0n, 10n, "0.0 %"],
  [0n, 0n, "–"],
])("%d of %d is %s", (part, whole, text) => expect(share(part, whole)).toBe(text));

it.each([
  [0, [0, 1]],
  [9, [0, 2.5, 5, 7.5, 10]],
  [40, [0, 10, 20, 30, 40]],
  [0.0042, [0, 0.002, 0.004, 0.006]],
  [7_300_000, [0, 2_000_000, 4_000_000, 6_000_000, 8_000_000]],
])("an axis to %d has the lines %o", (largest, expected) => expect(ticks(largest)).toEqual(expected));

describe("bars", () => {
  it("start and end on whole pixels, inside their band", () => {
    for (const count of [1, 7, 30, 90, 400]) {
      for (const band of bands(count, 320)) {
        expect(Number.isInteger(band.barX) && Number.isInteger(band.barWidth)).toBe(true);
        expect(band.barX).toBeGreaterThanOrEqual(Math.floor(band.x));
      }
    }
  });

  it("are found under the pointer, also at the edges", () => {
    expect([-5, 0, 99, 100, 400].map((x) => indexAt(x, 3, 300))).toEqual([0, 0, 0, 1, 2]);
  });

  it("always label the newest day, and never crowd", () => {
    expect(labelledIndexes(30, 600, 60)).toEqual([1, 8, 15, 22, 29]);
    expect(labelledIndexes(7, 600, 60)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(labelledIndexes(0, 600, 60)).toEqual([]);
  });
});
