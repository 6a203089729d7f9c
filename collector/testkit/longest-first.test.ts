import { existsSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { LONG, longestFirst } from "./longest-first.ts";

const same = (name: string) => name;

it("puts the long files first, and leaves the others in their order", () => {
  const files = ["b.test.ts", LONG[1] ?? "", "a.test.ts", LONG[0] ?? ""];
  expect(longestFirst(files, same)).toEqual([LONG[0], LONG[1], "b.test.ts", "a.test.ts"]);
});

it.each(LONG)("%s is a file", (file) => {
  expect(existsSync(path.resolve(import.meta.dirname, "../..", file))).toBe(true);
});
