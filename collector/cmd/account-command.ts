import { Command } from "commander";
import { defaultConfigDir } from "#config/paths.ts";
import { BackendClient, type Outcome } from "../enrolment/backend-client.ts";
import { EnrolmentFolder } from "../enrolment/folder.ts";
import { systemClock, systemPlatform } from "../service/system.ts";
import { EXIT } from "./failure.ts";
import { ledgerBeside } from "./ledger/beside.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";

const TIMEOUT_MS = 60_000;

interface AccountOptions {
  config?: string[];
  unlink?: boolean;
  json?: boolean;
}

export function accountCommand(): Command {
  return new Command("account")
    .description("Show this machine on your own account page of the team: the mode in force, and who set it.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--unlink", "no account page shows your machines any more, whoever's it is")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos account                 prints a link: open it, sign in to the team, and confirm
  talos account --unlink        undo it, for all your machines

The link works once, for ten minutes, and only for a member of the team who is signed in; a new one voids it. Give it
to nobody: whoever opens it sees the mode in force on this machine and what was accepted here. No owner or admin sees
that, and nobody is shown who linked a machine. Run it on each machine that the page is to show.

Exit codes: 0 done, 1 it failed, 2 wrong command line.`,
    )
    .action(async (options: AccountOptions) => {
      process.exitCode = await account(options);
    });
}

async function account({ config, unlink, json }: AccountOptions): Promise<number> {
  const platform = systemPlatform();
  const folder = new EnrolmentFolder(defaultConfigDir(platform));
  const enrolment = folder.read();
  const token = folder.readFile("token");
  if (enrolment === undefined || token === undefined) {
    return failed("this machine belongs to no team; enrol it first with `talos enroll TOKEN`");
  }
  const { endpoint, ca_file: caFile } = enrolment;
  const ledger = await ledgerBeside(readPlan(config).plan);
  const tls = { system_cas: true, ...(caFile === undefined ? {} : { ca_file: caFile }) };
  const client = new BackendClient({
    endpoint,
    tls,
    proxy: "environment",
    platform,
    clock: systemClock,
    ledger,
  });
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const code = unlink === true ? await end(client, token, signal) : await begin(client, token, signal, json);
  await ledger?.close();
  return code;
}

async function end(client: BackendClient, token: string, signal: AbortSignal): Promise<number> {
  const outcome = await client.unlink(token, signal);
  if (outcome.kind !== "ok") return failed(reasonOf(outcome));
  process.stdout.write("No account page shows your machines any more.\n");
  return 0;
}

// oxlint-disable-next-line max-params -- what asks, by what, until when, and how it is said
async function begin(
  client: BackendClient,
  token: string,
  signal: AbortSignal,
  json: boolean | undefined,
): Promise<number> {
  const outcome = await client.link(token, signal);
  if (outcome.kind !== "ok") return failed(reasonOf(outcome));
  const { code, page, expiresAt, linked } = outcome.value;
  const url = `${page}#${code}`;
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ url, expires_at: expiresAt, linked })}\n`);
    return 0;
  }
  const minutes = Math.max(1, Math.round((expiresAt - systemClock.now()) / 60_000));
  const already = linked
    ? "A member's page shows a machine of yours already. If that is not you: `talos account --unlink`, then again.\n"
    : "";
  process.stdout
    .write(`Open this link and sign in to the team. It works once, for ${minutes} minutes; give it to nobody.

  ${url}

${already}Then your account page shows the mode in force on this machine, and who set it: to you alone.
`);
  return 0;
}

function reasonOf(outcome: Exclude<Outcome<unknown>, { kind: "ok" }>): string {
  const reason = outcome.kind === "unchanged" ? "no answer" : outcome.reason;
  if (reason.includes("404"))
    return "the team's backend does not know of account pages yet: it must be updated";
  const next =
    outcome.kind === "unauthorised"
      ? "this machine's token is not taken any more: ask for a new enrolment token"
      : "try again in a few minutes";
  return `the team's backend gave no link (${reason}); ${next}`;
}

function failed(why: string): number {
  process.stderr.write(`talos: ${why}\n`);
  return EXIT.failure;
}
