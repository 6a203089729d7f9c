import { createInterface } from "node:readline/promises";
import { Command, InvalidArgumentError } from "commander";
import type { Ledger } from "#component/component.ts";
import { MODES, type Mode } from "#proto/egress.ts";
import { isDeclined, readAcceptance, voidBecause } from "../consent/acceptance.ts";
import { agree, type Parties, withdraw } from "../consent/agreement.ts";
import { BackendClient } from "../enrolment/backend-client.ts";
import { EnrolmentFolder } from "../enrolment/folder.ts";
import { PolicyStore } from "../enrolment/policy.ts";
import type { Plan } from "../service/plan.ts";
import { systemClock, systemPlatform } from "../service/system.ts";
import { isAcceptable, strictnessOf, termsText } from "./consent-text.ts";
import { ledgerBeside } from "./ledger/beside.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";

const TIMEOUT_MS = 60_000;
/** Longest that the team's newest configuration is waited for. */
const ASKING_MS = 10_000;
const YEAR_DAYS = 365;

interface ConsentOptions {
  config?: string[];
  days: number;
  yes?: boolean;
  json?: boolean;
}

export function consentCommand(): Command {
  return new Command("consent")
    .description(
      "Accept a privacy mode on this machine, or take it back. Without one, nothing beyond mode off leaves.",
    )
    .argument(
      "[mode]",
      "categorize_local, categorize_cloud or full; off takes back what was accepted",
      modeOf,
    )
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--days <number>", "how long it holds, at most a year", daysOf, YEAR_DAYS)
    .option("--yes", "do not ask, after the terms were read")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos consent                      what is accepted here, and what the team allows
  talos consent categorize_local     read the terms, then say yes or no
  talos consent off                  take it back: what waits is taken out at once

Signed with this machine's key and told to the team's backend, which takes no text without it. Nobody is shown who
accepted or declined.

Exit codes: 0 done, 1 it failed or was declined, 2 wrong command line.`,
    )
    .action(async (mode: Mode | undefined, options: ConsentOptions) => {
      const { plan } = readPlan(options.config);
      const ledger = mode === undefined ? undefined : await ledgerBeside(plan);
      const parties = partiesOf(plan, ledger);
      if (mode === undefined) show(parties, options);
      else if (mode === "off") await takeBack(parties, options);
      else process.exitCode = await accept(parties, mode, options);
      await ledger?.close();
    });
}

function modeOf(text: string): Mode {
  if (text === "off" || isAcceptable(text)) return text;
  throw new InvalidArgumentError(`It must be one of ${MODES.join(", ")}.`);
}

function daysOf(text: string): number {
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= 1 && days <= YEAR_DAYS) return days;
  throw new InvalidArgumentError(`It must be a number of days, from 1 to ${YEAR_DAYS}.`);
}

function partiesOf(plan: Plan, ledger: Ledger | undefined): Parties {
  const platform = systemPlatform();
  const folder = new EnrolmentFolder(plan.configDir);
  const enrolment = folder.read();
  const client = new BackendClient({
    endpoint: enrolment?.endpoint ?? new URL("http://127.0.0.1"),
    tls: { system_cas: true, ...(enrolment?.ca_file === undefined ? {} : { ca_file: enrolment.ca_file }) },
    proxy: "environment",
    platform,
    clock: systemClock,
    ledger,
  });
  const policy = PolicyStore.open(folder, () => systemClock.now())?.policy;
  return { configDir: plan.configDir, folder, client, enrolment, policy, nowMs: systemClock.now() };
}

function show({ configDir, enrolment, policy, nowMs }: Parties, { json }: ConsentOptions): void {
  const given = readAcceptance(configDir);
  const invalid =
    given &&
    voidBecause(given, {
      team: enrolment?.team.id ?? "",
      agent: enrolment?.agent ?? "",
      retentionDays: policy?.retentionDays ?? given.retention_days,
      nowMs,
    });
  if (json === true) {
    const accepted = given === undefined ? null : { ...given, void: invalid ?? null };
    process.stdout.write(`${JSON.stringify({ accepted, team_allows: policy?.mode ?? null }, null, 2)}\n`);
    return;
  }
  const lines = [
    given === undefined
      ? "Nothing is accepted on this machine: numbers alone leave it."
      : isDeclined(given) && invalid === undefined
        ? "You took back what managed policy accepts: numbers alone leave this machine."
        : invalid === undefined
          ? `Accepted: ${given.mode}, by ${given.by === "managed" ? "managed policy" : "you"}, until ${dayOf(given.expires_at)}.`
          : `Accepted once: ${given.mode}. It holds no more: ${VOID_WORDS[invalid]}.`,
    policy === undefined
      ? "This machine belongs to no team: its own configuration and this acceptance decide."
      : `The team allows up to: ${policy.mode}.`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

const VOID_WORDS = {
  expired: "its time is over",
  other_team: "it was for another enrolment",
  longer_retention: "the team keeps text longer now",
  other_contract: "more would leave than was shown",
  not_yet: "it is from the future: look at this computer's clock",
};

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

async function takeBack(parties: Parties, { config }: ConsentOptions): Promise<void> {
  const declines = readPlan(config).plan.service.accept !== "off";
  const trouble = await withdraw(parties, AbortSignal.timeout(TIMEOUT_MS), { declines });
  process.stdout.write("Taken back: nothing beyond numbers leaves this machine.\n");
  if (trouble === undefined) return;
  process.stderr.write(
    `talos: the team's backend could not be told (${trouble.reason}); it is told by the collector when it answers\n`,
  );
}

/** With the team's word as it is now, where its backend answers. */
async function newest(parties: Parties): Promise<Parties> {
  const { folder, client } = parties;
  const store = PolicyStore.open(folder, () => systemClock.now());
  const token = folder.readFile("token");
  if (store === undefined || token === undefined) return parties;
  const answer = await client.config(token, store.etag, AbortSignal.timeout(ASKING_MS));
  if (answer.kind === "ok") store.offer(answer.value, answer.etag);
  return { ...parties, policy: store.policy };
}

async function accept(held: Parties, mode: Mode, { days, yes, json }: ConsentOptions): Promise<number> {
  if (!isAcceptable(mode)) return 2;
  const parties = await newest(held);
  const { enrolment, policy } = parties;
  if (policy !== undefined && strictnessOf(mode) > strictnessOf(policy.mode)) {
    process.stderr.write(
      `talos: the team allows up to ${policy.mode}, so ${mode} would change nothing; ask an owner of the team to allow it first\n`,
    );
    return 1;
  }
  const terms = termsText({
    mode,
    team: enrolment?.team.name ?? "",
    host: enrolment?.endpoint.host ?? "",
    retentionDays: policy?.retentionDays,
    days,
  });
  (json === true ? process.stderr : process.stdout).write(`${terms}\n`);
  if (yes !== true && !(await isYes())) {
    const hint = process.stdin.isTTY ? "" : " (without a terminal, --yes says yes to the terms)";
    process.stderr.write(`talos: not accepted; nothing has changed${hint}\n`);
    return 1;
  }
  const agreed = await agree(parties, { mode, by: "developer", days }, AbortSignal.timeout(TIMEOUT_MS));
  if (agreed.kind !== "agreed") {
    process.stderr.write(
      `talos: the team's backend did not take it (${agreed.reason}), so nothing has changed; wait until this machine has the team's newest configuration, then try again\n`,
    );
    return 1;
  }
  if (json === true) process.stdout.write(`${JSON.stringify(agreed.acceptance)}\n`);
  else {
    process.stdout.write(
      `Accepted: ${mode}, until ${dayOf(agreed.acceptance.expires_at)}. \`talos consent off\` takes it back.\n`,
    );
  }
  return 0;
}

/** Without a terminal nobody can say yes. */
async function isYes(): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question("Accept? [y/N] ")).trim());
  } finally {
    terminal.close();
  }
}
