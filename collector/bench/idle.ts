import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { readStatus } from "#state/status.ts";
import { type Benchmark, type BenchOptions, type Finding, NotMeasuredError } from "./benchmark.ts";
import { idleOtelcol, otelcolFile, otelcolName } from "./otelcol.ts";
import { PROJECT, sleep, TALOS, type Usage, usageOf } from "./processes.ts";
import { figure } from "./statistics.ts";
import { requestLines } from "./transcript.ts";

const FILES = 1_000;
const FOLDERS = 50;
/** After the start, until the process has done what it does once. */
const SETTLE_MS = 10_000;

export const idle: Benchmark = {
  name: "idle",
  title: "Following files that do not change",
  about:
    "A running collector follows 1,000 transcripts in 50 folders and nothing is written to any. The aim is less than 0.5 % of " +
    "a core. The OpenTelemetry Collector, where there is one, follows the same files with filelog at its defaults.",
  run: measure,
};

async function measure({ quick, dir, progress }: BenchOptions): Promise<Finding> {
  const home = path.join(dir, "idle");
  for (let i = 0; i < FILES; i += 1) {
    const folder = path.join(home, "projects", `project-${i % FOLDERS}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `session-${i}.jsonl`), requestLines(`session-${i}`).repeat(5));
  }
  const config = path.join(home, "talos.yaml");
  const state = path.join(home, "state");
  writeFileSync(config, configText(home, state));
  const child = spawn(process.execPath, [...TALOS, "run", "--config", config], {
    cwd: PROJECT,
    stdio: "ignore",
  });
  try {
    progress("starting");
    while ((readStatus(state)?.filesFollowed ?? 0) < FILES) await sleep(200);
    await sleep(SETTLE_MS);
    // A full look at every file comes once a minute, and is part of being idle.
    const seconds = quick ? 15 : 130;
    progress(`waiting for ${seconds} s`);
    const [begin, begun] = [usageOf(child.pid ?? 0), performance.now()];
    await sleep(seconds * 1_000);
    const [end, ms] = [usageOf(child.pid ?? 0), performance.now() - begun];
    if (begin === undefined || end === undefined)
      throw new NotMeasuredError("this system has no /proc to read it from");
    child.kill("SIGKILL");
    const peer = await peerRow(home, quick ? 5 : 30, progress);
    return findingOf([rowOf("talos run", { begin, end, ms }), ...peer]);
  } finally {
    child.kill("SIGKILL");
  }
}

/** The OpenTelemetry Collector beside the same files, where there is one. */
async function peerRow(
  home: string,
  seconds: number,
  progress: BenchOptions["progress"],
): Promise<string[][]> {
  const file = otelcolFile();
  if (file === undefined) return [];
  progress(`otelcol, for ${seconds} s`);
  const used = await idleOtelcol(file, home, seconds);
  return used === undefined ? [] : [rowOf(otelcolName(file), used)];
}

function rowOf(name: string, { begin, end, ms }: { begin: Usage; end: Usage; ms: number }): string[] {
  const mib = (bytes: number) => figure(bytes / 2 ** 20);
  return [
    name,
    figure(ms / 1_000),
    figure(((end.cpuMs - begin.cpuMs) / ms) * 100),
    mib(begin.residentBytes),
    mib(end.residentBytes),
    figure(((end.waits - begin.waits) / ms) * 1_000),
  ];
}

function findingOf(rows: readonly string[][]): Finding {
  return {
    tables: [
      [["", "seconds", "% of a core", "MiB at the start", "MiB at the end", "waits per second"], ...rows],
    ],
    notes: ["The processor time is the system's own count, in steps of 10 ms; memory is what is resident."],
  };
}

function configText(home: string, state: string): string {
  return `
receivers: { claude_code: { include: ["${home}/projects/**/*.jsonl"] } }
processors: { cwd_hash: { salt: "an-invented-salt-of-32-characters" }, redaction: { mode: "off" } }
exporters: { otlp_http: { endpoint: "http://127.0.0.1:9", token: "none" } }
service:
  state_dir: "${state}"
  outbox: { key_source: file }
  pipelines: { logs: { receivers: [claude_code], processors: [cwd_hash, redaction], exporters: [otlp_http] } }
`;
}
