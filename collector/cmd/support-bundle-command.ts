import { Buffer } from "node:buffer";
import { existsSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Command, CommanderError } from "commander";
import { errorCode } from "#component/error-code.ts";
import { systemPlatform } from "../service/system.ts";
import { collect } from "./bundle/collect.ts";
import { type Entry, tarGz } from "./bundle/tar.ts";
import { EXIT } from "./failure.ts";
import { CONFIG_HELP, several } from "./options.ts";

interface BundleOptions {
  config?: string[];
  out?: string;
  yes?: boolean;
}

export function supportBundleCommand(): Command {
  return new Command("support-bundle")
    .description(
      "Write what helps to find a fault into one file, redacted and listed first. Nothing is sent.",
    )
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("-o, --out <file>", "where to write (default: talos-support-<date>.tar.gz, here)")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
In it: versions and system, the configuration in force and where each value comes from, status, counters, what
\`talos doctor --offline\` finds, and the last 100 log lines of the collector that runs. Component names and the host of an
endpoint stay.

Not in it: secrets, transcripts, folders, files and repositories of yours, patterns you wrote, the list of excluded
folders, times of pauses, your user name, hashes and ids. A value that is not known to be harmless is written as
[text] or [path].

Examples:
  talos support-bundle
  talos support-bundle --yes --out /tmp/talos.tar.gz
  tar -xzf talos-support-2026-11-24.tar.gz       look into it before you send it

Exit codes: 0 written, 1 not written, 2 wrong command line or configuration.`,
    )
    .action(async (options: BundleOptions) => {
      process.exitCode = await bundle(options);
    });
}

async function bundle({ config, out, yes }: BundleOptions): Promise<number> {
  const nowMs = Date.now();
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const file = out ?? `talos-support-${day}.tar.gz`;
  if (existsSync(file)) return failed(file, "EEXIST");
  const entries = await collect(config, { platform: systemPlatform(), nowMs });
  say(`What goes into ${file}:\n${listing(entries)}`);
  if (yes !== true && !(await isWanted())) {
    say("Nothing is written.");
    return EXIT.failure;
  }
  const inFolder = entries.map(({ name, text }) => ({ name: `talos-support/${name}`, text }));
  try {
    writeFileSync(file, tarGz(inFolder, nowMs), { flag: "wx", mode: 0o600, flush: true });
  } catch (error) {
    return failed(file, errorCode(error));
  }
  say(`Written to ${file}. Look into it before you send it: tar -xzf ${file}`);
  return 0;
}

function listing(entries: readonly Entry[]): string {
  return entries
    .map(({ name, text }) => `  ${name.padEnd(20)} ${String(Buffer.byteLength(text)).padStart(8)} bytes`)
    .join("\n");
}

/** False for anything but a yes, Ctrl-C included. */
async function isWanted(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    const message = "nobody can be asked here: add --yes to write it";
    process.stderr.write(`talos: ${message}\n`);
    throw new CommanderError(EXIT.usage, "talos.bundle", message);
  }
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await asking.question("Write it? [y/N] ")).trim());
  } catch {
    say("");
    return false;
  } finally {
    asking.close();
  }
}

function failed(file: string, code: string): number {
  const why =
    code === "EEXIST"
      ? "is there already and is not overwritten: name another file with --out"
      : `cannot be written (${code}): name another place with --out`;
  process.stderr.write(`talos: ${file} ${why}\n`);
  return EXIT.failure;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
