import { Command, InvalidArgumentError } from "commander";

export interface StartOptions {
  port: number;
  demo: boolean;
  /** Folder for all state; `.talos` in the project by default. */
  folder: string | undefined;
}

/** Reads the command line of `npm start -- …`. Throws CommanderError after printing help or what is wrong. */
export function readOptions(argv: readonly string[]): StartOptions {
  const command = new Command("npm start --")
    .description("Run everything on this computer: the Workers, the collector and the dashboard.")
    .option("-p, --port <number>", "port of the dashboard, on this computer only", readPort, 8787)
    .option("--demo", "play an invented developer even where Claude Code or Cursor is found", false)
    .option("--folder <dir>", "keep all state in this folder instead of .talos")
    .exitOverride()
    .addHelpText(
      "after",
      `
Examples:
  npm start
  npm start -- --port 9000
  npm start -- --demo          look around with invented data, apart from your own

All that it remembers is in .talos, which \`npm run reset\` removes, and where there is a keychain one key named
talos-auditor is in it. Ctrl-C ends it and loses nothing.`,
    );
  command.parse([...argv]);
  const { port, demo, folder } = command.opts<{ port: number; demo: boolean; folder?: string }>();
  return { port, demo, folder };
}

function readPort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new InvalidArgumentError("expected 1 to 65535");
  return port;
}
