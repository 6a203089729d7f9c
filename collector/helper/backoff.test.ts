import { expect, it } from "vitest";
import { Backoff } from "./backoff.ts";

it.each([
  { name: "the shortest", random: 0, want: [500, 1_000, 2_000, 2_500, 2_500] },
  { name: "the longest", random: 1, want: [1_000, 2_000, 4_000, 5_000, 5_000] },
])("doubles up to the limit: $name", ({ random, want }) => {
  const backoff = new Backoff(1_000, 5_000, () => random);
  expect(want.map(() => backoff.next())).toEqual(want);
});

it("begins anew after a success", () => {
  const backoff = new Backoff(1_000, 5_000, () => 1);
  backoff.next();
  backoff.next();
  backoff.reset();
  expect(backoff.next()).toBe(1_000);
});
