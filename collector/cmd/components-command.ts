import { Command } from "commander";
import { components } from "./components.ts";

export function componentsCommand(): Command {
  return new Command("components")
    .description("List the components of this program, with their stability.")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  talos components\n  talos components --json | jq -r '.[].type'")
    .action(({ json }: { json?: boolean }) => {
      const rows = components.map(({ kind, type, stability, summary }) => ({
        kind,
        type,
        stability,
        summary,
      }));
      if (json === true) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
      else for (const row of rows) process.stdout.write(line(row));
    });
}

function line(row: { kind: string; type: string; stability: string; summary: string }): string {
  return `${row.kind.padEnd(10)} ${row.type.padEnd(12)} ${row.stability.padEnd(12)} ${row.summary}\n`;
}
