/** `npm run bench`: measures this working tree and writes docs/benchmarks.md. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { Command, Option } from "commander";
import { backlog } from "./backlog.ts";
import { type Benchmark, type Finding, NotMeasuredError } from "./benchmark.ts";
import { categories } from "./categories.ts";
import { codec } from "./codec.ts";
import { cursorHooks } from "./cursor-hooks.ts";
import { idle } from "./idle.ts";
import { ingest } from "./ingest.ts";
import { latency } from "./latency.ts";
import { load } from "./load.ts";
import { page, section } from "./page.ts";
import { PROJECT } from "./processes.ts";
import { redaction } from "./redaction.ts";
import { soak } from "./soak.ts";
import { steady } from "./steady.ts";

const PAGE = path.join(PROJECT, "docs/benchmarks.md");
const BENCHMARKS = [
  backlog,
  idle,
  steady,
  latency,
  codec,
  ingest,
  load,
  redaction,
  soak,
  categories,
  cursorHooks,
];

interface Options {
  only?: string[];
  quick?: boolean;
}

async function bench({ only, quick = false }: Options): Promise<void> {
  const chosen = BENCHMARKS.filter(({ name }) => only === undefined || only.includes(name));
  const results: { benchmark: Benchmark; finding: Finding | NotMeasuredError }[] = [];
  for (const benchmark of chosen) {
    const finding = await measure(benchmark, quick);
    results.push({ benchmark, finding });
    process.stdout.write(`${section(benchmark, finding)}\n`);
  }
  // A page of parts, or of short runs, would say less than the one that is there.
  if (quick || only !== undefined) return;
  writeFileSync(PAGE, page(results));
  spawnSync(process.execPath, [path.join(PROJECT, "node_modules/oxfmt/bin/oxfmt"), PAGE], {
    stdio: "ignore",
  });
  process.stderr.write("wrote docs/benchmarks.md\n");
}

async function measure(benchmark: Benchmark, quick: boolean): Promise<Finding | NotMeasuredError> {
  const dir = mkdtempSync(path.join(os.tmpdir(), "talos-bench-"));
  const progress = (text: string) => void process.stderr.write(`${benchmark.name}: ${text}\n`);
  try {
    return await benchmark.run({ quick, dir, progress });
  } catch (error) {
    if (error instanceof NotMeasuredError) return error;
    throw error;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

await new Command("bench")
  .description(
    "Measures this working tree beside its peers and writes docs/benchmarks.md. Takes about half an hour.",
  )
  .addOption(
    new Option("--only <names...>", "these alone; prints them and writes no page").choices(
      BENCHMARKS.map(({ name }) => name),
    ),
  )
  .option("--quick", "smaller and shorter, to see that it works; prints and writes no page")
  .helpOption("-h, --help", "show this help")
  .addHelpText(
    "after",
    `
OTELCOL names an OpenTelemetry Collector with the filelog receiver and the file exporter, to be measured too; without it
the first otelcol-contrib or otelcol on the PATH is.

Examples:
  npm run bench
  npm run bench -- --only backlog codec
  npm run bench -- --quick`,
  )
  .action(bench)
  .parseAsync();
