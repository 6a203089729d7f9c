import { existsSync } from "node:fs";
import { Command } from "commander";
import { readStatus } from "#state/status.ts";
import type { ModeInForce } from "../service/modes.ts";
import { EnrolmentFolder } from "../enrolment/folder.ts";
import { markWatching } from "../service/watching.ts";
import { type Pause, pauseAt, readPauses } from "../service/pauses.ts";
import { EXIT } from "./failure.ts";
import { noState } from "./no-state.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";
import { backfillNote, backfillUnderWay } from "./backfill-status.ts";
import { modeNow } from "./mode-now.ts";
import { pauseNote } from "./pause-command.ts";
import { stopSignal } from "./signals.ts";
import { renderStatus } from "./status-text.ts";

const REFRESH_MS = 1_000;

interface StatusOptions {
  config?: string[];
  stateDir?: string;
  json?: boolean;
  watch?: boolean;
}

export function statusCommand(): Command {
  return new Command("status")
    .description("What was read, what left, what waits, and whether the numbers add up.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--state-dir <dir>", "read this state folder instead of the configuration's")
    .option("--json", "print JSON")
    .option("-w, --watch", "refresh every second until Ctrl-C; the collector then sends every second too")
    .addHelpText(
      "after",
      `
Examples:
  talos status
  talos status --watch
  talos status --json | jq '.balance.balanced'

Works while the collector runs and when it does not. Exit codes: 0 all is well, 1 there is no state yet,
3 records are parked, or the balance does not hold.`,
    )
    .action(async (options: StatusOptions) => {
      const read = options.stateDir === undefined ? readPlan(options.config) : undefined;
      const dir = read?.plan.stateDir ?? options.stateDir ?? "";
      const place = { dir, configDir: read?.plan.configDir ?? dir };
      const look = () => show({ ...place, mode: read && modeNow(read) }, options);
      process.exitCode = options.watch === true ? await watch(dir, look, options) : look();
    });
}

interface Place {
  dir: string;
  configDir: string;
  mode: ModeInForce | undefined;
}

function show({ dir, configDir, mode }: Place, { json }: StatusOptions): number {
  const status = readStatus(dir);
  if (status === undefined) {
    const { what, fix } = noState(dir);
    process.stderr.write(`talos: ${what}; ${fix}\n`);
    return EXIT.failure;
  }
  const color = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
  const nowMs = Date.now();
  const pause = pauseAt(readPauses(configDir), nowMs);
  const backfill = backfillUnderWay(dir);
  const isEnrolled = new EnrolmentFolder(configDir).exists;
  if (json === true) {
    const inForce = mode === undefined ? null : { mode: mode.mode, setBy: mode.setBy, isFresh: mode.isFresh };
    const more = { privacy: inForce, paused: jsonOf(pause), backfill: backfill ?? null };
    process.stdout.write(`${JSON.stringify({ ...status, ...more })}\n`);
  } else {
    if (pause !== undefined) process.stdout.write(`${pauseNote(pause, nowMs)}\n`);
    if (backfill !== undefined) process.stdout.write(`${backfillNote(backfill)}\n`);
    process.stdout.write(renderStatus(status, { nowMs, color, mode, isEnrolled }));
  }
  const parked = status.destinations.some(({ health }) => health?.state === "parked");
  return parked || !status.balance.balanced ? EXIT.undelivered : 0;
}

/** Null where there is none, as `untilMs` is while nobody knows its end. */
function jsonOf(pause: Pause | undefined): { fromMs: number; untilMs: number | null } | null {
  if (pause === undefined) return null;
  return { fromMs: pause.fromMs, untilMs: pause.untilMs === Infinity ? null : pause.untilMs };
}

async function watch(dir: string, look: () => number, options: StatusOptions): Promise<number> {
  const stop = stopSignal();
  let code = 0;
  const unread = new AbortController();
  process.stdout.once("error", () => unread.abort());
  while (!unread.signal.aborted && !stop.signal.aborted) {
    if (existsSync(dir)) markWatching(dir, Date.now());
    if (process.stdout.isTTY && options.json !== true) process.stdout.write("\u001B[2J\u001B[H");
    code = look();
    await Promise.race([new Promise((resolve) => setTimeout(resolve, REFRESH_MS)), stop.promise]);
  }
  return code;
}
