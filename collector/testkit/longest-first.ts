import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take a minute or several times ten seconds: one that begins last would keep all others waiting. */
export const LONG = [
  "e2e/crash.e2e.test.ts",
  "backend/dashboard/settings.e2e.test.ts",
  "backend/dashboard/browser.e2e.test.ts",
  "e2e/soak.e2e.test.ts",
  "e2e/enrolment.e2e.test.ts",
  "e2e/faults/process.e2e.test.ts",
  "e2e/modes.e2e.test.ts",
  "collector/cmd/backfill.test.ts",
  "collector/cmd/enroll.test.ts",
  "collector/cmd/followed.test.ts",
];

/** The long files first, each beside whatever comes next; then the others as vitest has them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted: TestSpecification[] = await super.sort(files); // oxlint-disable-line unicorn/no-array-sort -- not an array's
    return longestFirst(sorted, (file) => relative(this.ctx.config.root, file.moduleId));
  }
}

export function longestFirst<File>(files: readonly File[], nameOf: (file: File) => string): File[] {
  const place = (file: File) => {
    const at = LONG.indexOf(nameOf(file));
    return at === -1 ? LONG.length : at;
  };
  return files.toSorted((a, b) => place(a) - place(b));
}
