import { expect, it } from "vitest";
import { closingLine } from "./closing-line.ts";

const file = (states: string[], errors = 0) => ({
  errors: () => Array.from({ length: errors }, () => ({ message: "cannot be loaded" })),
  children: { allTests: () => states.map((state) => ({ result: () => ({ state }) })) },
});

it.each([
  {
    name: "counts every test of every file",
    modules: [file(["passed", "failed"]), file(["skipped"])],
    errors: 0,
    line: "1 passed, 1 failed, 1 skipped",
  },
  {
    name: "counts a file that cannot be loaded as failed",
    modules: [file([], 1)],
    errors: 0,
    line: "0 passed, 1 failed, 0 skipped",
  },
  {
    name: "counts an error outside of tests as failed",
    modules: [file(["passed"])],
    errors: 2,
    line: "1 passed, 2 failed, 0 skipped",
  },
  {
    name: "names tests that never ended",
    modules: [file(["pending"])],
    errors: 0,
    line: "0 passed, 0 failed, 0 skipped, 1 unfinished",
  },
])("the closing line $name", ({ modules, errors, line }) => {
  expect(closingLine(modules, errors)).toBe(line);
});
