import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { readStatus } from "#state/status.ts";
import type { Balance } from "#state/types.ts";
import { CountingServer } from "./counting-server.ts";
import { PROJECT, sleep, TALOS, usageOf } from "./processes.ts";
import { BYTES_PER_SECOND, SoakWriter } from "./soak-writer.ts";

export interface SoakOptions {
  dir: string;
  /** Work before the first sample: a process grows into its memory by work, whatever time that takes. */
  warmUpBytes: number;
  /** Ends so long after that, or when a day's work is written. */
  seconds: number;
  progress: (text: string) => void;
}

/** Of one moment. */
export interface Sample {
  residentBytes: number;
  openFiles: number;
  timers: number;
  stateBytes: number;
}

export interface SoakResult {
  written: { bytes: number; files: number; requests: number };
  received: number;
  doubled: number;
  balance: Balance | undefined;
  queued: number;
  exitCode: number | null;
  seconds: number;
  /** Once a second. Empty where the system has no `/proc`. */
  samples: Sample[];
}

const DAY_BYTES = 86_400 * BYTES_PER_SECOND;
const PORTION_BYTES = 16 * BYTES_PER_SECOND;
/** So that the reader never waits for the writer, and little is on the disk. */
const PORTIONS_AHEAD = 4;
const PATIENCE_MS = 120_000;
/** Lets the process tell of its timers, which nobody can count from outside. */
const PROBE = `data:text/javascript,${encodeURIComponent(
  'process.on("message",()=>process.send(process.getActiveResourcesInfo()));process.channel?.unref();',
)}`;

/** A real collector follows work that is written as fast as it is delivered. Ends when all of it was. */
export async function soakRun({ dir, warmUpBytes, seconds, progress }: SoakOptions): Promise<SoakResult> {
  const server = await CountingServer.start();
  const state = path.join(dir, "state");
  const writer = new SoakWriter(dir, PORTION_BYTES, Date.now() - 86_400_000);
  const child = startCollector(dir, state, server.url);
  const sampler = new Sampler(child, state);
  const begun = performance.now();
  let end = Infinity;
  try {
    while (performance.now() < end && writer.bytes < DAY_BYTES) {
      await writer.write();
      await until(child, () => settle(writer, server) < PORTIONS_AHEAD);
      if (writer.portions % 50 === 0) progress(`${Math.round(writer.bytes / BYTES_PER_SECOND)} MiB`);
      if (end < Infinity || writer.bytes < warmUpBytes) continue;
      end = performance.now() + seconds * 1_000;
      sampler.start();
    }
    await until(child, () => settle(writer, server) === 0);
    await until(child, () => queuedIn(state) === 0);
    sampler.stop();
    const exitCode = await stopped(child);
    const { bytes, files, requests } = writer;
    const { received, doubled } = server;
    return {
      written: { bytes, files, requests },
      received,
      doubled,
      balance: readStatus(state)?.balance,
      queued: queuedIn(state),
      exitCode,
      seconds: (performance.now() - begun) / 1_000,
      samples: sampler.samples,
    };
  } finally {
    sampler.stop();
    child.kill("SIGKILL");
    await server.close();
  }
}

/** Removes what was delivered. Returns how many portions were not. */
function settle(writer: SoakWriter, server: CountingServer): number {
  for (const [portion, { requests }] of writer.open) {
    if (server.completes(portion, requests)) writer.remove(portion);
  }
  return writer.open.size;
}

function queuedIn(state: string): number {
  const destinations = readStatus(state)?.destinations ?? [];
  return destinations.reduce((sum, { queued, parked }) => sum + queued.records + parked.records, 0);
}

async function until(child: ChildProcess, isSo: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error("the collector ended");
    if (performance.now() > end) throw new Error("requests did not arrive");
    await sleep(20);
  }
}

async function stopped(child: ChildProcess): Promise<number | null> {
  const code = new Promise<number | null>((resolve) => {
    child.once("exit", resolve);
  });
  child.kill("SIGTERM");
  return code;
}

class Sampler {
  readonly samples: Sample[] = [];
  readonly #child: ChildProcess;
  #timer: NodeJS.Timeout | undefined;

  constructor(child: ChildProcess, state: string) {
    child.on("message", (resources) => {
      const timers = Array.isArray(resources) ? resources.filter((name) => name === "Timeout").length : 0;
      const sample = sampleOf(child.pid ?? 0, state, timers);
      if (sample !== undefined) this.samples.push(sample);
    });
    this.#child = child;
  }

  start(): void {
    this.#timer = setInterval(() => {
      if (this.#child.connected) this.#child.send("resources");
    }, 1_000);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** Undefined where there is nothing to read it from, any more or at all. */
function sampleOf(pid: number, state: string, timers: number): Sample | undefined {
  try {
    const usage = usageOf(pid);
    if (usage === undefined) return undefined;
    const openFiles = readdirSync(`/proc/${pid}/fd`).length;
    return { residentBytes: usage.residentBytes, openFiles, timers, stateBytes: databaseBytes(state) };
  } catch {
    return undefined;
  }
}

function databaseBytes(state: string): number {
  const names = ["state.db", "state.db-wal"];
  return names.reduce(
    (sum, name) => sum + (statSync(path.join(state, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

function startCollector(dir: string, state: string, endpoint: string): ChildProcess {
  const config = path.join(dir, "talos.yaml");
  mkdirSync(dir, { recursive: true });
  writeFileSync(
    config,
    `
receivers: { claude_code: { include: ["${dir}/projects/**/*.jsonl"], start_at: beginning } }
processors: { cwd_hash: { salt: "an-invented-salt-of-32-characters" }, redaction: { mode: "off" } }
exporters: { otlp_http: { endpoint: "${endpoint}", token: "none" } }
service:
  state_dir: "${state}"
  outbox: { key_source: file }
  batch: { timeout: 1s }
  pipelines: { logs: { receivers: [claude_code], processors: [cwd_hash, redaction], exporters: [otlp_http] } }
`,
  );
  return spawn(process.execPath, [`--import=${PROBE}`, ...TALOS, "run", "--config", config], {
    cwd: PROJECT,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
}
