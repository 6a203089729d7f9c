import path from "node:path";
import { Command } from "commander";
import * as z from "zod";
import { explain } from "../failure.ts";
import { type Backend, postLocal } from "./enrol.ts";
import { startFolder } from "./folder.ts";
import { forgetPreviousSecrets, readIfThere, readOrCreateSecrets, renewSecrets } from "./secrets.ts";

const Counts = z.record(z.string(), z.number());
const Rotation = z.object({
  resealed: z.number(),
  unreadable: z.number(),
  next: z.string().nullable(),
  left: z.object({ kms: z.string(), pepper: z.string(), sealed: Counts, hashed: Counts }).optional(),
});
/** Something cannot be read, or still needs the secrets of before. */
const LEFT = 3;

const command = new Command("npm run rotate-keys --")
  .description("Seal everything anew under the new KMS_KEY, and say what still needs the secrets of before.")
  .option("--renew", "first step: put new secrets into the file of npm start, beside the old ones", false)
  .option("--forget", "last step: also remove the old secrets from the file of npm start", false)
  .option("--url <url>", "of a deployed backend, instead of npm start; give its SETUP_SECRET as a variable")
  .option("-p, --port <number>", "port of the running npm start", Number, 8787)
  .option("--demo", "the invented team's", false)
  .option("--folder <dir>", "the folder of the running npm start")
  .option("--json", "print JSON", false)
  .addHelpText(
    "after",
    `
Examples, with npm start (start it again after the first and after the last step):
  npm run rotate-keys -- --renew
  npm run rotate-keys
  npm run rotate-keys -- --forget

With a deployed backend: see docs/keys.md.
  SETUP_SECRET=… npm run rotate-keys -- --url https://talos.example

Exit codes: 0 done and nothing is left, 1 it could not be done, 3 something cannot be read or still needs the old ones.`,
  )
  .action(async (options: RotateOptions) => {
    process.exitCode = await run(options);
  });

interface RotateOptions {
  renew: boolean;
  forget: boolean;
  url?: string;
  port: number;
  demo: boolean;
  folder?: string;
  json: boolean;
}

async function run(options: RotateOptions): Promise<number> {
  const base = options.folder ?? path.resolve(import.meta.dirname, "../../../.talos");
  const { secretsFile } = startFolder(base, options.demo ? "invented" : "local");
  if (options.renew) return renew(secretsFile);
  const result = await rotate(backendOf(options, secretsFile));
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : text(result));
  if (options.forget) return forget(secretsFile, result);
  return result.unreadable + sum(result.sealed) + sum(result.hashed) === 0 ? 0 : LEFT;
}

/** What is sealed would be lost with its key. Who does not use a token for so long gets a new one. */
function forget(secretsFile: string, { unreadable, sealed }: Result): number {
  if (unreadable + sum(sealed) > 0) {
    process.stderr.write("talos: the old secrets stay, because something still needs them\n");
    return LEFT;
  }
  forgetPreviousSecrets(secretsFile);
  process.stdout.write("the old secrets are gone; start npm start again\n");
  return 0;
}

function renew(secretsFile: string): number {
  if (readIfThere(secretsFile) === "") {
    process.stderr.write(`talos: no npm start has run here: there is no ${secretsFile}\n`);
    return 1;
  }
  if (!renewSecrets(secretsFile)) {
    process.stderr.write("talos: a rotation is under way already; end it with --forget before the next\n");
    return 1;
  }
  process.stdout.write("new secrets are in place beside the old ones; start npm start again, then rotate\n");
  return 0;
}

function backendOf({ url, port }: RotateOptions, secretsFile: string): Backend {
  if (url === undefined) {
    return { url: `http://127.0.0.1:${port}`, setupSecret: readOrCreateSecrets(secretsFile).SETUP_SECRET };
  }
  const setupSecret = process.env["SETUP_SECRET"];
  if (setupSecret === undefined)
    throw new Error("SETUP_SECRET is not set; give it as a variable, not an option");
  if (new URL(url).protocol !== "https:")
    throw new Error("--url must begin with https://, because a secret is sent");
  return { url: url.replace(/\/+$/, ""), setupSecret };
}

async function rotate(backend: Backend): Promise<Result> {
  const total = { resealed: 0, unreadable: 0 };
  for (let cursor: string | undefined; ;) {
    const body = cursor === undefined ? {} : { cursor };
    const { next, left, ...done } = Rotation.parse(await postLocal(backend, "/local/keys/rotate", body));
    total.resealed += done.resealed;
    total.unreadable += done.unreadable;
    if (next === null) return { ...total, kms: "", pepper: "", sealed: {}, hashed: {}, ...left };
    cursor = next;
  }
}

interface Result {
  resealed: number;
  unreadable: number;
  kms: string;
  pepper: string;
  sealed: Record<string, number>;
  hashed: Record<string, number>;
}

function text({ resealed, unreadable, kms, pepper, sealed, hashed }: Result): string {
  const lines = [
    `KMS_KEY ${kms}, PEPPER ${pepper}`,
    `${resealed} values sealed anew, ${unreadable} cannot be read`,
  ];
  for (const [place, count] of Object.entries(sealed)) {
    if (count > 0) lines.push(`${place}: ${count} sealed by another key`);
  }
  for (const [kind, count] of Object.entries(hashed)) {
    if (count > 0) lines.push(`${kind}: ${count} not used since the old pepper; worth nothing without it`);
  }
  if (sum(sealed) + sum(hashed) + unreadable === 0) lines.push("nothing needs the old secrets any more");
  return `${lines.join("\n")}\n`;
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0);
}

try {
  await command.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
