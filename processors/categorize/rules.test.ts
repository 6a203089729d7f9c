import { describe, expect, it } from "vitest";
import { CATEGORIES } from "#proto/categories.ts";
import { categorizeByRules } from "./rules.ts";
import { measureAccuracy } from "./accuracy.ts";
import { LABELLED_PROMPTS } from "./testdata/labelled-prompts.ts";

const { heldOut, seen } = measureAccuracy(LABELLED_PROMPTS, categorizeByRules);

describe("the labelled set", () => {
  it("has at least 150 prompts, no two alike, as many of each category", () => {
    const all = Object.values(LABELLED_PROMPTS).flat();
    expect(all.length).toBeGreaterThanOrEqual(150);
    expect(new Set(all).size).toBe(all.length);
    expect(new Set(CATEGORIES.map((category) => LABELLED_PROMPTS[category].length)).size).toBe(1);
  });
});

describe("the rules", () => {
  it("are right about two of three prompts that they were not made with", () => {
    expect(heldOut.right / heldOut.total).toBeGreaterThanOrEqual(0.66);
  });

  it("are better about those that they were made with, and that is no surprise", () => {
    expect(seen.right / seen.total).toBeGreaterThanOrEqual(heldOut.right / heldOut.total);
  });

  it("are right more often than chance in each category", () => {
    for (const [category, { right, total }] of heldOut.byCategory) {
      expect({ category, ok: right / total > 1 / CATEGORIES.length }).toEqual({ category, ok: true });
    }
  });

  it.each([
    ["", "other"],
    ["👍", "other"],
    ["```\nSELECT 1 FROM orders\n```", "data"],
    ["hey, could you please fix the login page?", "bugfix"],
    ["Thanks! Now write unit tests for it.", "test"],
  ])("%j is %s", (prompt, category) => {
    expect(categorizeByRules(prompt).category).toBe(category);
  });

  it("say the same of the same prompt, with a confidence from 0 to 1", () => {
    for (const prompt of Object.values(LABELLED_PROMPTS).flat()) {
      const guess = categorizeByRules(prompt);
      expect(categorizeByRules(prompt)).toEqual(guess);
      expect(guess.confidence).toBeGreaterThanOrEqual(0);
      expect(guess.confidence).toBeLessThanOrEqual(1);
    }
  });

  it.each([
    ["one word", "a".repeat(10_000_000)],
    ["small talk", "ok ".repeat(3_000_000)],
    ["words", "write a some the ".repeat(600_000)],
    ["fences", "```".repeat(3_000_000)],
    ["what should be", "should be ".repeat(1_000_000)],
    ["sentences", ". ".repeat(5_000_000)],
  ])("do not stall on 10 MB of %s", (_what, prompt) => {
    expect(CATEGORIES).toContain(categorizeByRules(prompt).category);
  });
});
