import { describe, expect, it } from "vitest";
import { addDays, daysBetween, formatDays, formatMoment, isDay } from "./day.ts";
import { formatView, lastDays, parseView, presetOf, rangeProblem, resolveRange } from "./range.ts";

describe("the address is the view", () => {
  it.each([
    "",
    "?from=2026-11-01&to=2026-11-24",
    "?by=project",
    "?from=2026-11-01&to=2026-11-24&by=developer&show=tokens",
  ])("%s survives reading and writing", (search) => expect(formatView(parseView(search))).toBe(search));

  it.each([
    "?from=2026-11-24&to=2026-11-01",
    "?from=2026-02-30&to=2026-03-01",
    "?from=yesterday&to=today",
    "?from=2020-01-01&to=2026-01-01",
    "?from=2026-11-01",
    "?by=salary&show=ranking",
  ])("%s falls back to the default view", (search) =>
    expect(parseView(search)).toEqual({ range: null, by: "model", metric: "value" }),
  );
});

it("follows the newest data unless a range is asked for", () => {
  expect(resolveRange(null, { last: "2026-11-24" })).toEqual({ from: "2026-10-26", to: "2026-11-24" });
  expect(resolveRange({ from: "2026-01-01", to: "2026-01-02" }, { last: "2026-11-24" })?.from).toBe(
    "2026-01-01",
  );
  expect(resolveRange(null, null)).toBeNull();
});

it("names a preset only when the range ends with the data", () => {
  expect(presetOf(lastDays(7, "2026-11-24"), "2026-11-24")).toBe(7);
  expect(presetOf(lastDays(7, "2026-11-23"), "2026-11-24")).toBeNull();
  expect(presetOf(lastDays(8, "2026-11-24"), "2026-11-24")).toBeNull();
});

it.each([
  [{ from: "", to: "2026-11-24" }, "Choose a first and a last day."],
  [{ from: "2026-11-25", to: "2026-11-24" }, "The first day is after the last day."],
  [{ from: "2024-11-25", to: "2026-11-24" }, "Choose at most 400 days."],
  [{ from: "2026-11-24", to: "2026-11-24" }, null],
])("says what is wrong with %o", (range, problem) => expect(rangeProblem(range)).toBe(problem));

describe("days", () => {
  it("cross months, leap days and clock changes without losing one", () => {
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(addDays("2026-03-30", -2)).toBe("2026-03-28");
    expect(daysBetween("2026-10-20", "2026-10-30")).toBe(11);
    expect(isDay("2026-02-29")).toBe(false);
  });

  it("are written once per range", () => {
    expect(formatDays("2026-10-26", "2026-11-24")).toBe("26 Oct – 24 Nov 2026");
    expect(formatDays("2025-12-26", "2026-01-24")).toBe("26 Dec 2025 – 24 Jan 2026");
    expect(formatDays("2026-11-24", "2026-11-24")).toBe("24 Nov 2026");
  });

  it("and moments are the team's, not the reader's", () => {
    expect(formatMoment(Date.UTC(2026, 10, 23, 23, 30), "Europe/Berlin")).toBe("24 Nov, 00:30");
  });
});
