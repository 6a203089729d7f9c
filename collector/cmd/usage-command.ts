import { existsSync } from "node:fs";
import path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { defaultConfigDir, defaultStateDir } from "#config/paths.ts";
import type { ReceiverFactory } from "#component/component.ts";
import { readInMemory } from "../service/memory-reader.ts";
import type { Planned } from "../service/plan.ts";
import { systemClock, systemPlatform } from "../service/system.ts";
import { components } from "./components.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";
import { dayStart, Usage, type UsageBy } from "./usage.ts";
import { renderUsage, usageJson } from "./usage-text.ts";

interface UsageOptions {
  config?: string[];
  days: number;
  by: UsageBy;
  json?: boolean;
}

export function usageCommand(): Command {
  return new Command("usage")
    .description(
      "Your own days, models, folders and tools under their real names. Computed here; nothing is sent.",
    )
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--days <number>", "how many days, today included", days, 30)
    .addOption(
      new Option("--by <what>", "one row for each")
        .choices(["day", "model", "folder", "tool"])
        .default("day"),
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos usage
  talos usage --by folder --days 7
  talos usage --by model --json | jq '.rows[0]'

Reads what Claude Code and Cursor wrote, in memory, whether or not a collector runs, and without any configuration. What
you exclude or pause is counted here, too: it is your own screen. Lines of code are not counted. Where Cursor wrote no
token counts, they are not known: null in JSON.

Exit codes: 0 done, 1 failed, 2 wrong command line or configuration.`,
    )
    .action(async (options: UsageOptions) => {
      await usage(options);
    });
}

async function usage({ config, days: count, by, json }: UsageOptions): Promise<void> {
  const platform = systemPlatform();
  const untilMs = systemClock.now();
  const sinceMs = dayStart(untilMs, count - 1);
  const sums = new Usage(platform.homeDir);
  const { receivers, stateDir } = followed(config);
  await readInMemory({
    receivers,
    stateDir,
    platform,
    clock: systemClock,
    sinceMs,
    untilMs,
    found: (key, record) => sums.add(key, record),
  });
  const live = process.stdout.isTTY;
  const color = live && process.env["NO_COLOR"] === undefined;
  process.stdout.write(
    json === true
      ? usageJson(sums, by, { sinceMs, untilMs })
      : renderUsage(sums, { by, days: count, live, color }),
  );
}

/**
 * Receivers of the configuration, and where what is told to them waits; without one, every kind as it is by default.
 */
function followed(config: readonly string[] | undefined): {
  receivers: readonly Planned<ReceiverFactory>[];
  stateDir: string;
} {
  const platform = systemPlatform();
  const usual = path.join(defaultConfigDir(platform), "config.yaml");
  if (config !== undefined || existsSync(usual)) return readPlan(config).plan;
  const receivers = components
    .filter((factory): factory is ReceiverFactory => factory.kind === "receiver")
    .map((factory) => ({ id: factory.type, factory, config: factory.config.parse({}) }));
  return { receivers, stateDir: defaultStateDir(platform) };
}

function days(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= 3_660) return value;
  throw new InvalidArgumentError("It must be a number of days, at least 1.");
}
