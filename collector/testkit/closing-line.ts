import process from "node:process";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

/** Ends a run with one plain line that a program can read: `123 passed, 0 failed, 4 skipped`. */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    process.stdout.write(`${closingLine(modules, errors.length)}\n`);
  }
}

/** What the line needs of a test file. */
type Module = Pick<TestModule, "errors"> & {
  children: { allTests(): Iterable<{ result(): { state: string } }> };
};

/** A file that could not be loaded and an error outside of every test are failures too. */
export function closingLine(modules: readonly Module[], errorsOutside: number): string {
  const count = { passed: 0, failed: errorsOutside, skipped: 0, pending: 0 };
  for (const module of modules) {
    count.failed += module.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed" || state === "failed" || state === "skipped") count[state] += 1;
      else count.pending += 1;
    }
  }
  const unfinished = count.pending > 0 ? `, ${count.pending} unfinished` : "";
  return `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped${unfinished}`;
}
