import type { CheckResult } from "./check.ts";

const MARKS = { ok: "✓", warn: "!", fail: "✗", skip: "–" };
const COLORS = { ok: 32, warn: 33, fail: 31, skip: 2 };

/** One line for each check, and below each problem what to do. */
export function renderChecks(results: readonly CheckResult[], color: boolean): string {
  const width = Math.max(...results.map(({ title }) => title.length));
  const lines = results.flatMap(({ status, title, detail, fix }) => {
    const mark = color ? `\u001B[${COLORS[status]}m${MARKS[status]}\u001B[0m` : MARKS[status];
    const indent = " ".repeat(width + 4);
    const [first = "", ...more] = detail.split("; ");
    return [
      `${mark} ${title.padEnd(width)}  ${first}`,
      ...more.map((each) => `${indent}${each}`),
      ...fix.split("; ").flatMap((each) => (each === "" ? [] : [`${indent}→ ${each}`])),
    ];
  });
  return `${lines.join("\n")}\n\n${summary(results)}\n`;
}

function summary(results: readonly CheckResult[]): string {
  const { fail, warn } = tally(results);
  if (fail + warn === 0) return "all is well";
  const problems = `${fail} ${fail === 1 ? "problem" : "problems"}`;
  return `${problems}, ${warn} ${warn === 1 ? "warning" : "warnings"}`;
}

export function tally(results: readonly CheckResult[]): Record<CheckResult["status"], number> {
  const counts = { ok: 0, warn: 0, fail: 0, skip: 0 };
  for (const { status } of results) counts[status] += 1;
  return counts;
}
