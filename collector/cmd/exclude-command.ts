import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { Command, CommanderError } from "commander";
import { normalizeRemote } from "#component/scope.ts";
import { readExclusions, writeExclusions } from "../service/exclusions.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";

interface ExcludeOptions {
  config?: string[];
  list?: boolean;
  remove?: boolean;
  json?: boolean;
}

export function excludeCommand(): Command {
  return new Command("exclude")
    .description("Leave a folder or a repository out: its records are dropped before anything else.")
    .argument("[what]", "a folder, or a repository such as github.com/acme/app or 'github.com/acme/*'")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--remove", "follow it again from now on")
    .option("--list", "print what is left out")
    .option("--json", "with --list: print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos exclude ~/private                  the folder and everything below it
  talos exclude .                          the folder you are in
  talos exclude 'github.com/kim/*'         every clone of these repositories, wherever it is
  talos exclude --list
  talos exclude --remove ~/private

The list is a file of your own beside the token (\`exclude\`, mode 0600). It stays on this computer, and a collector that
runs follows it within seconds. What was sent before is not taken back.

Exit codes: 0 done, 1 failed or nothing to remove, 2 wrong command line or configuration.`,
    )
    .action((what: string | undefined, options: ExcludeOptions) => {
      const { configDir } = readPlan(options.config).plan;
      process.exitCode = what === undefined ? list(configDir, options) : change(configDir, what, options);
    });
}

function list(configDir: string, { json, remove }: ExcludeOptions): number {
  if (remove === true) throw usage("--remove needs the folder or repository to follow again");
  const entries = readExclusions(configDir);
  if (json === true) process.stdout.write(`${JSON.stringify({ excluded: entries })}\n`);
  else if (entries.length === 0) process.stdout.write("Nothing is left out.\n");
  else process.stdout.write(`${entries.join("\n")}\n`);
  return 0;
}

function change(configDir: string, what: string, { remove }: ExcludeOptions): number {
  const entries = readExclusions(configDir);
  if (remove === true) {
    const names = new Set([what, ...spellings(what)]);
    const left = entries.filter((entry) => !names.has(entry));
    if (left.length === entries.length) {
      process.stderr.write("talos: that is not left out; `talos exclude --list` prints what is\n");
      return 1;
    }
    writeExclusions(configDir, left);
    process.stdout.write("Followed again from now on.\n");
    return 0;
  }
  const [entry] = spellings(what);
  if (entry === undefined) {
    throw usage(`${what} is neither a folder nor a repository such as github.com/acme/app`);
  }
  if (!entries.includes(entry)) writeExclusions(configDir, [...entries, entry]);
  process.stdout.write(`Left out from now on: ${entry}\nWhat was sent before is not taken back.\n`);
  return 0;
}

/** The entries that may be meant, the one that is written first. */
function spellings(what: string): string[] {
  const remote = /^remote:\s*(\S.*)$/.exec(what)?.[1];
  if (remote !== undefined) return [`remote: ${normalizeRemote(remote)}`];
  const isPath = /^(~|\.\.?)?[/\\]|^(~|\.\.?)$|^\*\*[/\\]|^[A-Za-z]:[/\\]/.test(what);
  if (isPath || existsSync(what)) return folderSpellings(what);
  // A host has a dot, a port or a user before it; a lone word is a folder that is not there.
  const isRemote = /^[a-z][a-z0-9+.-]*:\/\/|^[^\s/]+@[^\s/]+:|^[\w*-]+(\.[\w*-]+)+[/:]|^\*\//i.test(what);
  return isRemote ? [`remote: ${normalizeRemote(what)}`] : [];
}

/** Tools log the real path of the folder they run in, so that is what is written. */
function folderSpellings(what: string): string[] {
  if (/^~|[*?]/.test(what)) return [what.replace(/(?<=.)[/\\]+$/, "")];
  const resolved = path.resolve(what);
  try {
    return [...new Set([realpathSync(resolved), resolved])];
  } catch {
    return [resolved];
  }
}

function usage(message: string): CommanderError {
  process.stderr.write(`talos: ${message}\n`);
  return new CommanderError(2, "talos.exclude", message);
}
