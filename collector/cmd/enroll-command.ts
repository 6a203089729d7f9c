import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline/promises";
import { Command, CommanderError } from "commander";
import { errorCode } from "#component/error-code.ts";
import { endpoint as endpointOf } from "#config/endpoint.ts";
import { managedConfigFile } from "#config/layers.ts";
import { defaultConfigDir, defaultStateDir } from "#config/paths.ts";
import { readLock } from "#state/lock.ts";
import { fromHex } from "#proto/hex.ts";
import type { EnrolmentToken } from "#proto/agent-api.ts";
import { EnrolmentError } from "../enrolment/failure.ts";
import { type Enrolment, EnrolmentFolder } from "../enrolment/folder.ts";
import { parseToken } from "../enrolment/token.ts";
import { systemPlatform } from "../service/system.ts";
import { type Enrolled, exchange } from "./enroll-exchange.ts";
import { afterText, beforeText } from "./enroll-text.ts";
import { EXIT } from "./failure.ts";
import { stopSignal } from "./signals.ts";

const TOKEN_VARIABLE = "TALOS_ENROLMENT_TOKEN";
const ENDPOINT_VARIABLE = "TALOS_ENDPOINT";
const LOGIN_VARIABLE = "TALOS_LOGIN";
const INTERRUPTED = 130;

interface EnrollOptions {
  endpoint?: string;
  tokenFile?: string;
  caFile?: string;
  login?: string;
  unattended?: boolean;
  replace?: boolean;
  json?: boolean;
}

export function enrollCommand(): Command {
  return new Command("enroll")
    .alias("enrol")
    .description(
      "Join a team: exchange an enrolment token for this machine's own, after saying what will leave.",
    )
    .argument(
      "[token]",
      `enrolment token; better by --token-file or ${TOKEN_VARIABLE}, which no process list shows`,
    )
    .option(
      "--endpoint <url>",
      `the team's backend, such as https://talos.example.com (or ${ENDPOINT_VARIABLE})`,
    )
    .option("--token-file <file>", "read the token from this file")
    .option(
      "--ca-file <file>",
      "PEM file of authorities to trust as well, for example of a proxy that reads TLS",
    )
    .option("--login <name>", `whose machine it is, with a token for many machines (or ${LOGIN_VARIABLE})`)
    .option("--unattended", "do not ask: for device management")
    .option("--replace", "replace an enrolment in the same team by a new one")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos enroll tep_… --endpoint https://talos.example.com
  talos enroll --token-file token.txt --endpoint https://talos.example.com
  ${TOKEN_VARIABLE}=teb_… talos enroll --unattended --endpoint https://talos.example.com --login "$USER"

Nothing is written before the answer is proved to come from the team that made the token. Afterwards \`talos run\`
needs no configuration. The proxy is that of HTTPS_PROXY.

Exit codes: 0 enrolled, 1 it failed or was declined, 2 wrong command line.`,
    )
    .action(async (token: string | undefined, options: EnrollOptions) => {
      process.exitCode = await enroll(token, options);
    });
}

async function enroll(given: string | undefined, options: EnrollOptions): Promise<number> {
  const token = tokenFrom(given, options);
  const platform = systemPlatform();
  const folder = new EnrolmentFolder(defaultConfigDir(platform));
  folder.recover();
  const present = folder.read();
  if (present !== undefined) checkReplacing(present, token, options);
  const endpoint = endpointFrom(options, present);
  const stop = stopSignal();
  if (options.unattended !== true) {
    const wanted = await isWanted(beforeText({ endpoint, isBulk: token.kind === "bulk" }));
    if (wanted !== true) return wanted === undefined ? INTERRUPTED : declined();
  }
  const caFile = options.caFile === undefined ? present?.ca_file : path.resolve(options.caFile);
  const login = options.login ?? platform.env[LOGIN_VARIABLE];
  const enrolled = await exchange({ token, endpoint, caFile, login, folder }, stop.signal);
  report(enrolled, folder, options);
  return 0;
}

/** The token, and no trace of it: neither in the process list nor in what child processes inherit. */
function tokenFrom(given: string | undefined, { tokenFile }: EnrollOptions): EnrolmentToken {
  const variable = process.env[TOKEN_VARIABLE];
  delete process.env[TOKEN_VARIABLE];
  if (given !== undefined) process.title = "talos enroll";
  const text = given ?? (tokenFile === undefined ? variable : readToken(tokenFile));
  if (text === undefined || text.trim() === "") {
    throw usage(`name the enrolment token: as an argument, by --token-file, or in ${TOKEN_VARIABLE}`);
  }
  return parseToken(text);
}

function readToken(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new EnrolmentError(`the token file cannot be read (${errorCode(error)}): look at --token-file`);
  }
}

/** Queued records are the team's that they were read for, so another team begins on a machine without any. */
function checkReplacing(present: Enrolment, token: EnrolmentToken, { replace }: EnrollOptions): void {
  const { team, agent, endpoint } = present;
  const what = `this machine is enrolled already: ${team.name}, ${agent}, at ${endpoint.host}`;
  if (!Buffer.from(token.fingerprint).equals(fromHex(present.fingerprint))) {
    throw new EnrolmentError(`${what}. The token is of another team: run \`talos unenroll\` first`);
  }
  if (replace !== true) {
    throw new EnrolmentError(`${what}. Add --replace to enrol it anew, or leave it with \`talos unenroll\``);
  }
}

function endpointFrom(options: EnrollOptions, present: Enrolment | undefined): URL {
  const text = options.endpoint ?? process.env[ENDPOINT_VARIABLE] ?? present?.endpoint.href;
  if (text === undefined) {
    throw usage(
      "name the team's backend with --endpoint https://…: the page that showed the token names it too",
    );
  }
  const parsed = endpointOf("root").safeParse(text);
  if (parsed.success) return parsed.data;
  throw usage(`--endpoint: ${parsed.error.issues[0]?.message ?? "expected a URL"}`);
}

/** Undefined after Ctrl-C. */
async function isWanted(text: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY) {
    throw usage("nobody can be asked here: add --unattended where whoever manages this machine has decided");
  }
  process.stderr.write(`${text}\n`);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question("Enrol this computer? [y/N] ")).trim());
  } catch {
    process.stderr.write("\n");
    return undefined;
  } finally {
    asking.close();
  }
}

function declined(): number {
  process.stderr.write("Not enrolled; nothing was sent or written.\n");
  return EXIT.failure;
}

function report(
  { enrolment, policy, hasSalt }: Enrolled,
  folder: EnrolmentFolder,
  { json }: EnrollOptions,
): void {
  const platform = systemPlatform();
  if (json === true) {
    const { agent, team, developer, endpoint } = enrolment;
    const { mode, retentionDays, version } = policy;
    const facts = { agent, team, developer, endpoint: endpoint.href, folder: folder.dir, hasSalt };
    process.stdout.write(`${JSON.stringify({ ...facts, policy: { mode, retentionDays, version } })}\n`);
    return;
  }
  const running = readLock(defaultStateDir(platform)).held;
  process.stdout.write(`${afterText(enrolment, policy, running).join("\n")}\n`);
  if (!hasSalt) {
    const place = managedConfigFile(platform.os);
    process.stdout.write(
      `The team's salt comes by managed policy: \`processors.cwd_hash.salt\` in ${place}. Without it nothing runs.\n`,
    );
  }
}

function usage(message: string): CommanderError {
  process.stderr.write(`talos: ${message}\n`);
  return new CommanderError(EXIT.usage, "talos.enroll", message);
}
