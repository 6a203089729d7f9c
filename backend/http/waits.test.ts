import { expect, it } from "vitest";
import { Waits } from "./waits.ts";

it("who was told to wait is told how much of it is left, until it is over", () => {
  const waits = new Waits();
  expect(waits.isEmpty).toBe(true);
  waits.note("ada", 4, 1_000);
  expect([1_000, 1_001, 4_999].map((nowMs) => waits.leftS("ada", nowMs))).toEqual([4, 4, 1]);
  expect(waits.leftS("grace", 1_000)).toBeUndefined();
  expect(waits.leftS("ada", 5_000)).toBeUndefined();
  expect(waits.isEmpty).toBe(true);
});

it("a long wait is asked for again after ten seconds", () => {
  const waits = new Waits();
  waits.note("ada", 60, 0);
  expect(waits.leftS("ada", 9_999)).toBe(51);
  expect(waits.leftS("ada", 10_000)).toBeUndefined();
});

it("of more than a thousand who wait the first are forgotten", () => {
  const waits = new Waits();
  for (let n = 0; n < 1_000; n += 1) waits.note(`${n}`, 5, 0);
  waits.note("0", 5, 0);
  waits.note("one more", 5, 0);
  expect(["0", "1", "2", "999", "one more"].map((who) => waits.leftS(who, 1))).toEqual([
    5,
    undefined,
    5,
    5,
    5,
  ]);
});
