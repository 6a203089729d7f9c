import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { posixEntry, RECORDER } from "../../receivers/cursor/hooks/command.ts";
import { type Benchmark, type BenchOptions, type Finding, NotMeasuredError } from "./benchmark.ts";
import { sleep } from "./processes.ts";
import { figure, percentile } from "./statistics.ts";

const PATIENCE_MS = 180_000;
const ONE_BY_ONE = 20;

export const cursorHooks: Benchmark = {
  name: "cursor-hooks",
  title: "The hook in Cursor's turns",
  about:
    "How long Cursor waits for the recorder at the end of a turn: one turn after another, and many that end at the same moment. " +
    "Beside it the plainest hook there is, a `node -e` that appends its input to a file and prints `{}`.",
  run,
};

interface Hook {
  name: string;
  command: string;
  /** How many turns it has recorded. */
  recorded: () => number;
}

interface Measured {
  answersMs: number[];
  wrong: number;
  recordedAfterMs: number;
  lost: number;
}

async function run({ quick, dir, progress }: BenchOptions): Promise<Finding> {
  if (process.platform === "win32") throw new NotMeasuredError("the command is another one on Windows");
  const many = quick ? 50 : 1_000;
  const rows: string[][] = [];
  const at: Record<string, number> = {};
  for (const hook of [recorder(dir), plain(dir)]) {
    const alone: number[] = [];
    for (let i = 0; i < ONE_BY_ONE; i += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one by one is what is measured
      alone.push(...(await measure(hook, [`alone-${i}`])).answersMs);
    }
    progress(`${hook.name}: ${many} at once`);
    // oxlint-disable-next-line no-await-in-loop -- the two must not disturb each other
    const storm = await measure(
      hook,
      Array.from({ length: many }, (_, i) => `storm-${i}`),
    );
    at[hook.name] = percentile(storm.answersMs, 99);
    rows.push(rowOf(hook.name, alone, storm));
  }
  const head = [
    "hook",
    "alone, median ms",
    "alone, longest ms",
    `${many} at once, median ms`,
    "p99, ms",
    "longest, ms",
    "wrong answers",
    "all recorded after, s",
    "lost",
  ];
  const ratio = (at["recorder"] ?? NaN) / (at["plain"] ?? NaN);
  return {
    tables: [[head, ...rows]],
    notes: [`At once, the recorder's p99 is ${figure(ratio)} of the plain hook's. ${NOTE}`],
  };
}

const NOTE =
  "All wait at a gate that opens once; an answer is counted from there to the end of the shell. The recorder is waited for at " +
  "most a second, and what comes on top is the machine starting so many processes; it then goes on by itself.";

function rowOf(name: string, alone: readonly number[], storm: Measured): string[] {
  const { answersMs, wrong, recordedAfterMs, lost } = storm;
  return [
    name,
    figure(percentile(alone, 50)),
    figure(Math.max(...alone)),
    figure(percentile(answersMs, 50)),
    figure(percentile(answersMs, 99)),
    figure(Math.max(...answersMs)),
    String(wrong),
    figure(recordedAfterMs / 1_000),
    String(lost),
  ];
}

function recorder(dir: string): Hook {
  const folder = path.join(dir, "cursor-hooks");
  mkdirSync(folder, { mode: 0o700 });
  // A point of the curve, as the collector would put there: sealing is a fifth of the work.
  writeFileSync(path.join(folder, "key.pub"), `CQ${"A".repeat(41)}\n`);
  const { command } = posixEntry({ node: process.execPath, recorder: RECORDER, folder });
  return { name: "recorder", command, recorded: () => countLines(folder) };
}

function plain(dir: string): Hook {
  const folder = path.join(dir, "plain");
  mkdirSync(folder);
  const script = `const fs=require("node:fs");fs.appendFileSync("${folder}/turns.jsonl",fs.readFileSync(0));process.stdout.write("{}")`;
  return {
    name: "plain",
    command: `'${process.execPath}' -e '${script}'`,
    recorded: () => countLines(folder),
  };
}

function countLines(folder: string): number {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) => readFileSync(path.join(folder, name), "utf8").split("\n"))
    .filter((line) => line !== "").length;
}

/** Starts a shell for each turn, which waits until all are there, and lets them go at once. */
async function measure({ command, recorded }: Hook, turns: readonly string[]): Promise<Measured> {
  const before = recorded();
  const children = turns.map((turn) => waiting(command, turn));
  await Promise.all(children.map(({ ready }) => ready));
  const begun = performance.now();
  const answers = await Promise.all(children.map(({ go }) => go()));
  while (recorded() - before < turns.length && performance.now() - begun < PATIENCE_MS) {
    // oxlint-disable-next-line no-await-in-loop -- it waits
    await sleep(100);
  }
  return {
    answersMs: answers.map(({ endedMs }) => endedMs - begun),
    wrong: answers.filter(({ isRight }) => !isRight).length,
    recordedAfterMs: performance.now() - begun,
    lost: turns.length - (recorded() - before),
  };
}

interface Waiting {
  ready: Promise<void>;
  go: () => Promise<{ endedMs: number; isRight: boolean }>;
}

function waiting(command: string, turn: string): Waiting {
  const child = spawn("sh", ["-c", `echo ready; read -r _ <&3; exec 3<&-; ${command}`], {
    stdio: ["pipe", "pipe", "ignore", "pipe"],
  });
  const [stdin, stdout, , gate] = child.stdio;
  let output = "";
  const ready = new Promise<void>((resolve) => {
    stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      resolve();
    });
  });
  stdin?.on("error", () => {});
  stdin?.end(payload(turn));
  const ended = new Promise<{ endedMs: number; isRight: boolean }>((resolve) => {
    let endedMs = 0;
    child.once("exit", () => (endedMs = performance.now()));
    child.once("close", (code) =>
      resolve({ endedMs, isRight: code === 0 && /^ready\s\{\}\s*$/.test(output) }),
    );
  });
  return {
    ready,
    go: () => {
      if (gate && "end" in gate) gate.end("\n");
      return ended;
    },
  };
}

function payload(turn: string): string {
  return `${JSON.stringify({
    conversation_id: "6b1f5f0e-3f0a-4c44-9a53-0c8b5d0d7a11",
    generation_id: turn,
    hook_event_name: "stop",
    model: "claude-sonnet-5",
    cursor_version: "3.18.25",
    workspace_roots: ["/home/dev/work/acme-shop"],
    user_email: "dev@example.com",
    transcript_path: null,
    status: "completed",
    loop_count: 0,
    input_tokens: 23_666,
    output_tokens: 512,
    cache_read_tokens: 21_000,
    cache_write_tokens: 1_200,
  })}\n`;
}
