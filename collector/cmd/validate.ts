import { Command } from "commander";
import { leavesOf, placeOf, type Tree } from "#config/tree.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";

export function validateCommand(): Command {
  return new Command("validate")
    .description("Check a configuration without running it. Lists every problem with its path and line.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .addHelpText(
      "after",
      `
Examples:
  talos validate
  talos validate --config /etc/talos/config.yaml && echo good
  talos validate -c team.yaml -c mine.yaml

Exit codes: 0 the configuration can be run, 2 it cannot.`,
    )
    .action(({ config }: { config?: string[] }) => {
      const { plan, file, notices, tree } = readPlan(config);
      process.stdout.write(`${file} ${file.includes(", ") ? "are" : "is"} valid\n`);
      for (const { name, receivers, processors, exporters, mode } of plan.pipelines) {
        const steps = [receivers.join(" + "), ...processors.map(({ id }) => id), exporters.join(" + ")];
        process.stdout.write(`  ${name}: ${steps.join(" → ")}   (at most mode ${mode})\n`);
      }
      for (const note of overruled(tree)) process.stdout.write(`  ${note}\n`);
      for (const { key, hint, place } of notices) process.stderr.write(`talos: ${place}: ${key} ${hint}\n`);
    });
}

/** Values that do not count although their file comes last: a reader of the file alone would not expect it. */
function overruled(tree: Tree): string[] {
  return leavesOf(tree).flatMap(({ path, leaf }) =>
    leaf.lost
      .filter(({ why }) => why !== "a later file says otherwise")
      .map(({ origin, why }) => `${path.join(".")} of ${placeOf(origin)} does not count: ${why}`),
  );
}
