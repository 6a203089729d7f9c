import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { readStatus } from "#state/status.ts";
import type { Balance } from "#state/types.ts";
import { PROJECT, sleep, TALOS, usageOf } from "./processes.ts";

const PATIENCE_MS = 120_000;
const SAMPLE_EVERY_MS = 1_000;
/** Lets the process tell of its timers, which nobody can count from outside. */
const PROBE = `data:text/javascript,${encodeURIComponent(
  'process.on("message",()=>process.send(process.getActiveResourcesInfo()));process.channel?.unref();',
)}`;

/** Of one moment. */
export interface Sample {
  /** Of the clock that only goes forward. */
  atMs: number;
  residentBytes: number;
  sharedBytes: number;
  /** Since the process began. */
  cpuMs: number;
  openFiles: number;
  timers: number;
  stateBytes: number;
}

export interface SoakCollectorOptions {
  /** It follows `dir/projects/**` and keeps its state in `dir/state`. */
  dir: string;
  endpoint: string;
  /** YAML of `service`'s own members; two spaces before each. */
  service?: string;
}

/** A real collector process, looked at once a second. */
export class SoakCollector {
  /** Empty where the system has no `/proc`. */
  readonly samples: Sample[] = [];
  readonly #child: ChildProcess;
  readonly #state: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SoakCollectorOptions) {
    const config = path.join(options.dir, "talos.yaml");
    this.#state = path.join(options.dir, "state");
    mkdirSync(options.dir, { recursive: true });
    writeFileSync(config, configText(options, this.#state));
    this.#child = spawn(process.execPath, [`--import=${PROBE}`, ...TALOS, "run", "--config", config], {
      cwd: PROJECT,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    this.#child.on("message", (resources) => {
      const timers = Array.isArray(resources) ? resources.filter((name) => name === "Timeout").length : 0;
      const sample = sampleOf(this.#child.pid ?? 0, this.#state, timers);
      if (sample !== undefined) this.samples.push(sample);
    });
  }

  get balance(): Balance | undefined {
    return readStatus(this.#state)?.balance;
  }

  /** Records in the outbox. */
  get queued(): number {
    const destinations = readStatus(this.#state)?.destinations ?? [];
    return destinations.reduce((sum, { queued, parked }) => sum + queued.records + parked.records, 0);
  }

  startSampling(): void {
    this.#timer = setInterval(() => {
      if (this.#child.connected) this.#child.send("resources");
    }, SAMPLE_EVERY_MS);
  }

  stopSampling(): void {
    clearInterval(this.#timer);
  }

  /** Throws when it is not so after two minutes, or when the collector ended. */
  async until(isSo: () => boolean): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) throw new Error("the collector ended");
      if (performance.now() > end) throw new Error("requests did not arrive");
      await sleep(20);
    }
  }

  /** Asks it to end. Its exit code. */
  async stop(): Promise<number | null> {
    const code = new Promise<number | null>((resolve) => {
      this.#child.once("exit", resolve);
    });
    this.#child.kill("SIGTERM");
    return code;
  }

  kill(): void {
    this.stopSampling();
    this.#child.kill("SIGKILL");
  }
}

/** Undefined where there is nothing to read it from, any more or at all. */
function sampleOf(pid: number, state: string, timers: number): Sample | undefined {
  try {
    const usage = usageOf(pid);
    if (usage === undefined) return undefined;
    const { residentBytes, sharedBytes, cpuMs } = usage;
    const openFiles = readdirSync(`/proc/${pid}/fd`).length;
    return {
      atMs: performance.now(),
      residentBytes,
      sharedBytes,
      cpuMs,
      openFiles,
      timers,
      stateBytes: databaseBytes(state),
    };
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

function configText({ dir, endpoint, service = "" }: SoakCollectorOptions, state: string): string {
  return `
receivers: { claude_code: { include: ["${dir}/projects/**/*.jsonl"], start_at: beginning } }
processors: { cwd_hash: { salt: "an-invented-salt-of-32-characters" }, redaction: { mode: "off" } }
exporters: { otlp_http: { endpoint: "${endpoint}", token: "none" } }
service:
  state_dir: "${state}"
  outbox: { key_source: file }
${service}
  pipelines: { logs: { receivers: [claude_code], processors: [cwd_hash, redaction], exporters: [otlp_http] } }
`;
}
