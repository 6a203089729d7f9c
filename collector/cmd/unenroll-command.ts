import { createInterface } from "node:readline/promises";
import { Command, CommanderError } from "commander";
import { defaultConfigDir, defaultStateDir } from "#config/paths.ts";
import { readStatus } from "#state/status.ts";
import { BackendClient } from "../enrolment/backend-client.ts";
import { EnrolmentError } from "../enrolment/failure.ts";
import { type Enrolment, EnrolmentFolder } from "../enrolment/folder.ts";
import { systemClock, systemPlatform } from "../service/system.ts";
import { leaveCursor } from "./cursor-hooks/leaving.ts";
import { EXIT } from "./failure.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";
import { stopSignal } from "./signals.ts";
import { eraseAll, stopCollector } from "./unenroll-erase.ts";

const INTERRUPTED = 130;

/** Whoever has a token for many machines could otherwise erase what others sent. */
const NOT_FIRST =
  "only the first of a person's machines that are still enrolled may ask for it, and an earlier one is";

interface UnenrollOptions {
  config?: string[];
  erase?: boolean;
  yes?: boolean;
}

export function unenrollCommand(): Command {
  return new Command("unenroll")
    .alias("unenrol")
    .description(
      "Leave the team: tell its backend, stop the collector, erase keys, token, salt, state and outbox.",
    )
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--erase", "also ask the team's backend to erase this developer's data")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Examples:
  talos unenroll
  talos unenroll --erase
  talos unenroll --yes            for scripts

Your configuration, your pauses and what the tools wrote stay as they are. When the backend cannot be reached,
--erase does nothing at all, because nobody could ask later; without it this computer is cleared all the same.

Exit codes: 0 done, or there was nothing to do; 1 it failed or was declined; 2 wrong command line.`,
    )
    .action(async (options: UnenrollOptions) => {
      process.exitCode = await unenroll(options);
    });
}

interface Machine {
  folder: EnrolmentFolder;
  /** Undefined when what is there is damaged. */
  enrolment: Enrolment | undefined;
  stateDir: string;
  configDir: string;
}

async function unenroll(options: UnenrollOptions): Promise<number> {
  const machine = lookAround(options.config);
  if (machine === undefined) {
    say("This machine is not enrolled: there is nothing to do.");
    return 0;
  }
  const stop = stopSignal();
  if (options.yes !== true) {
    const wanted = await isWanted(questionOf(machine, options.erase === true));
    if (wanted !== true) return wanted === undefined ? INTERRUPTED : declined();
  }
  if (await stopCollector(machine.stateDir)) say("The collector was stopped.");
  say(await leave(machine, options.erase === true, stop.signal));
  for (const what of leaveCursor(systemPlatform(), machine.stateDir)) say(what);
  const hasKeychainKey = statusOf(machine.stateDir)?.keySource === "keychain";
  for (const what of await eraseAll({ ...machine, hasKeychainKey })) say(`Erased: ${what}.`);
  return 0;
}

/** Undefined where nothing is enrolled. */
function lookAround(config: string[] | undefined): Machine | undefined {
  const platform = systemPlatform();
  const folder = new EnrolmentFolder(defaultConfigDir(platform));
  folder.recover();
  if (!folder.exists) return undefined;
  const plan = planOf(config);
  const stateDir = plan?.stateDir ?? defaultStateDir(platform);
  const configDir = plan?.configDir ?? defaultConfigDir(platform);
  return { folder, enrolment: enrolmentOf(folder), stateDir, configDir };
}

/** A configuration that was named must be right; the usual one may be damaged, which is a reason to leave. */
function planOf(config: string[] | undefined): { stateDir: string; configDir: string } | undefined {
  if (config !== undefined) return readPlan(config).plan;
  try {
    return readPlan(undefined).plan;
  } catch {
    return undefined;
  }
}

function enrolmentOf(folder: EnrolmentFolder): Enrolment | undefined {
  try {
    return folder.read();
  } catch {
    return undefined;
  }
}

function questionOf({ enrolment, stateDir }: Machine, erase: boolean): string {
  const waiting = statusOf(stateDir)?.destinations.reduce(
    (sum, d) => sum + d.queued.records + d.parked.records,
    0,
  );
  const who = enrolment === undefined ? "" : ` of ${enrolment.team.name} at ${enrolment.endpoint.host}`;
  return [
    `This computer leaves the team${who}.`,
    erase
      ? "Its backend is asked to erase what this developer sent, from all machines."
      : "What was sent stays at its backend; --erase asks for its erasure.",
    ...((waiting ?? 0) > 0 ? [`${waiting} records that wait here are never sent.`] : []),
  ].join("\n");
}

/** Tells the backend, once. Returns what is said of it. Throws EnrolmentError where that must be tried again. */
async function leave({ folder, enrolment }: Machine, erase: boolean, signal: AbortSignal): Promise<string> {
  const token = folder.readFile("token");
  if (folder.readFile("left.json") !== undefined) return "The team's backend was told before.";
  if (enrolment === undefined || token === undefined) {
    if (erase) throw notAsked("the enrolment is damaged");
    return "The team's backend was not told, because the enrolment is damaged: ask who runs it to revoke this machine.";
  }
  const { endpoint, agent, ca_file: caFile } = enrolment;
  const client = new BackendClient({
    endpoint,
    tls: { system_cas: true, ...(caFile === undefined ? {} : { ca_file: caFile }) },
    proxy: "environment",
    platform: systemPlatform(),
    clock: systemClock,
  });
  const outcome = await client.unenrol(token, { erase }, signal);
  if (outcome.kind === "ok") {
    folder.writeFile("left.json", "{}\n");
    return erase
      ? `${endpoint.host} was told, takes nothing more from this machine, and was asked to erase this developer's data.`
      : `${endpoint.host} was told and takes nothing more from this machine.`;
  }
  const reason = outcome.kind === "unchanged" ? "no answer" : outcome.reason;
  if (erase && reason.includes("409")) throw notAsked(NOT_FIRST);
  if (erase) throw notAsked(`${endpoint.host} did not take it (${reason})`);
  if (outcome.kind === "unauthorised")
    return `${endpoint.host} took nothing from this machine any more (${reason}).`;
  return `${endpoint.host} could not be told (${reason}): ask who runs it to revoke ${agent}.`;
}

function notAsked(why: string): EnrolmentError {
  return new EnrolmentError(
    `the erasure could not be asked for: ${why}. Nothing is erased here. Try again, or ask who runs the backend and ` +
      "leave with `talos unenroll` alone",
  );
}

function statusOf(stateDir: string) {
  try {
    return readStatus(stateDir);
  } catch {
    return undefined;
  }
}

/** Undefined after Ctrl-C. */
async function isWanted(text: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY) {
    const message = "nobody can be asked here: add --yes";
    process.stderr.write(`talos: ${message}\n`);
    throw new CommanderError(EXIT.usage, "talos.unenroll", message);
  }
  say(text);
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await asking.question("Leave? [y/N] ")).trim());
  } catch {
    say("");
    return undefined;
  } finally {
    asking.close();
  }
}

function declined(): number {
  say("Nothing was changed.");
  return EXIT.failure;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
