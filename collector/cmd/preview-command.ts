import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { parseConfigText } from "#config/load.ts";
import { managedConfigFile } from "#config/layers.ts";
import { defaultConfigDir } from "#config/paths.ts";
import { MODES, type Mode } from "#proto/egress.ts";
import { readFirstStart } from "#state/first-start.ts";
import { InForce } from "../consent/in-force.ts";
import { EnrolmentFolder } from "../enrolment/folder.ts";
import { type Plan, planService } from "../service/plan.ts";
import { systemClock, systemPlatform } from "../service/system.ts";
import { components } from "./components.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";
import { findRecords } from "./preview/found.ts";
import { type ModePreview, previewMode } from "./preview/preview-mode.ts";
import { type Preview, previewJson, renderMode, renderPreview } from "./preview/preview-text.ts";

const DAY = "1d";
const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const MOST = 100_000;

interface PreviewOptions {
  config?: string[];
  mode?: Mode;
  since: number;
  limit: number;
  json?: boolean;
}

export function previewCommand(): Command {
  return new Command("preview")
    .description("What would leave this computer in each privacy mode, from its own logs. Sends nothing.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .addOption(new Option("--mode <mode>", "one mode, every record whole").choices(MODES))
    .addOption(
      new Option("--since <duration>", "how far back: 1d, 2h, 30m")
        .argParser(sinceMs)
        .default(sinceMs(DAY), DAY),
    )
    .option("--limit <number>", "how many of each kind are worked through, the newest", limitOf, 10)
    .option("--json", "print JSON: every record of every mode")
    .addHelpText(
      "after",
      `
Examples:
  talos preview                       every mode side by side
  talos preview --mode full           what is sent in mode full, word by word
  talos preview --since 30d --limit 1000 --json | jq '.modes.full[0].removed'

Reads the logs in memory, whether or not a collector runs, and lets the collector's own processors and gate work on
them. Nothing is sent, stored or remembered. A model on this computer is asked where the configuration says so; the
team's backend is not: what it would be asked is shown instead.

Exit codes: 0 done, 1 failed, 2 wrong command line or configuration.`,
    )
    .action(async (options: PreviewOptions) => {
      await preview(options);
    });
}

async function preview({ config, mode, since, limit, json }: PreviewOptions): Promise<void> {
  const platform = systemPlatform();
  const { plan, isConfigured } = planOf(config);
  const untilMs = systemClock.now();
  const span = { sinceMs: untilMs - since, untilMs };
  const inForce = new InForce({ configDir: plan.configDir, clock: systemClock });
  const { optIns } = inForce;
  const found = await findRecords({ plan, platform, clock: systemClock, ...span, limit, optIns });
  const instanceId = readFirstStart(plan.configDir)?.instanceId ?? "0".repeat(32);
  const signal = new AbortController().signal;
  const modes: ModePreview[][] = [];
  for (const each of mode === undefined ? MODES : [mode]) {
    modes.push(await previewMode(each, { plan, platform, instanceId, found: found.newest, optIns, signal }));
  }
  const shown: Preview = {
    ...span,
    limit,
    found,
    inForce: inForce.now(plan.pipelines[0]?.mode ?? "off").mode,
    isConfigured,
    modes,
  };
  const color = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
  process.stdout.write(
    json === true ? previewJson(shown) : mode === undefined ? renderPreview(shown, color) : renderMode(shown),
  );
}

/** The configuration of this machine; without one, what an enrolled machine would run. */
function planOf(given: readonly string[] | undefined): { plan: Plan; isConfigured: boolean } {
  const platform = systemPlatform();
  const configDir = defaultConfigDir(platform);
  const isConfigured =
    given !== undefined ||
    existsSync(path.join(configDir, "config.yaml")) ||
    existsSync(managedConfigFile(platform.os)) ||
    new EnrolmentFolder(configDir).exists;
  if (isConfigured) return { plan: readPlan(given).plan, isConfigured };
  const loaded = parseConfigText(usualConfig(), "the usual configuration", platform);
  return { plan: planService(loaded, components, platform), isConfigured };
}

function usualConfig(): string {
  const backend = `endpoint: "https://your-team.example", token: none`;
  return `receivers: { claude_code: {}, cursor: {} }
processors:
  cwd_hash: { salt: ${randomBytes(16).toString("hex")} }
  redaction: { mode: full }
  categorize: { provider: auto, ${backend} }
exporters: { otlp_http/talos: { ${backend}, destination: talos } }
service:
  pipelines:
    logs: { receivers: [claude_code, cursor], processors: [cwd_hash, redaction, categorize], exporters: [otlp_http/talos] }
`;
}

function sinceMs(text: string): number {
  const [, amount, unit = ""] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS[unit] ?? Number.NaN);
  if (ms > 0) return ms;
  throw new InvalidArgumentError("It must be a duration such as 1d, 2h or 30m.");
}

function limitOf(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= MOST) return value;
  throw new InvalidArgumentError(`It must be a number from 1 to ${MOST}.`);
}
