import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { protobufCodec } from "#proto/protobuf.ts";
import { StateStore } from "#state/store.ts";
import { writeClaudeHome } from "#testkit/corpus/home.ts";
import type { Truth } from "#testkit/corpus/truth.ts";
import { testSettings } from "#testkit/fakes.ts";
import { type Benchmark, type BenchOptions, type Finding, NotMeasuredError } from "./benchmark.ts";
import { otelcolFile, otelcolName, type OtelcolRun, PUBLISHED, runOtelcol } from "./otelcol.ts";
import { runTimed, TALOS } from "./processes.ts";
import { figure, median } from "./statistics.ts";

/** Records are left in the outbox: nobody listens at the address. */
const UNDELIVERED = 3;

export const backlog: Benchmark = {
  name: "backlog",
  title: "Reading a backlog",
  about:
    "500 MB of transcripts into the encrypted outbox, the whole process, commit included, in turn with the native " +
    "executable of [ccusage](https://www.npmjs.com/package/ccusage) on the same files. The outbox is decrypted after " +
    "each run and must hold exactly what the files hold.",
  run: measure,
};

async function measure({ quick, dir, progress }: BenchOptions): Promise<Finding> {
  const home = path.join(dir, "backlog");
  progress("writing the transcripts");
  const truth = writeClaudeHome(home, { bytes: quick ? 60_000_000 : 500_000_000, seed: 1 });
  const peer = ccusage(dir);
  const [ours, theirs]: [number[], number[]] = [[], []];
  // The first round warms the file cache and the compile cache.
  for (let round = 0; round <= (quick ? 3 : 7); round += 1) {
    progress(`round ${round}`);
    const ms = await readBacklog(home, truth);
    const { ms: peerMs, status } = await runTimed(peer, ["claude", "daily", "--json", "--offline"], {
      CLAUDE_CONFIG_DIR: home,
    });
    if (status !== 0) throw new NotMeasuredError("ccusage ended with an error");
    if (round === 0) continue;
    ours.push(ms);
    theirs.push(peerMs);
  }
  const { rows, note } = await besideOtelcol({ home, truth, rounds: quick ? 1 : 5, progress });
  rmSync(home, { recursive: true });
  const { tables, notes } = findingOf(truth, ours, theirs);
  return { tables: [...tables, ...(rows.length === 0 ? [] : [rows]), PUBLISHED], notes: [...notes, note] };
}

interface Beside {
  home: string;
  truth: Truth;
  rounds: number;
  progress: BenchOptions["progress"];
}

/** In turn with the OpenTelemetry Collector on the same files, where there is one. */
async function besideOtelcol(beside: Beside): Promise<{ rows: string[][]; note: string }> {
  const { home, truth, rounds, progress } = beside;
  const file = otelcolFile();
  if (file === undefined) {
    const note =
      "The OpenTelemetry Collector was not measured on these files: neither `OTELCOL` nor the PATH names one.";
    return { rows: [], note };
  }
  const ours: number[] = [];
  const theirs: OtelcolRun[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    progress(`otelcol, round ${round}`);
    const run = await runOtelcol(file, home);
    if (run === undefined)
      return { rows: [], note: "The OpenTelemetry Collector was there and did not run." };
    theirs.push(run);
    ours.push(await readBacklog(home, truth));
  }
  const note =
    "The OpenTelemetry Collector reads with filelog and json_parser into a file, until its last write. It makes a record of " +
    "each line that is not blank, and is given fingerprints of 64 KiB: by its own of 1,000 bytes it takes a resumed session " +
    "for the one that it goes on with, and leaves it unread.";
  return { rows: besideRows(truth, ours, { name: otelcolName(file), runs: theirs }), note };
}

function besideRows(
  truth: Truth,
  ours: readonly number[],
  { name, runs }: { name: string; runs: readonly OtelcolRun[] },
): string[][] {
  const theirs = runs.map(({ ms }) => ms);
  // Blank lines are no records to anybody; much less than the lines is another work.
  const isWhole = runs.every(({ records }) => records > truth.lines * 0.98);
  const row = (title: string, all: readonly number[], records: number) => [
    title,
    figure(median(all) / 1_000),
    rangeOf(all),
    figure(truth.bytes / 1_000 / median(all)),
    figure(records),
    isWhole ? figure(median(theirs) / median(all)) : "it read too little",
  ];
  return [
    ["", "median s", "range s", "MB/s", "records", "times otelcol's speed"],
    row("talos run --once", ours, truth.requests + truth.prompts),
    row(name, theirs, median(runs.map(({ records }) => records))),
  ];
}

/** From the quickest to the slowest, in seconds. */
function rangeOf(all: readonly number[]): string {
  return `${figure(Math.min(...all) / 1_000)} to ${figure(Math.max(...all) / 1_000)}`;
}

function findingOf(truth: Truth, ours: readonly number[], theirs: readonly number[]): Finding {
  const row = (name: string, all: readonly number[]) => {
    const ms = median(all);
    return [
      name,
      figure(ms / 1_000),
      rangeOf(all),
      figure(truth.bytes / 1_000 / ms),
      figure(median(theirs) / ms),
    ];
  };
  return {
    tables: [
      [
        ["", "median s", "range s", "MB/s", "times ccusage's speed"],
        row("talos run --once", ours),
        row("ccusage", theirs),
      ],
    ],
    notes: [
      `${figure(truth.files)} files, ${figure(truth.lines)} lines, ${figure(truth.requests)} requests and ` +
        `${figure(truth.prompts)} prompts; ${ours.length} runs of each. Every run's counts and token sums were exact. ` +
        "ccusage sums tokens by day; the collector also keys, checks, encrypts and durably stores each record.",
    ],
  };
}

/** ccusage's own executable, which npm may have unpacked without the right to run it. */
function ccusage(dir: string): string {
  const name = `@ccusage/ccusage-${process.platform}-${process.arch}`;
  const copy = path.join(dir, "ccusage");
  try {
    const require = createRequire(import.meta.resolve("ccusage/package.json"));
    const installed = path.join(path.dirname(require.resolve(`${name}/package.json`)), "bin");
    copyFileSync(path.join(installed, process.platform === "win32" ? "ccusage.exe" : "ccusage"), copy);
    chmodSync(copy, 0o755);
    return copy;
  } catch {
    throw new NotMeasuredError("ccusage has no native executable for this platform, or it is not installed");
  }
}

/** Milliseconds. Throws when what is in the outbox is not what is in the files. */
async function readBacklog(home: string, truth: Truth): Promise<number> {
  const state = path.join(home, "state");
  const config = path.join(home, "talos.yaml");
  rmSync(state, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  writeFileSync(config, configText(home, state));
  const { status, ms } = await runTimed(process.execPath, [
    ...TALOS,
    "run",
    "--once",
    "--drain-timeout",
    "0",
    "--config",
    config,
  ]);
  if (status !== UNDELIVERED) throw new Error(`the collector ended with ${status}`);
  const found = sumsOf(state);
  const wanted = {
    requests: truth.requests,
    prompts: truth.prompts,
    input: truth.input + truth.cacheRead + truth.cacheWrite5m + truth.cacheWrite1h,
    output: truth.output,
  };
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Error(`the outbox holds ${JSON.stringify(found)}, the files hold ${JSON.stringify(wanted)}`);
  return ms;
}

interface Sums {
  requests: number;
  prompts: number;
  input: number;
  output: number;
}

/** What the outbox holds, decrypted. A correction replaces what was sent under its id before. */
function sumsOf(state: string): Sums {
  const { clock, log } = testSettings();
  const masterKey = Buffer.from(readFileSync(path.join(state, "outbox.key"), "utf8"), "base64");
  const store = StateStore.open({
    dir: state,
    exporters: ["otlp_http"],
    masterKey,
    keySource: "file",
    clock,
    log,
  });
  const requests = new Map<string, { input: number; output: number }>();
  const prompts = new Set<string>();
  for (const { plaintext } of store.take("otlp_http", { maxBytes: Infinity, maxBatches: 100_000 })) {
    for (const { scopeLogs } of protobufCodec.decodeRequest(plaintext).resourceLogs) {
      for (const { attributes, eventName } of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
        const values = new Map(attributes.map(({ key, value }) => [key, value]));
        const uid = values.get("log.record.uid")?.stringValue ?? "";
        const count = (name: string) => Number(values.get(name)?.intValue ?? 0);
        if (eventName === "talos.prompt") prompts.add(uid);
        else
          requests.set(uid, {
            input: count("gen_ai.usage.input_tokens"),
            output: count("gen_ai.usage.output_tokens"),
          });
      }
    }
  }
  store.close();
  const sums = { requests: requests.size, prompts: prompts.size, input: 0, output: 0 };
  for (const { input, output } of requests.values()) {
    sums.input += input;
    sums.output += output;
  }
  return sums;
}

function configText(home: string, state: string): string {
  return `
receivers: { claude_code: { include: ["${home}/projects/**/*.jsonl"], start_at: beginning } }
processors: { cwd_hash: { salt: "an-invented-salt-of-32-characters" }, redaction: { mode: "off" } }
exporters: { otlp_http: { endpoint: "http://127.0.0.1:9", token: "none" } }
service:
  state_dir: "${state}"
  outbox: { key_source: file }
  logs: { level: error }
  pipelines: { logs: { receivers: [claude_code], processors: [cwd_hash, redaction], exporters: [otlp_http] } }
`;
}
