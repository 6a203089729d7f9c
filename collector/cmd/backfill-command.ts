import { createInterface } from "node:readline/promises";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { readLock } from "#state/lock.ts";
import {
  type BackfillProgress,
  type BackfillRequest,
  readBackfillProgress,
  readBackfillRequest,
  removeBackfillRequest,
  writeBackfillRequest,
} from "../service/backfill-files.ts";
import { createLogger } from "../service/logger.ts";
import type { Plan } from "../service/plan.ts";
import { Service } from "../service/service.ts";
import { systemClock, systemPlatform } from "../service/system.ts";
import { backfillRequest, type Estimate, estimate, estimateText, type Span } from "./backfill.ts";
import { backfillShare, recordsNote } from "./backfill-status.ts";
import { EXIT } from "./failure.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";
import { ProgressBar } from "./progress.ts";
import { type StopSignal, stopSignal } from "./signals.ts";
import { dayStart } from "./usage.ts";
import { number, sumJson } from "./usage-text.ts";
import { VERSION } from "#config/version.ts";

const LOOK_MS = 200;
/** As a shell reports a SIGINT. */
const INTERRUPTED = 130;
/** How long to go on delivering where no collector runs that would do it later. */
const DRAIN_MS = 60_000;

interface BackfillOptions {
  config?: string[];
  since?: number;
  until?: number;
  to?: string;
  estimate?: boolean;
  yes?: boolean;
  cancel?: boolean;
  json?: boolean;
}

export function backfillCommand(): Command {
  return new Command("backfill")
    .description("Bring what is older than this machine's first start: counts, never text.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--since <date>", "from this day or moment on: 2026-10-01, an ISO time, or 30d", moment)
    .option("--until <date>", "and before this one (default: now)", moment)
    .option("--to <exporter>", "only for this destination: also what the others had before it was there")
    .option("--estimate", "count in memory what would be found, and do nothing")
    .option("--json", "with --estimate: print JSON")
    .option("-y, --yes", "do not ask")
    .option("--cancel", "end the backfill that is under way; what was brought stays")
    .addHelpText(
      "after",
      `
Examples:
  talos backfill --since 30d --estimate
  talos backfill --since 2026-10-01
  talos backfill --since 2026-10-01 --to file --yes
  talos backfill                            look at the one that is under way, or go on with it

Records that were sent before are not sent again. What you exclude or paused is left out. Requests of Cursor's that have
no token counts stay without them: its hooks have no history. Live records go first. It goes on after a kill or a restart:
by itself where a collector runs, else when you call it again.

Exit codes: 0 all is brought, 1 failed, 2 wrong command line or configuration, 3 not all is delivered yet,
4 another collector took the state folder.`,
    )
    .action(async (options: BackfillOptions) => {
      process.exitCode = await backfill(options, readPlan(options.config).plan);
    });
}

async function backfill(options: BackfillOptions, plan: Plan): Promise<number> {
  const { stateDir } = plan;
  const underWay = readBackfillRequest(stateDir);
  if (options.cancel === true) {
    removeBackfillRequest(stateDir);
    say(underWay === undefined ? "No backfill is under way." : "Ended. What was brought stays.");
    return 0;
  }
  const { since, to } = options;
  if (since === undefined) {
    if (underWay === undefined)
      throw usage("no backfill is under way; begin one with --since, for example --since 30d");
    return follow(underWay, plan);
  }
  const span = spanOf(since, options.until);
  if (to !== undefined && !plan.exporters.some(({ id }) => id === to)) {
    throw usage(
      `no exporter ${to} is configured; there are ${plan.exporters.map(({ id }) => id).join(", ")}`,
    );
  }
  const found = await estimate(
    { plan, platform: systemPlatform(), clock: systemClock, log: logOf(plan) },
    span,
  );
  if (options.estimate === true) {
    say(options.json === true ? estimateJson(found, span) : `Found: ${estimateText(found)}`);
    return 0;
  }
  if (underWay !== undefined) {
    throw usage(
      "another backfill is under way: `talos backfill` shows it, `talos backfill --cancel` ends it",
    );
  }
  say(`Found: ${estimateText(found)}`);
  if (found.sum.requests + found.sum.prompts === 0) {
    say("There is nothing to bring.");
    return 0;
  }
  const destinations = to ?? plan.exporters.map(({ id }) => id).join(", ");
  const wanted = options.yes === true || (await isWanted(destinations));
  if (wanted !== true) return wanted === undefined ? INTERRUPTED : 0;
  const request = backfillRequest(span, to, found);
  writeBackfillRequest(stateDir, request);
  return follow(request, plan);
}

function spanOf(sinceMs: number, untilMs: number = systemClock.now()): Span {
  if (sinceMs >= untilMs) throw usage("--since must be before --until, and not in the future");
  return { sinceMs, untilMs };
}

/** Undefined after Ctrl-C. */
async function isWanted(destinations: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY) throw usage("nobody can be asked here: look with --estimate, then add --yes");
  say("What was sent before is not sent again. No text is sent, whatever the mode.");
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await asking.question(`Bring it to ${destinations}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    say("");
    return undefined;
  } finally {
    asking.close();
  }
}

/** By the collector that runs on the state folder, or else by this process. */
async function follow(request: BackfillRequest, plan: Plan): Promise<number> {
  const stop = stopSignal();
  if (readLock(plan.stateDir).held) return watch(request, plan, stop, () => readLock(plan.stateDir).held);
  const service = await Service.open({
    plan,
    version: VERSION,
    clock: systemClock,
    log: logOf(plan),
    platform: systemPlatform(),
    once: false,
    backfillOnly: true,
    hurry: true,
  });
  try {
    await service.start();
    return await Promise.race([watch(request, plan, stop), service.failure]);
  } finally {
    await service.stop(AbortSignal.timeout(1_000));
  }
}

/**
 * Shows how far it is. Where another process brings it (`isRunning`), until all is queued there; else until all is
 * delivered, because nobody would do that later.
 */
async function watch(
  request: BackfillRequest,
  { stateDir }: Plan,
  stop: StopSignal,
  isRunning?: () => boolean,
): Promise<number> {
  const bar = new ProgressBar({ live: process.stdout.isTTY, write: (text) => process.stdout.write(text) });
  let queuedAtMs: number | undefined;
  for (;;) {
    const known = readBackfillProgress(stateDir);
    const progress = known?.id === request.id ? known : undefined;
    if (progress !== undefined) bar.show(backfillShare(progress, request), recordsNote(progress));
    if (progress?.state === "queued") queuedAtMs ??= performance.now();
    const isLate =
      isRunning === undefined && queuedAtMs !== undefined && performance.now() - queuedAtMs > DRAIN_MS;
    const end = isLate ? "late" : endOf(progress, isRunning !== undefined);
    const isCancelled = progress?.state !== "delivered" && readBackfillRequest(stateDir)?.id !== request.id;
    if (end !== undefined || isCancelled || stop.signal.aborted || isRunning?.() === false) {
      bar.end();
      return report(end ?? (isCancelled ? "cancelled" : "stopped"), progress?.records ?? 0);
    }
    await Promise.race([new Promise((resolve) => setTimeout(resolve, LOOK_MS)), stop.promise]);
  }
}

type End = "delivered" | "queued" | "late" | "failed" | "cancelled" | "stopped";

function endOf(progress: BackfillProgress | undefined, isOthers: boolean): End | undefined {
  if (progress?.state === "delivered" || progress?.state === "failed") return progress.state;
  return progress?.state === "queued" && isOthers ? "queued" : undefined;
}

/** Says how it ended. Returns the exit code. */
function report(end: End, records: number): number {
  const count = `${number(records)} new records`;
  if (end === "failed") {
    process.stderr.write("talos: the backfill failed; it goes on when the collector starts again\n");
    return EXIT.failure;
  }
  if (end === "delivered") say(`Done: ${count}, all delivered.`);
  else if (end === "queued")
    say(`Done: ${count}; all is queued, encrypted, and leaves as fast as it is taken.`);
  else if (end === "late") say(`${count} are queued and not all delivered yet: see \`talos status\`.`);
  else if (end === "cancelled") say("Ended. What was brought stays.");
  else say("Not all is brought yet. A collector that runs goes on; else call `talos backfill` again.");
  return end === "stopped" || end === "late" ? EXIT.undelivered : 0;
}

function estimateJson({ files, bytes, sum }: Estimate, { sinceMs, untilMs }: Span): string {
  const [since, until] = [sinceMs, untilMs].map((ms) => new Date(ms).toISOString());
  return JSON.stringify({ since, until, files, bytes, ...sumJson(sum) });
}

function logOf({ service }: Plan): ReturnType<typeof createLogger> {
  const write = (line: string) => process.stderr.write(line);
  return createLogger({ level: "warn", format: service.logs.format, write, now: Date.now });
}

/** A day where this machine is, a moment, or so many days before today. */
function moment(text: string): number {
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  if (days !== undefined) return dayStart(Date.now(), Number(days));
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  const ms =
    year === undefined ? Date.parse(text) : new Date(Number(year), Number(month) - 1, Number(day)).getTime();
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError("Write it as 2026-10-01, 2026-10-01T08:00:00Z or 30d.");
}

function usage(message: string): CommanderError {
  process.stderr.write(`talos: ${message}\n`);
  return new CommanderError(2, "talos.backfill", message);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
