import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import * as z from "zod";
import { explain } from "../failure.ts";
import { postLocal } from "./enrol.ts";
import { startFolder } from "./folder.ts";
import { readOrCreateSecrets } from "./secrets.ts";

const Repaired = z.object({
  days: z.array(z.object({ day: z.string(), differing: z.number().or(z.boolean()) })),
});

const command = new Command("npm run repair --")
  .description("Recompute the sums of days from their events, and say whether any differed.")
  .requiredOption("--from <day>", "first day, YYYY-MM-DD in the team's time zone", readDay)
  .requiredOption("--to <day>", "last day", readDay)
  .option("-p, --port <number>", "port of the running npm start", Number, 8787)
  .option("--demo", "the invented team's", false)
  .option("--folder <dir>", "the folder of the running npm start")
  .addHelpText(
    "after",
    `
Needs a running npm start. Examples:
  npm run repair -- --from 2026-11-01 --to 2026-11-30

Exit codes: 0 no day differed, 1 it could not be done, 3 days differed and are repaired.`,
  )
  .action(async (options: RepairOptions) => {
    process.exitCode = await repair(options);
  });

interface RepairOptions {
  from: string;
  to: string;
  port: number;
  demo: boolean;
  folder?: string;
}

async function repair({ from, to, port, demo, folder }: RepairOptions): Promise<number> {
  const base = folder ?? path.resolve(import.meta.dirname, "../../../.talos");
  const { secretsFile } = startFolder(base, demo ? "invented" : "local");
  const setupSecret = readOrCreateSecrets(secretsFile).SETUP_SECRET;
  const backend = { url: `http://127.0.0.1:${port}`, setupSecret };
  const { days } = Repaired.parse(await postLocal(backend, "/local/repair", { from, to }));
  const differing = days.filter((day) => Number(day.differing) > 0);
  for (const { day, differing: rows } of differing)
    process.stdout.write(`${day}: ${Number(rows)} sums differed, repaired\n`);
  process.stdout.write(`${days.length} days recomputed, ${differing.length} differed\n`);
  return differing.length === 0 ? 0 : 3;
}

function readDay(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  throw new InvalidArgumentError("expected a day such as 2026-11-24");
}

try {
  await command.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
