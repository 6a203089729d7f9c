import { Command, InvalidArgumentError } from "commander";
import { type Pause, pauseAt, paused, readPauses, resumed, writePauses } from "../service/pauses.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";

const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_MS = 366 * 86_400_000;

export function pauseCommand(): Command {
  return new Command("pause")
    .description("Read nothing for a while. What is written meanwhile is not caught up later unless you ask.")
    .argument("[for]", "how long: 30m, 2h, 1d; without it until `talos resume`", span)
    .option("-c, --config <file>", CONFIG_HELP, several)
    .addHelpText(
      "after",
      `
Examples:
  talos pause 2h
  talos pause                 until \`talos resume\`
  talos pause 30m             while paused: gives the pause another end, counted from now

Holds across restarts, and a collector that runs follows it within seconds. Exit codes: 0 done, 1 failed, 2 wrong
command line or configuration.`,
    )
    .action((lengthMs: number | undefined, { config }: { config?: string[] }) => {
      const { configDir } = readPlan(config).plan;
      const now = Date.now();
      const pauses = paused(readPauses(configDir), now, lengthMs === undefined ? Infinity : now + lengthMs);
      writePauses(configDir, pauses);
      process.stdout.write(`${pauseNote(pauseAt(pauses, now), now)}\n`);
      process.stdout.write(
        "What is written meanwhile is not caught up, unless you `talos resume --catch-up`.\n",
      );
    });
}

export function resumeCommand(): Command {
  return new Command("resume")
    .description("End a pause.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--catch-up", "also read what was written during the pause")
    .addHelpText(
      "after",
      `
Examples:
  talos resume
  talos resume --catch-up     as if there had been no pause

Exit codes: 0 done, 1 failed, 2 wrong command line or configuration.`,
    )
    .action(({ config, catchUp }: { config?: string[]; catchUp?: boolean }) => {
      const { configDir } = readPlan(config).plan;
      const now = Date.now();
      const pauses = readPauses(configDir);
      writePauses(configDir, resumed(pauses, now, catchUp === true));
      process.stdout.write(`${resumeNote(pauses, now, catchUp === true)}\n`);
    });
}

/** What is said of a pause, here and by `talos status`. */
export function pauseNote(pause: Pause | undefined, nowMs: number): string {
  if (pause === undefined) return "Not paused.";
  const end = pause.untilMs === Infinity ? "until you resume" : `until ${timeOf(pause.untilMs, nowMs)}`;
  return `Paused ${end}: nothing is read. \`talos resume\` ends it.`;
}

function resumeNote(pauses: readonly Pause[], nowMs: number, catchUp: boolean): string {
  const last = pauses.at(-1);
  if (pauseAt(pauses, nowMs) !== undefined) {
    const what = catchUp ? "is caught up" : "is not caught up";
    return `Reading goes on. What was written during the pause ${what}.`;
  }
  if (!catchUp || last === undefined) return "Not paused.";
  const since = new Date(last.fromMs).toISOString();
  return `The pause has ended before and is taken back now. \`talos backfill --since ${since}\` brings what it hid.`;
}

function timeOf(ms: number, nowMs: number): string {
  const at = new Date(ms);
  const time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const isToday = at.toDateString() === new Date(nowMs).toDateString();
  return isToday ? time : `${at.toLocaleDateString("en-CA")} ${time}`;
}

function span(text: string): number {
  const [, amount = "", unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? Number.NaN);
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw new InvalidArgumentError("Write it as 30m, 2h or 1d, at most a year.");
}
