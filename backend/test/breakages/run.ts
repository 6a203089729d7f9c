/** `npm run breakages`: takes each check of the list out of a copy of the last commit, and runs the test that must notice. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import * as z from "zod";
import type { Breakage } from "./breakage.ts";
import { BREAKAGES } from "./list.ts";
import { PROJECT, type Result, table, writeTable } from "./page.ts";

const TEST_MS = 10 * 60_000;
const Summary = z.object({ numFailedTests: z.int(), numTotalTests: z.int() });
const USAGE = `Usage: npm run breakages -- [--only TEXT] [--write]

  --only TEXT  those whose name, file or test holds the text
  --write      puts the table into docs/security-tests.md

Exits with 1 where a check's absence is not noticed, or a test fails by itself.
`;

function main(only: string, write: boolean): number {
  const chosen = BREAKAGES.filter(({ name, file, test }) => `${name} ${file} ${test}`.includes(only));
  const tree = copyOfTree();
  try {
    const results = [...Map.groupBy(chosen, ({ test }) => test)].flatMap(([test, of]) =>
      runFile(tree, test, of),
    );
    const text = table(results);
    process.stdout.write(text);
    if (write) writeTable(text);
    return results.length > 0 && results.every(({ outcome }) => outcome === "caught") ? 0 : 1;
  } finally {
    removeTree(tree);
  }
}

function copyOfTree(): string {
  const tree = path.join(mkdtempSync(path.join(tmpdir(), "talos-breakages-")), "tree");
  git("worktree", "add", "--quiet", "--detach", tree, "HEAD");
  symlinkSync(path.join(PROJECT, "node_modules"), path.join(tree, "node_modules"));
  return tree;
}

function removeTree(tree: string): void {
  git("worktree", "remove", "--force", tree);
  rmSync(path.dirname(tree), { recursive: true, force: true });
}

function git(...args: string[]): void {
  const { status, stderr } = spawnSync("git", args, { cwd: PROJECT, encoding: "utf8" });
  if (status !== 0) throw new Error(`git ${args[0]} ${args[1]} failed: ${stderr}`);
}

/** A test that fails by itself would catch everything. */
function runFile(tree: string, test: string, of: readonly Breakage[]): Result[] {
  const whole = runTest(tree, test);
  const isSound = whole.failed === 0 && whole.total > 0;
  if (!isSound) process.stderr.write(`${test} fails by itself, ${whole.failed} of ${whole.total}\n`);
  return of.map((breakage) => {
    const result: Result = isSound ? runBroken(tree, breakage) : { breakage, outcome: "broken" };
    process.stderr.write(`${result.outcome}: ${breakage.name}\n`);
    return result;
  });
}

function runBroken(tree: string, breakage: Breakage): Result {
  const file = path.join(tree, breakage.file);
  const text = readFileSync(file, "utf8");
  const parts = text.split(breakage.find);
  if (parts.length !== 2) return { breakage, outcome: "broken" };
  writeFileSync(file, parts.join(breakage.replace));
  try {
    const { failed, total } = runTest(tree, breakage.test);
    return { breakage, outcome: total === 0 ? "broken" : failed > 0 ? "caught" : "survived" };
  } finally {
    writeFileSync(file, text);
  }
}

function runTest(tree: string, test: string): { failed: number; total: number } {
  const output = path.join(path.dirname(tree), "result.json");
  rmSync(output, { force: true });
  const vitest = path.join(tree, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", test, "--bail=1", "--reporter=json", `--outputFile=${output}`];
  spawnSync(process.execPath, args, { cwd: tree, stdio: "ignore", timeout: TEST_MS });
  try {
    const summary = Summary.parse(JSON.parse(readFileSync(output, "utf8")));
    return { failed: summary.numFailedTests, total: summary.numTotalTests };
  } catch {
    return { failed: 0, total: 0 };
  }
}

const { values } = parseArgs({
  options: { only: { type: "string" }, write: { type: "boolean" }, help: { type: "boolean", short: "h" } },
});
if (values.help === true) process.stdout.write(USAGE);
else process.exitCode = main(values.only ?? "", values.write ?? false);
