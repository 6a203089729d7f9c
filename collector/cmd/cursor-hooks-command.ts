import { Command } from "commander";
import { defaultStateDir } from "#config/paths.ts";
import { RECORDER } from "../../receivers/cursor/hooks/command.ts";
import { systemPlatform } from "../service/system.ts";
import { type Change, install, isForEverybody, remove, removeLauncher } from "./cursor-hooks/change.ts";
import { readHooksStatus } from "./cursor-hooks/status.ts";
import { changeText, statusText } from "./cursor-hooks/text.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";

interface Options {
  config?: string[];
  managed?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

const MANAGED_HELP = "the file that an administrator rolls out, for every user of this computer";

export function cursorHooksCommand(): Command {
  const hooks = new Command("cursor-hooks").description(
    "Let Cursor tell the collector what each turn used: the one local source of its token counts.",
  );
  hooks.addCommand(installCommand()).addCommand(removeCommand()).addCommand(statusCommand());
  for (const command of hooks.commands) command.exitOverride();
  return hooks;
}

function installCommand(): Command {
  return changing(
    "install",
    "Add the recorder to Cursor's hooks. Others' hooks stay as they are.",
  ).addHelpText(
    "after",
    `
Examples:
  talos cursor-hooks install --dry-run      what would change
  talos cursor-hooks install
  sudo talos cursor-hooks install --managed

Two hooks that cannot hold Cursor up or change what it does: they keep numbers and ids, no text. Run it again after an
update that moved this program.

Exit codes: 0 done, or it was there; 1 the file is not as expected and nothing was changed; 2 wrong command line.`,
  );
}

function removeCommand(): Command {
  return changing("remove", "Take the recorder out of Cursor's hooks again, and nothing else.").addHelpText(
    "after",
    `
Examples:
  talos cursor-hooks remove --dry-run
  talos cursor-hooks remove

Exit codes: 0 done, or it was not there; 1 the file is not as expected and nothing was changed; 2 wrong command line.`,
  );
}

function changing(verb: "install" | "remove", description: string): Command {
  return new Command(verb)
    .description(description)
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--managed", MANAGED_HELP)
    .option("--dry-run", "show what would change")
    .option("--json", "print JSON")
    .action((options: Options) => {
      const { managed = false, dryRun = false, json = false } = options;
      const installation = {
        level: managed ? "managed" : "user",
        platform: systemPlatform(),
        stateDir: stateDirOf(options.config),
        dryRun,
      } as const;
      const change: Change = verb === "install" ? install(installation) : remove(installation);
      if (verb === "remove") removeLauncher(installation);
      process.stdout.write(
        json
          ? `${JSON.stringify({ ...change, dry_run: dryRun })}\n`
          : `${changeText(change, { verb, dryRun })}\n`,
      );
      if (verb === "install" && managed) warnOfClosed();
    });
}

function warnOfClosed(): void {
  if (isForEverybody({ node: process.execPath, recorder: RECORDER })) return;
  process.stderr.write(
    `talos: not every user of this computer may read ${RECORDER}, and who may not records nothing: install the program where all can, such as /opt\n`,
  );
}

function statusCommand(): Command {
  return new Command("status")
    .description("Where the recorder is installed, whether it can run, and what it recorded.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos cursor-hooks status
  talos cursor-hooks status --json

Exit codes: 0 it was looked at; 1 it could not be; 2 wrong command line.`,
    )
    .action(({ config, json = false }: Options) => {
      const status = readHooksStatus({ platform: systemPlatform(), stateDir: stateDirOf(config) });
      process.stdout.write(json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status, Date.now()));
    });
}

/** A configuration that was named must be right; without a usual one, the folder is where it would be. */
function stateDirOf(config: string[] | undefined): string {
  if (config !== undefined) return readPlan(config).plan.stateDir;
  try {
    return readPlan(undefined).plan.stateDir;
  } catch {
    return defaultStateDir(systemPlatform());
  }
}
