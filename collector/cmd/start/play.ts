import path from "node:path";
import { createLogger } from "../../service/logger.ts";
import { Service } from "../../service/service.ts";
import { systemClock, systemPlatform } from "../../service/system.ts";
import { readOnlyPlan } from "../options.ts";
import { pauseNote } from "../pause-command.ts";
import { Seeing } from "../seeing.ts";
import { stopSignal } from "../signals.ts";
import { VERSION } from "#config/version.ts";
import { writeCollectorConfig } from "./collector-config.ts";
import { buildDashboard } from "./dashboard.ts";
import { enrol, signInLink } from "./enrol.ts";
import { Feed } from "./feed.ts";
import { startFolder } from "./folder.ts";
import { History } from "./history.ts";
import { InventedDeveloper } from "./invented.ts";
import { onKey } from "./keys.ts";
import { listValue } from "../price.ts";
import type { StartOptions } from "./options.ts";
import { welcome } from "./screen.ts";
import { readOrCreateSecrets } from "./secrets.ts";
import { findTools, hooksNote } from "./tools.ts";
import { checkPort, endLeftovers, migrate, startWorkers, type Workers } from "./workers.ts";

const PROJECT = path.resolve(import.meta.dirname, "../../..");
const FLUSH_MS = 5_000;
const REFRESH_MS = 500;

/** Ctrl-C came before everything ran. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
}

/** Runs everything until Ctrl-C. Returns the exit code. */
export async function play(options: StartOptions): Promise<number> {
  const stop = stopSignal();
  const platform = systemPlatform();
  const goOn = () => {
    if (stop.signal.aborted) throw new StoppedError();
  };
  const tools = findTools(platform);
  const invented = options.demo || !tools.any;
  const folder = startFolder(options.folder ?? path.join(PROJECT, ".talos"), invented ? "invented" : "local");
  const secrets = readOrCreateSecrets(folder.secretsFile);
  await endLeftovers(folder);
  await checkPort(options.port);
  step("building the dashboard");
  await buildDashboard(PROJECT);
  goOn();
  step("preparing the database");
  await migrate(folder, PROJECT);
  goOn();
  step("starting the Workers");
  const workers = await startWorkers(folder, PROJECT, options.port);
  const developer = invented
    ? new InventedDeveloper({ dir: folder.invented, nowMs: Date.now(), random: Math.random })
    : undefined;
  try {
    const backend = { url: workers.url, setupSecret: secrets.SETUP_SECRET };
    const who = invented
      ? { team: "Invented team", developer: "Invented developer" }
      : { team: "My team", developer: "Me" };
    await enrol(backend, folder, { ...who, demo: invented });
    writeCollectorConfig(folder, workers.url, invented ? "invented" : "real");
    developer?.writeHistory();
    const service = await openCollector(folder.collectorConfigFile);
    const why = options.demo
      ? "as you asked with --demo"
      : "because neither Claude Code nor Cursor was found here";
    const facts = {
      folder: folder.root,
      removal: options.folder === undefined ? "npm run reset" : "delete that folder",
      tools: [...tools.sentences, ...(tools.cursor && !invented ? hooksNote(platform, folder) : [])],
      keyNote: service.keyNote,
      hasKeys: process.stdin.isTTY,
      invented: invented ? why : undefined,
    };
    say(welcome({ ...facts, link: await signInLink(backend) }));
    return await follow(service, { workers, developer, stop: stop.promise });
  } finally {
    developer?.stop();
    await workers.stop();
  }
}

interface Collector {
  service: Service;
  keyNote: string;
  feed: Feed;
  seeing: Seeing;
}

async function openCollector(configFile: string): Promise<Collector> {
  const { plan } = readOnlyPlan(configFile);
  let feed: Feed | undefined;
  const seeing = new Seeing(
    createLogger({
      ...plan.service.logs,
      write: (line) => feed?.say(`  ${line.trim()}`),
      now: Date.now,
    }),
  );
  const service = await Service.open({
    plan,
    version: VERSION,
    clock: systemClock,
    log: seeing.log,
    taps: seeing.taps,
    platform: systemPlatform(),
    once: false,
    hurry: true,
    onAccepted: (records) => feed?.show(records),
  });
  feed = new Feed({
    write: say,
    now: Date.now,
    live: process.stdout.isTTY,
    price: listValue,
    delivery: () => deliveryOf(service),
    note: () => noteOf(service),
  });
  return { service, keyNote: service.keyNote, feed, seeing };
}

async function follow(
  { service, feed, seeing }: Collector,
  run: { workers: Workers; developer: InventedDeveloper | undefined; stop: Promise<string> },
): Promise<number> {
  await service.start();
  await seeing.start(service.plan.stateDir);
  run.developer?.start();
  const refresh = setInterval(() => feed.refresh(), REFRESH_MS);
  const history = new History({ plan: service.plan, say: (text) => feed.say(`  ${text}`), now: Date.now });
  const endKeys = onKey((key) => history.key(key));
  try {
    const ended = await Promise.race([run.stop, run.workers.died.then(() => "died"), service.failure]);
    if (ended !== "died") feed.say("  Stopping: delivering what waits …");
    else feed.say("  The Workers ended by themselves. Nothing is lost: start again with npm start.");
    return ended === "died" ? 1 : 0;
  } finally {
    clearInterval(refresh);
    endKeys();
    run.developer?.stop();
    await seeing.stop();
    await service.stop(AbortSignal.timeout(FLUSH_MS));
    say("\n");
  }
}

function deliveryOf({ store }: Service): ReturnType<ConstructorParameters<typeof Feed>[0]["delivery"]> {
  const [destination] = store.balance().destinations;
  const waiting = (destination?.queued ?? 0) + (destination?.parked ?? 0);
  return { delivered: destination?.acknowledged ?? 0, waiting, problem: undefined };
}

function noteOf({ pause }: Service): string | undefined {
  return pause === undefined ? undefined : pauseNote(pause, Date.now());
}

function step(text: string): void {
  process.stderr.write(`  ${text} …\n`);
}

function say(text: string): void {
  process.stdout.write(text);
}
