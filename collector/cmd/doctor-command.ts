import { Command } from "commander";
import { runChecks } from "./doctor/run-checks.ts";
import { renderChecks, tally } from "./doctor/text.ts";
import { EXIT } from "./failure.ts";
import { CONFIG_HELP, several } from "./options.ts";

interface DoctorOptions {
  config?: string[];
  json?: boolean;
  offline?: boolean;
}

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("Look for what keeps the collector from its work, and say how to mend it.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--offline", "leave out what asks destinations or Ollama")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos doctor
  talos doctor --offline --config my.yaml
  talos doctor --json | jq '.results[] | select(.status == "fail")'

Changes nothing. Destinations are asked with a request that holds no records, and Ollama, where it is to read prompts,
whether it has the model. No project is named.

Exit codes: 0 nothing failed, warnings are possible, 1 something failed, 2 the command line is wrong.`,
    )
    .action(async (options: DoctorOptions) => {
      const results = await runChecks({ config: options.config, offline: options.offline === true });
      const counts = tally(results);
      const color = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
      process.stdout.write(
        options.json === true ? `${JSON.stringify({ results, ...counts })}\n` : renderChecks(results, color),
      );
      process.exitCode = counts.fail === 0 ? 0 : EXIT.failure;
    });
}
