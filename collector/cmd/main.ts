import { Command, CommanderError } from "commander";
import { accountCommand } from "./account-command.ts";
import { auditCommand } from "./audit-command.ts";
import { backfillCommand } from "./backfill-command.ts";
import { componentsCommand } from "./components-command.ts";
import { configCommand } from "./config-command.ts";
import { consentCommand } from "./consent-command.ts";
import { cursorHooksCommand } from "./cursor-hooks-command.ts";
import { doctorCommand } from "./doctor-command.ts";
import { refuseInDryRun } from "./dry-run.ts";
import { enrollCommand } from "./enroll-command.ts";
import { excludeCommand } from "./exclude-command.ts";
import { ledgerCommand } from "./ledger-command.ts";
import { outboxCommand } from "./outbox-command.ts";
import { pauseCommand, resumeCommand } from "./pause-command.ts";
import { previewCommand } from "./preview-command.ts";
import { proveCommand } from "./prove-command.ts";
import { runCommand } from "./run.ts";
import { statusCommand } from "./status.ts";
import { explain } from "./failure.ts";
import { supportBundleCommand } from "./support-bundle-command.ts";
import { tapCommand } from "./tap-command.ts";
import { testCommand } from "./test-command.ts";
import { topCommand } from "./top-command.ts";
import { unenrollCommand } from "./unenroll-command.ts";
import { usageCommand } from "./usage-command.ts";
import { validateCommand } from "./validate.ts";
import { VERSION } from "#config/version.ts";

// A reader that went away (`| head`, a log pipe that broke) is no reason to stop following.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

const program = new Command("talos")
  .description("See what Claude Code and Cursor cost your team, without reading anyone's prompts.")
  .version(VERSION, "-V, --version", "print the version")
  .helpOption("-h, --help", "show this help")
  .showSuggestionAfterError(true)
  .showHelpAfterError("(add --help to see what is possible)")
  .exitOverride()
  .addHelpText(
    "after",
    `
Examples:
  talos run                               follow the logs until Ctrl-C
  talos run --once --config my.yaml       read to the end, deliver, exit
  talos validate --config my.yaml         check a configuration without running it
  talos status --watch                    what was read, what left, what waits`,
  )
  .addCommand(runCommand())
  .addCommand(validateCommand())
  .addCommand(componentsCommand())
  .addCommand(configCommand())
  .addCommand(consentCommand())
  .addCommand(accountCommand())
  .addCommand(cursorHooksCommand())
  .addCommand(statusCommand())
  .addCommand(topCommand())
  .addCommand(tapCommand())
  .addCommand(testCommand())
  .addCommand(previewCommand())
  .addCommand(proveCommand())
  .addCommand(doctorCommand())
  .addCommand(usageCommand())
  .addCommand(backfillCommand())
  .addCommand(excludeCommand())
  .addCommand(pauseCommand())
  .addCommand(resumeCommand())
  .addCommand(outboxCommand())
  .addCommand(ledgerCommand())
  .addCommand(auditCommand())
  .addCommand(supportBundleCommand())
  .addCommand(enrollCommand())
  .addCommand(unenrollCommand());

program.hook("preAction", (_, command) => {
  // Without a mode it only shows.
  if (command.name() !== "consent" || command.args.length > 0) refuseInDryRun(command.name(), process.env);
});
for (const command of program.commands)
  command.exitOverride().showHelpAfterError("(add --help to see what is possible)");

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else process.exitCode = explain(error);
}
