import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { systemPlatform } from "../service/system.ts";
import { markWatching } from "../service/watching.ts";
import { EXIT } from "./failure.ts";
import { noState } from "./no-state.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";
import { stopSignal } from "./signals.ts";
import { type Rates, ratesBetween, type Sample, sample } from "./top/sample.ts";
import { renderScreen } from "./top/screen.ts";

const REFRESH_MS = 1_000;
const KEPT = 60;
const ENTER = "\u001B[?1049h\u001B[?25l";
const LEAVE = "\u001B[?25h\u001B[?1049l";
const CTRL_C = "\u0003";

interface TopOptions {
  config?: string[];
  stateDir?: string;
  once?: boolean;
  json?: boolean;
}

export function topCommand(): Command {
  return new Command("top")
    .description("Watch the collector work: rates, drops, queues, memory and the last errors.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--state-dir <dir>", "read this state folder instead of the configuration's")
    .option("--once", "look for one second, print, exit; so it does without a terminal")
    .option("--json", "print a line of JSON each second")
    .addHelpText(
      "after",
      `
Examples:
  talos top                      until q or Ctrl-C
  talos top --once               for a report
  talos top --json | jq '.rates.read'

While you watch, the collector sends every second. Exit codes: 0 done, 1 there is no state yet, 2 wrong configuration.`,
    )
    .action(async (options: TopOptions) => {
      const dir = options.stateDir ?? readPlan(options.config).plan.stateDir;
      process.exitCode = await top(dir, options);
    });
}

async function top(dir: string, options: TopOptions): Promise<number> {
  const first = await look(dir);
  if (first === undefined) {
    const { what, fix } = noState(dir);
    process.stderr.write(`talos: ${what}; ${fix}\n`);
    return EXIT.failure;
  }
  const stop = new AbortController();
  const signals = stopSignal();
  signals.signal.addEventListener("abort", () => stop.abort());
  const isLive = process.stdout.isTTY && options.once !== true && options.json !== true;
  const restore = isLive ? takeScreen(() => stop.abort()) : () => {};
  try {
    await frames(dir, first, {
      ...options,
      once: options.once === true || (!isLive && options.json !== true),
      stop,
    });
  } finally {
    restore();
  }
  return 0;
}

async function frames(
  dir: string,
  first: Sample,
  { once, json, stop }: { once: boolean; json?: boolean | undefined; stop: AbortController },
): Promise<void> {
  const history: Rates[] = [];
  let before = first;
  if (!once && json !== true) draw(before, history);
  while (!stop.signal.aborted) {
    markWatching(dir, Date.now());
    await sleep(REFRESH_MS, undefined, { signal: stop.signal }).catch(() => {});
    const now = stop.signal.aborted ? undefined : await look(dir);
    if (now === undefined) return;
    history.push(ratesBetween(before, now));
    if (history.length > KEPT) history.shift();
    before = now;
    if (json === true) process.stdout.write(`${JSON.stringify({ ...now, rates: history.at(-1) })}\n`);
    else if (once) process.stdout.write(`${renderScreen(now, history, plain()).join("\n")}\n`);
    else draw(now, history);
    if (once) return;
  }
}

function look(dir: string): Promise<Sample | undefined> {
  return sample(dir, systemPlatform().os, Date.now());
}

/** Each line clears what is behind it, so that nothing flickers and nothing old is left over. */
function draw(now: Sample, history: readonly Rates[]): void {
  // A terminal that does not know its size says 0.
  const columns = process.stdout.columns || 80;
  const rows = process.stdout.rows || 24;
  const color = process.env["NO_COLOR"] === undefined;
  const lines = [...renderScreen(now, history, { columns, rows: rows - 1, color }), "", "q to leave"].slice(
    0,
    rows,
  );
  process.stdout.write(`\u001B[H${lines.map((line) => `${line}\u001B[K`).join("\n")}\u001B[J`);
}

function plain(): { columns: number; rows: number; color: boolean } {
  return { columns: 200, rows: 1_000, color: process.stdout.isTTY && process.env["NO_COLOR"] === undefined };
}

/** The returned function gives the terminal back as it was. */
function takeScreen(quit: () => void): () => void {
  const onKey = (key: Buffer) => {
    if (["q", "Q", CTRL_C].includes(key.toString("latin1"))) quit();
  };
  process.stdout.write(ENTER);
  if (process.stdin.isTTY) {
    process.stdin.setRawMode(true);
    process.stdin.resume().on("data", onKey);
  }
  return () => {
    if (process.stdin.isTTY) {
      process.stdin.off("data", onKey).pause();
      process.stdin.setRawMode(false);
    }
    process.stdout.write(LEAVE);
  };
}
