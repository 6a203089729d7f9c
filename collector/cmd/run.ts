import { Command, InvalidArgumentError } from "commander";
import type { Logger } from "#component/component.ts";
import { InForce } from "../consent/in-force.ts";
import type { Plan } from "../service/plan.ts";
import { createLogger } from "../service/logger.ts";
import { Service } from "../service/service.ts";
import { queueTitle } from "../service/text-lanes.ts";
import { systemClock, systemPlatform } from "../service/system.ts";
import { dryRunOf, type DryRun } from "./dry-run.ts";
import { followChanges, pinnedFingerprint } from "./enrolled.ts";
import { EXIT } from "./failure.ts";
import { Observing } from "./observing.ts";
import { CONFIG_HELP, type PlanOptions, readPlan, several } from "./options.ts";
import { Seeing } from "./seeing.ts";
import { hangups, type StopSignal, stopSignal } from "./signals.ts";
import { VERSION } from "#config/version.ts";

/** How long `run --once` goes on reading, at least, while nothing can be stored. */
const SHORTEST_STANDSTILL_MS = 5_000;

/** How long a stopping collector goes on sending before it leaves the rest in the outbox. */
const FLUSH_MS = 5_000;
const DRY_FLUSH_MS = 500;

interface RunOptions {
  config?: string[];
  once?: boolean;
  drainTimeout: number;
}

export function runCommand(): Command {
  return new Command("run")
    .description("Follow the logs and deliver what the privacy mode allows, until Ctrl-C.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--once", "read to the end, deliver, exit")
    .option("--drain-timeout <seconds>", "with --once: how long to go on trying to deliver", seconds, 60)
    .addHelpText(
      "after",
      `
Examples:
  talos run
  talos run --config team.yaml
  talos run -c team.yaml -c mine.yaml     several files: maps merge, the last one wins
  talos run --once --config team.yaml     for cron jobs and tests

Ctrl-C sends what is queued for up to ${FLUSH_MS / 1_000} s and stops; what is left is sent at the next start.
A second Ctrl-C stops at once. Nothing is lost either way.

A changed configuration is applied while running, by itself or at SIGHUP: only what changed is restarted, and a
file that cannot be used changes nothing.

TALOS_DRY_RUN=1 does everything but the sending: what would leave is printed to stderr and stays queued.

Exit codes: 0 done, 1 failed, 2 wrong configuration, 3 not all was read and delivered (--once),
4 another collector runs on the same state folder.`,
    )
    .action(async (options: RunOptions) => {
      process.exitCode = await run(options);
    });
}

async function run(options: RunOptions): Promise<number> {
  const hangup = hangups();
  const dry = dryRunOf(process.env);
  const read = () => planFor(dry, options.config);
  const current = read();
  const { plan } = current;
  const output = outputOf(plan);
  const seeing = new Seeing(createLogger(output), dry?.taps);
  const observing = new Observing(seeing.log);
  const { log } = observing;
  const inForce = new InForce({ configDir: plan.configDir, clock: systemClock });
  const service = await Service.open({
    plan,
    version: VERSION,
    clock: systemClock,
    log,
    platform: systemPlatform(),
    once: options.once === true,
    taps: seeing.taps,
    modes: inForce,
    pinned: pinnedFingerprint,
  });
  const stop = stopSignal();
  dry?.printQueued(service.store, plan);
  await begin(service, observing, options.once === true);
  sayStarted(plan, inForce, log);
  const { enrolled, reloader } = followChanges({
    service,
    current,
    read,
    log,
    inForce,
    isDryRun: dry !== undefined,
    applied: (next) => Object.assign(output, next.service.logs),
  });
  await seeing.start(plan.stateDir, () => service.ledger?.tellKey());
  if (options.once === true) {
    const code = await runOnce(service, options.drainTimeout * 1_000, stop, dry);
    await seeing.stop();
    // What the team says from now on holds for the next run.
    await reloader.stop();
    await enrolled.once();
    await observing.stop();
    return code;
  }
  reloader.start();
  enrolled.start();
  hangup.listen(() => void reloader.request(true));
  try {
    const reason = await untilStopped(stop, service);
    log.info("stopping", { signal: reason, config: options.config === undefined ? "default" : "given" });
  } finally {
    await enrolled.stop();
    await reloader.stop();
    await seeing.stop();
    // Nobody at the other end of a dry run ever answers.
    await close(service, observing, dry === undefined ? FLUSH_MS : DRY_FLUSH_MS);
  }
  return 0;
}

async function close(service: Service, observing: Observing, flushMs: number): Promise<void> {
  await service.stop(AbortSignal.timeout(flushMs));
  observing.log.info("collector stopped");
  await observing.stop();
}

function outputOf({ service }: Plan) {
  return { ...service.logs, write: (line: string) => process.stderr.write(line), now: Date.now };
}

function planFor(dry: DryRun | undefined, config: string[] | undefined): PlanOptions {
  const configured = readPlan(config);
  return dry?.without(configured) ?? configured;
}

function sayStarted({ pipelines }: Plan, inForce: InForce, log: Logger): void {
  const { mode } = inForce.now(pipelines[0]?.mode ?? "off");
  log.info("collector started", { version: VERSION, mode, pipelines: pipelines.length });
}

/** Keeps the process alive meanwhile. Rejects when a component cannot go on. */
async function untilStopped(stop: StopSignal, service: Service): Promise<string> {
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    return await Promise.race([stop.promise, service.failure]);
  } finally {
    clearInterval(alive);
  }
}

/** Nothing is left running when any of it refuses. */
async function begin(service: Service, observing: Observing, once: boolean): Promise<void> {
  try {
    await observing.start(service, { once });
  } catch (error) {
    await service.stop(AbortSignal.abort());
    throw error;
  }
  try {
    await service.start();
  } catch (error) {
    await observing.stop();
    throw error;
  }
}

async function runOnce(
  service: Service,
  drainMs: number,
  stop: StopSignal,
  dry: DryRun | undefined,
): Promise<number> {
  // Not `AbortSignal.any` over `AbortSignal.timeout`: the garbage collector may take those, and they never fire.
  const end = new AbortController();
  stop.signal.addEventListener("abort", () => end.abort(), { once: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    const ended = await Promise.race([
      service.readToEnd().then(() => "read"),
      stop.promise.then(() => "interrupted"),
      standstill(service, Math.max(SHORTEST_STANDSTILL_MS, drainMs)),
    ]);
    if (ended === "standstill") {
      process.stderr.write("talos: the queue or the disk is full; the next run reads on from here\n");
    }
    if (ended === "read") timer = setTimeout(() => end.abort(), drainMs);
    else end.abort();
    if (dry !== undefined) {
      await dry.settled(service, end.signal);
      return ended === "read" ? 0 : EXIT.undelivered;
    }
    const done = await service.drain(end.signal);
    if (done && ended === "read") return 0;
    const { destinations } = service.store.balance();
    for (const { exporter, queued, parked } of destinations.filter((d) => d.queued + d.parked > 0)) {
      const note = `${queued + parked} records wait for ${queueTitle(exporter)}; the next run sends them. See \`talos status\``;
      process.stderr.write(`talos: ${note}\n`);
    }
    return EXIT.undelivered;
  } finally {
    clearTimeout(timer);
    await service.stop(AbortSignal.abort());
  }
}

/** Resolves when for so long nothing was accepted or delivered: the queue or the disk is full. */
async function standstill(service: Service, patienceMs: number): Promise<"standstill"> {
  let before = "";
  let sinceMs = performance.now();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 250).unref());
    const now = JSON.stringify(service.store.balance());
    if (now !== before) sinceMs = performance.now();
    if (performance.now() - sinceMs >= patienceMs) return "standstill";
    before = now;
  }
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value <= 86_400) return value;
  throw new InvalidArgumentError("It must be a number of seconds, at most 86400.");
}
