import os from "node:os";
import process from "node:process";
import { type Benchmark, type Finding, NotMeasuredError } from "./benchmark.ts";

/** Of others, before anything was measured. */
const loadAtStart = os.loadavg()[0] ?? 0;

/** The whole page: what was measured, where, and what came out. */
export function page(
  results: readonly { benchmark: Benchmark; finding: Finding | NotMeasuredError }[],
): string {
  const parts = results.map(({ benchmark, finding }) => section(benchmark, finding));
  return `${head()}\n${parts.join("\n")}`;
}

function head(): string {
  return `# Benchmarks

Written by \`npm run bench\`. Times differ between machines and from run to run, so each is a median and stands beside
that of a peer, which was measured in turn with it in the same run: the ratio is what can be compared.

${machine()}
`;
}

/** What speed depends on. Nothing that tells whose machine it is. */
function machine(): string {
  const [cpu] = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  return [
    `- ${os.availableParallelism()} cores: ${cpu?.model.trim() || "unknown"}`,
    `- ${memory} GiB of memory`,
    `- ${os.type()} ${os.machine()}, Node ${process.versions.node}, SQLite ${process.versions["sqlite"] ?? "unknown"}`,
    `- load in the minute before it began: ${loadAtStart.toFixed(1)}`,
  ].join("\n");
}

export function section({ title, about }: Benchmark, finding: Finding | NotMeasuredError): string {
  if (finding instanceof NotMeasuredError)
    return `## ${title}\n\n${about}\n\nNot measured: ${finding.message}.\n`;
  const tables = finding.tables.map((rows) => `${table(rows)}\n`);
  return [`## ${title}\n`, `${about}\n`, ...tables, ...finding.notes.map((note) => `${note}\n`)].join("\n");
}

function table([first = [], ...rows]: readonly string[][]): string {
  const rule = first.map((_, i) => (i === 0 ? "---" : "---:"));
  return [first, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
