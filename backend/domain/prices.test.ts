import { describe, expect, it } from "vitest";
import { parseDay } from "./calendar.ts";
import { pricesFor, WEB_SEARCH_PRICE } from "./prices.ts";
import { type Sums, Valuation } from "./valuation.ts";

const sums = (part: Partial<Sums>): Sums => ({
  requests: 1,
  partial: 0,
  input: 0,
  cache_read: 0,
  cache_5m: 0,
  cache_1h: 0,
  output: 0,
  searches: 0,
  selected: 0,
  ...part,
});

const on = (date: string) => parseDay(date) ?? Number.NaN;

function valueOf(model: string, priceClass: string, date: string, part: Partial<Sums>): string {
  const valuation = new Valuation();
  valuation.add({ model, priceClass, day: on(date) }, sums(part));
  return valuation.measures().listValue;
}

describe("requests of known cost", () => {
  const A = { input: 6, cache_5m: 1200, cache_1h: 4000, cache_read: 18_000, output: 412 };
  it.each([
    { name: "A", model: "claude-sonnet-5-5", cls: "///", part: A, picodollars: "24932000000" },
    {
      name: "A with its searches",
      model: "claude-sonnet-5-5",
      cls: "///",
      part: { ...A, searches: 2 },
      picodollars: "44932000000",
    },
    {
      name: "B",
      model: "claude-haiku-4-5-20251001",
      cls: "///",
      part: { input: 9, cache_5m: 3000, output: 2 },
      picodollars: "3769000000",
    },
    {
      name: "C, fast",
      model: "claude-opus-5",
      cls: "fast///",
      part: { input: 642, cache_read: 48_000, output: 200 },
      picodollars: "64420000000",
    },
    {
      name: "C', the advisor",
      model: "claude-fable-5-1",
      cls: "///",
      part: { input: 26_000, output: 600 },
      picodollars: "290000000000",
    },
  ])("$name costs exactly that", ({ model, cls, part, picodollars }) => {
    expect(valueOf(model, cls, "2026-11-20", part)).toBe(picodollars);
  });
});

describe("a price depends on", () => {
  it.each([
    {
      name: "the day",
      model: "claude-sonnet-5-5",
      cls: "///",
      date: "2026-10-06",
      part: { cache_read: 10 },
      is: "2000000",
    },
    {
      name: "the day a price fell",
      model: "claude-sonnet-5-5",
      cls: "///",
      date: "2026-10-07",
      part: { cache_read: 10 },
      is: "1000000",
    },
    {
      name: "the days before the first row",
      model: "claude-sonnet-5-5",
      cls: "///",
      date: "2026-09-27",
      part: { cache_read: 10 },
      is: "2000000",
    },
    {
      name: "geography",
      model: "claude-haiku-5-5",
      cls: "//us/",
      date: "2026-11-01",
      part: { cache_read: 1 },
      is: "11000",
    },
    {
      name: "the batch tier",
      model: "claude-haiku-5-5",
      cls: "/batch//",
      date: "2026-11-01",
      part: { output: 1 },
      is: "250000",
    },
    {
      name: "both, without rounding",
      model: "claude-haiku-5-5",
      cls: "/batch/us/",
      date: "2026-11-01",
      part: { cache_read: 1 },
      is: "5500",
    },
    {
      name: "a prompt above 100k",
      model: "claude-haiku-5-5",
      cls: "///100k",
      date: "2026-11-01",
      part: { output: 1 },
      is: "2500000",
    },
    {
      name: "a prompt above 200k",
      model: "claude-haiku-5-5",
      cls: "///200k",
      date: "2026-11-01",
      part: { output: 1 },
      is: "2500000",
    },
    {
      name: "200k, not 100k, for Sonnet 4.5",
      model: "claude-sonnet-4-5-20250929",
      cls: "///100k",
      date: "2026-11-01",
      part: { output: 1 },
      is: "15000000",
    },
    {
      name: "above 200k for Sonnet 4.5",
      model: "claude-sonnet-4-5-20250929",
      cls: "///200k",
      date: "2026-11-01",
      part: { output: 1 },
      is: "22500000",
    },
    {
      name: "no band for Opus 5",
      model: "claude-opus-5",
      cls: "///200k",
      date: "2026-11-01",
      part: { output: 1 },
      is: "25000000",
    },
    {
      name: "fast mode, with cache multipliers on top",
      model: "claude-opus-4-8",
      cls: "fast///",
      date: "2026-11-01",
      part: { cache_read: 1, cache_1h: 1 },
      is: "21000000",
    },
    {
      name: "fast mode billed as standard",
      model: "claude-opus-4-6",
      cls: "fast///",
      date: "2026-11-01",
      part: { input: 1 },
      is: "5000000",
    },
    {
      name: "no tier for web searches",
      model: "claude-opus-5",
      cls: "/batch/us/",
      date: "2026-11-01",
      part: { searches: 1 },
      is: String(WEB_SEARCH_PRICE),
    },
  ])("$name", ({ model, cls, date, part, is }) => {
    expect(valueOf(model, cls, date, part)).toBe(is);
  });
});

describe("an unknown price is unknown, never 0 and never a similar model's", () => {
  it.each([
    ["", "///"],
    ["custom", "///"],
    ["claude-sonnet-5-55", "///"],
    ["claude-sonnet-5-5-preview", "///"],
    ["claude-opus", "///"],
    ["claude-opus-4-7", "fast///"],
    ["claude-opus-5-5", "fast///"],
    ["claude-opus-5", "/flex//"],
    ["claude-opus-5", "///unknown"],
    ["claude-opus-5", "//moon/"],
    ["__proto__", "///"],
  ])("%s %s", (model, priceClass) => {
    expect(pricesFor({ model, priceClass, day: on("2026-11-01") })).toBeUndefined();
    const valuation = new Valuation();
    valuation.add({ model, priceClass, day: on("2026-11-01") }, sums({ requests: 2, input: 3, output: 4 }));
    expect(valuation.measures()).toMatchObject({
      unpricedRequests: 2,
      unpricedTokens: 7,
      listValue: "0",
      requests: 2,
    });
  });
});

it("sums beyond what a double holds stay exact", () => {
  const many = valueOf("claude-opus-4-1", "//us/", "2026-11-01", { output: 9_007_199_254_740_991 });
  expect(many).toBe(String(9_007_199_254_740_991n * 82_500_000n));
});

it("cache reads save and cache writes cost, at list prices", () => {
  const valuation = new Valuation();
  const key = { model: "claude-opus-5", priceClass: "///", day: on("2026-11-01") };
  valuation.add(key, sums({ input: 10, cache_read: 70, cache_5m: 15, cache_1h: 5 }));
  expect(valuation.cache()).toEqual({
    hitRatio: 0.7,
    saving: String(70 * 4_500_000 - 15 * 1_250_000 - 5 * 5_000_000),
  });
});
