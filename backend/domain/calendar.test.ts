import { describe, expect, it } from "vitest";
import { dayOf, formatDay, isTimeZone, parseDay, startOfDay } from "./calendar.ts";

const seconds = (instant: string) => Date.parse(instant) / 1000;

describe("a day is the calendar date in the team's zone", () => {
  it.each([
    ["UTC", "2026-11-24T23:59:59Z", "2026-11-24"],
    ["UTC", "2026-11-25T00:00:00Z", "2026-11-25"],
    ["Europe/Zurich", "2026-03-28T22:59:59Z", "2026-03-28"],
    ["Europe/Zurich", "2026-03-28T23:00:00Z", "2026-03-29"], // the night clocks go forward
    ["Europe/Zurich", "2026-03-29T21:59:59Z", "2026-03-29"], // 23 hours later it ends
    ["Europe/Zurich", "2026-03-29T22:00:00Z", "2026-03-30"],
    ["Europe/Zurich", "2026-10-25T22:59:59Z", "2026-10-25"], // 25 hours long
    ["Europe/Zurich", "2026-10-25T23:00:00Z", "2026-10-26"],
    ["America/Los_Angeles", "2026-11-25T07:59:59Z", "2026-11-24"],
    ["Pacific/Kiritimati", "2026-11-24T10:00:00Z", "2026-11-25"], // UTC+14
    ["Pacific/Pago_Pago", "2026-11-24T10:59:59Z", "2026-11-23"], // UTC-11
    ["Asia/Kathmandu", "2026-11-24T18:15:00Z", "2026-11-25"], // UTC+5:45
    ["Africa/Cairo", "2026-04-23T22:00:00Z", "2026-04-24"], // midnight is skipped: the day begins at 1:00
  ])("%s %s is %s", (timeZone, instant, date) => {
    expect(formatDay(dayOf(seconds(instant), timeZone))).toBe(date);
  });
});

it.each([
  "UTC",
  "Europe/Zurich",
  "America/Los_Angeles",
  "Africa/Cairo",
  "Australia/Lord_Howe",
  "Asia/Beirut",
])("every day of a year in %s begins with its first second", (timeZone) => {
  const first = parseDay("2026-01-01") ?? 0;
  for (let day = first; day < first + 365; day += 1) {
    const start = startOfDay(day, timeZone);
    expect([dayOf(start - 1, timeZone), dayOf(start, timeZone)]).toEqual([day - 1, day]);
  }
});

it("only dates that exist are dates", () => {
  expect(parseDay("2026-02-30")).toBeUndefined();
  expect(parseDay("2026-2-3")).toBeUndefined();
  expect(parseDay("2026-13-01")).toBeUndefined();
  expect(parseDay("2024-02-29")).toBe(19_782);
});

it("only names that the runtime knows are time zones", () => {
  expect(isTimeZone("Europe/Zurich")).toBe(true);
  expect(isTimeZone("Mars/Olympus")).toBe(false);
});
