import { readFileSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { errorCode } from "#component/error-code.ts";
import { ConfigError } from "#config/errors.ts";
import { loadConfig, parseConfigText } from "#config/load.ts";
import { type Plan, planService } from "../service/plan.ts";
import { systemPlatform } from "../service/system.ts";
import { components } from "./components.ts";
import { EXIT } from "./failure.ts";
import { differences } from "./test/compare.ts";
import { runCase } from "./test/run-case.ts";
import { parseTestFile, type TestFile } from "./test/test-file.ts";

interface Result {
  file: string;
  name: string;
  passed: boolean;
  problems: string[];
}

export function testCommand(): Command {
  return new Command("test")
    .description("Test a configuration: lines that go in, records that must come out. Sends nothing.")
    .argument("<files...>", "test files, in YAML")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos test config/examples/*.test.yaml
  talos test team.test.yaml --json | jq '.results[] | select(.passed | not)'

Each test runs receivers, processors and the egress gate as they are configured, with a state of its own; exporters
are replaced, so nothing leaves. The format: docs/inside.md.

Exit codes: 0 all passed, 1 some failed, 2 a test file or its configuration is wrong.`,
    )
    .action(async (files: string[], { json }: { json?: boolean }) => {
      process.exitCode = await test(files, json === true);
    });
}

async function test(files: readonly string[], json: boolean): Promise<number> {
  const results: Result[] = [];
  for (const file of files) results.push(...(await runFile(file)));
  const failed = results.filter(({ passed }) => !passed).length;
  if (json) {
    process.stdout.write(`${JSON.stringify({ results, passed: results.length - failed, failed })}\n`);
  } else {
    for (const { file, name, passed, problems } of results) {
      process.stdout.write(`${mark(passed)} ${file}: ${name}\n`);
      for (const problem of problems) process.stdout.write(`    ${problem}\n`);
    }
    process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`);
  }
  return failed === 0 ? 0 : EXIT.failure;
}

function mark(passed: boolean): string {
  const text = passed ? "✓" : "✗";
  const color = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
  return color ? `\u001B[${passed ? 32 : 31}m${text}\u001B[0m` : text;
}

async function runFile(file: string): Promise<Result[]> {
  const tests = parseTestFile(readText(file), file);
  const baseDir = path.dirname(path.resolve(file));
  const plan = planOf(tests, file, baseDir);
  const results: Result[] = [];
  for (const each of tests.tests) {
    const problems = differences(each, await runCase(plan, each, baseDir));
    results.push({ file, name: each.name, passed: problems.length === 0, problems });
  }
  return results;
}

function planOf({ config, env }: TestFile, file: string, baseDir: string): Plan {
  const platform = systemPlatform();
  const home = { ...platform, env: { ...platform.env, ...env } };
  const loaded =
    typeof config === "string" || Array.isArray(config)
      ? loadConfig(
          [config].flat().map((each) => path.resolve(baseDir, each)),
          home,
        )
      : parseConfigText(JSON.stringify(config), file, home);
  return planService(loaded, components, home);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError([`cannot read the file (${errorCode(error)})`], file);
  }
}
