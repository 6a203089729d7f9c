import { describe, expect, it } from "vitest";
import { FOLD, foldedText, type Item, sumsOf, turnsOf } from "./timeline.ts";

const NONE = { state: "none", chars: 0, value: null } as const;
const prompt = (turn: string, at: number): Item => ({ kind: "prompt", turn, at, text: NONE });
const answer = (turn: string, at: number): Item => ({ kind: "completion", turn, at, model: "m", text: NONE });
const request = (turn: string, at: number, more: Partial<Extract<Item, { kind: "request" }>> = {}): Item => ({
  kind: "request",
  turn,
  at,
  model: "m",
  source: "claude_code",
  via: "transcript",
  origin: "main",
  input: 10,
  cacheRead: null,
  cacheWrite: null,
  output: 1,
  listValue: "5",
  final: true,
  ...more,
});

describe("turns", () => {
  it("hold what stands together, also over the border of two pages; what belongs to none is by itself", () => {
    const items = [
      prompt("a", 0),
      request("a", 10),
      answer("a", 10),
      request("", 20),
      request("", 30),
      prompt("b", 0),
    ];
    expect(turnsOf(items).map(({ number, id, entries }) => [number, id, entries.length])).toEqual([
      [1, "a", 3],
      [2, "", 1],
      [3, "", 1],
      [4, "b", 1],
    ]);
  });

  it("know the time since the request or answer before, of an earlier turn too, and none of prompts", () => {
    const items = [prompt("a", 0), request("a", 10), answer("a", 12), prompt("b", 0), request("b", 70)];
    const gaps = turnsOf(items).map(({ gapMs, entries }) => [gapMs, entries.map((entry) => entry.gapMs)]);
    expect(gaps).toEqual([
      [0, [0, 0, 2]],
      [58, [0, 0]],
    ]);
  });

  it("add up what is known, and count what has no price", () => {
    const [turn] = turnsOf([
      prompt("a", 0),
      request("a", 1),
      request("a", 2, { input: null, listValue: null }),
    ]);
    expect(turn && sumsOf(turn)).toEqual({
      requests: 2,
      tokens: 12,
      listValue: 5n,
      unpriced: 1,
      uncounted: 1,
    });
  });
});

describe("a long text", () => {
  it.each([
    ["short", undefined],
    ["x".repeat(FOLD.chars), undefined],
    ["x".repeat(FOLD.chars + 1), FOLD.chars],
    ["a\n".repeat(FOLD.lines + 3), FOLD.lines * 2 - 1],
    [`${"x".repeat(FOLD.chars - 1)}😀 and more`, FOLD.chars - 1],
  ])("%# is folded after whole characters", (text, length) => {
    expect(foldedText(text)?.length).toBe(length);
  });
});
