import { Command } from "commander";
import { rotateKey } from "#state/rotate-key.ts";
import { rewrapLedger } from "../ledger/open.ts";
import { createLogger } from "../service/logger.ts";
import { systemClock, systemPlatform } from "../service/system.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";

interface RotateOptions {
  config?: string[];
  json?: boolean;
}

export function outboxCommand(): Command {
  const outbox = new Command("outbox").description("Look after what waits to be sent.");
  outbox.addCommand(rotateCommand());
  for (const command of outbox.commands) command.exitOverride();
  return outbox;
}

function rotateCommand(): Command {
  return new Command("rotate-key")
    .description(
      "Give the outbox a new key and seal everything that waits under it. Nothing is lost or sent.",
    )
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos outbox rotate-key
  talos outbox rotate-key --config team.yaml --json

Stop the collector first. A crash at any moment leaves either the old key or the new one, and everything that waits.

Exit codes: 0 done, or there is no key to replace; 1 failed; 2 wrong configuration; 4 a collector runs.`,
    )
    .action(async (options: RotateOptions) => {
      const { plan } = readPlan(options.config);
      const batches = await rotateKey({
        source: plan.service.outbox.key_source,
        dir: plan.stateDir,
        platform: systemPlatform(),
        exporters: plan.exporters.map(({ id }) => id),
        clock: systemClock,
        pid: process.pid,
        rewrap: (known, keys) => rewrapLedger(plan.stateDir, known, keys),
        log: createLogger({
          ...plan.service.logs,
          write: (line) => process.stderr.write(line),
          now: Date.now,
        }),
      });
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify({ rotated: batches !== undefined, batches: batches ?? 0 })}\n`
          : `${textOf(batches)}\n`,
      );
    });
}

function textOf(batches: number | undefined): string {
  if (batches === undefined) return "The outbox key is in memory only: every start makes a new one.";
  return `The outbox has a new key; ${batches} ${batches === 1 ? "batch" : "batches"} that wait were sealed anew.`;
}
