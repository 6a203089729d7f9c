import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createReadStream, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { sleep, type Usage, usageOf } from "./processes.ts";

/** It does not end by itself: it is taken as done when it has written nothing for so long. */
const QUIET_MS = 3_000;
const PATIENCE_MS = 600_000;
/** By its default of 1,000 bytes it takes a resumed session for the one that it goes on with, and reads only one. */
const READS_ALL = "64KiB";
const ISSUES = "https://github.com/open-telemetry/opentelemetry-collector-contrib/issues";

/** What its makers and users say, on their machines: to be read beside ours, not divided by it. */
export const PUBLISHED: string[][] = [
  ["the OpenTelemetry Collector's filelog receiver, as published", "figure"],
  [`lines of 2 KiB, multiline pattern ([#43040](${ISSUES}/43040))`, "45 to 50 MiB/s, whatever the processor"],
  ["10,000 lines/s to OTLP, limits of an older contrib testbed", "30 % of a core, 117 MiB"],
  [
    `1,000 files that do not change, looked at each 200 ms, versions 0.77 to 0.86 ([#27404](${ISSUES}/27404))`,
    "110 % of a core",
  ],
];

export interface OtelcolRun {
  /** From before the process is started to its last write. */
  ms: number;
  records: number;
}

/** `OTELCOL`, else the first of its two names that the PATH has. */
export function otelcolFile(): string | undefined {
  const named = process.env["OTELCOL"];
  if (named !== undefined && named !== "") return named;
  const dirs = (process.env["PATH"] ?? "").split(path.delimiter);
  const files = ["otelcol-contrib", "otelcol"].flatMap((name) => dirs.map((dir) => path.join(dir, name)));
  return files.find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

/** Its name and version, as it says itself. */
export function otelcolName(file: string): string {
  const { stdout } = spawnSync(file, ["--version"], { encoding: "utf8" });
  const version = /\d+\.\d+\.\d+/.exec(stdout ?? "")?.[0];
  return version === undefined ? "otelcol" : `otelcol ${version}`;
}

/** Reads all of `home`'s transcripts with filelog and json_parser into a file. Undefined when it did not run. */
export async function runOtelcol(file: string, home: string): Promise<OtelcolRun | undefined> {
  const begun = performance.now();
  const config = { fingerprint: READS_ALL };
  return withOtelcol({ file, home, config }, async ({ child, output, end }) => {
    const last = await lastWrite(child, output, begun);
    await end();
    const records = last === undefined ? 0 : await recordsIn(output);
    return last === undefined || records === 0 ? undefined : { ms: last - begun, records };
  });
}

/** What it has used at the beginning and at the end of so many seconds, once it has read everything; at its defaults. */
export async function idleOtelcol(
  file: string,
  home: string,
  seconds: number,
): Promise<{ begin: Usage; end: Usage; ms: number } | undefined> {
  return withOtelcol({ file, home, config: {} }, async ({ child, output }) => {
    if ((await lastWrite(child, output, performance.now())) === undefined) return undefined;
    const [begin, begun] = [usageOf(child.pid ?? 0), performance.now()];
    await sleep(seconds * 1_000);
    const end = usageOf(child.pid ?? 0);
    return begin && end && { begin, end, ms: performance.now() - begun };
  });
}

interface Start {
  file: string;
  home: string;
  config: OtelcolConfig;
}

interface OtelcolConfig {
  /** Its own default where there is none. */
  fingerprint?: string;
}

interface Started {
  child: ChildProcess;
  output: string;
  /** Asks it to end, and waits until it did. */
  end: () => Promise<void>;
}

async function withOtelcol<T>(
  { file, home, config: wanted }: Start,
  use: (started: Started) => Promise<T>,
): Promise<T> {
  const dir = path.join(home, "otelcol");
  const output = path.join(dir, "output.json");
  const config = path.join(dir, "config.yaml");
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  writeFileSync(config, configText(home, output, wanted));
  const child = spawn(file, ["--config", config], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("close", () => resolve());
  });
  const end = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  try {
    return await use({ child, output, end });
  } finally {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Undefined when it ended by itself, or never does. */
async function lastWrite(child: ChildProcess, output: string, begun: number): Promise<number | undefined> {
  let [size, at] = [0, begun];
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const now = performance.now();
    const grown = statSync(output, { throwIfNoEntry: false })?.size ?? 0;
    if (grown > size) [size, at] = [grown, now];
    else if (size > 0 && now - at > QUIET_MS) return at;
    if (now - begun > PATIENCE_MS || (size === 0 && now - begun > 10 * QUIET_MS)) return undefined;
    await sleep(20);
  }
  return undefined;
}

/** Each record has this member once, and a text in a record has its quotation marks escaped. */
const MEMBER = Buffer.from('"observedTimeUnixNano":');

async function recordsIn(output: string): Promise<number> {
  let records = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(output, { highWaterMark: 1 << 20 })) {
    const bytes = Buffer.concat([rest, chunk]);
    let next = 0;
    for (let at = bytes.indexOf(MEMBER); at !== -1; at = bytes.indexOf(MEMBER, next)) {
      records += 1;
      next = at + MEMBER.length;
    }
    rest = bytes.subarray(Math.max(next, bytes.length - MEMBER.length + 1));
  }
  return records;
}

function configText(home: string, output: string, { fingerprint }: OtelcolConfig): string {
  return `
receivers:
  filelog:
    include: ["${home}/projects/**/*.jsonl"]
    start_at: beginning
    max_log_size: 64MiB
    ${fingerprint === undefined ? "" : `fingerprint_size: ${fingerprint}`}
    operators: [{ type: json_parser }]
exporters: { file: { path: "${output}", flush_interval: 100ms } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { logs: { receivers: [filelog], exporters: [file] } }
`;
}
