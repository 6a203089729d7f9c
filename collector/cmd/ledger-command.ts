import { Command, InvalidArgumentError } from "commander";
import { LedgerReader } from "../ledger/reader.ts";
import { type LedgerRead, type LedgerRequest, readLedger } from "../ledger/requests.ts";
import { exportLedger } from "./ledger/export.ts";
import { openForReading } from "./ledger/open-for-reading.ts";
import { readable, shownText } from "./ledger/show.ts";
import { listText, verifiedText } from "./ledger/text.ts";
import { EXIT } from "./failure.ts";
import { CONFIG_HELP, readPlan, several } from "./options.ts";

const LISTED = 50;
const DAY_MS = 86_400_000;

interface Options {
  config?: string[];
  json?: boolean;
}

export function ledgerCommand(): Command {
  const ledger = new Command("ledger")
    .description("What left this computer, byte for byte, and whether the other side has it.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--since <date>", "from this day or moment on: 2026-10-01, an ISO time, or 30d", moment)
    .option("--last <number>", "so many of the newest", countOf, LISTED)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos ledger                      the newest requests
  talos ledger --since 7d --json
  talos ledger show 17              what entry 17 was, readable
  talos ledger verify               whether anything was changed, removed or moved since
  talos ledger export > ledger.ndjson

Reads only, beside a running collector too. Words that left are forgotten once they arrived; their digest and their
place in the transcript stay.

Exit codes: 0 done, 1 there is no ledger, it cannot be opened, or (verify) it is not as it was written,
2 wrong command line or configuration.`,
    )
    .action(list);
  for (const command of [showCommand(), verifyCommand(), exportCommand()])
    ledger.addCommand(command.exitOverride());
  return ledger;
}

async function readerFor(options: Options): Promise<LedgerReader> {
  const { folder, cipher } = await openForReading(readPlan(options.config).plan);
  return new LedgerReader(folder, cipher);
}

async function list(_: unknown, command: Command): Promise<void> {
  const options: Options & { since?: number; last: number } = command.opts();
  const read = readLedger(await readerFor(options), { bodies: () => false });
  const since = read.requests.filter(({ sent }) => sent.at >= (options.since ?? 0));
  const requests = since.slice(-options.last);
  if (options.json === true) {
    const { missed, problems } = read;
    say(`${JSON.stringify({ requests: requests.map(plainOf), missed, problems }, undefined, 2)}\n`);
    return;
  }
  say(listText(requests, read));
  const left = since.length - requests.length;
  if (left > 0) say(`${left} older ones are not shown; --last ${since.length} shows them\n`);
}

function plainOf({ n, sent, hash, answered, receipt }: LedgerRequest) {
  const { n: _n, kind: _kind, ...told } = sent;
  const { outcome = "unknown", status, rejected } = answered ?? {};
  return { n, ...told, hash, outcome, status, rejected, receipt };
}

function showCommand(): Command {
  return new Command("show")
    .description("Print one request as it left.")
    .argument("<n>", "number of the entry, from `talos ledger`; that of an answer shows its request", countOf)
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--raw", "the bytes of the body alone, before compression")
    .option("--json", "print JSON")
    .action(async (n: number, _: unknown, command: Command) => {
      const options: Options & { raw?: boolean } = command.optsWithGlobals();
      const reader = await readerFor(options);
      const { requests } = readLedger(reader, { bodies: () => false });
      const wanted = requests.find((each) => each.n === n || each.answered?.n === n)?.n ?? n;
      process.exitCode = show(readLedger(reader, { bodies: (at) => at === wanted }), wanted, options);
    });
}

function show({ requests }: LedgerRead, n: number, { raw, json }: Options & { raw?: boolean }): number {
  const request = requests.find((each) => each.n === n);
  if (request === undefined) return fail(`there is no request ${n}: \`talos ledger\` lists them`);
  const { body, sent, nonce } = request;
  if (raw === true) {
    if (body === undefined) return fail(`the body of ${n} is not kept any more`);
    process.stdout.write(body);
  } else if (json === true) {
    const told = body === undefined ? null : readable(sent.type, body);
    say(
      `${JSON.stringify({ ...plainOf(request), nonce: Buffer.from(nonce).toString("hex"), body: told }, undefined, 2)}\n`,
    );
  } else say(shownText(request));
  return 0;
}

function verifyCommand(): Command {
  return new Command("verify")
    .description("Check every entry, the chain, the kept bodies and the receipts; name what is wrong.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--fingerprint <hex>", "of the team's key, instead of the one pinned at the time", fingerprintOf)
    .option("--head <n:hash>", "that an earlier verify printed: it must be in the ledger still", headOf)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
Examples:
  talos ledger verify
  talos ledger verify --head 412:5f1c…    nothing up to there was replaced since it was noted
  talos ledger verify --json | jq '.problems[0]'

Exit codes: 0 intact, 1 not as it was written, or it cannot be read, 2 wrong command line or configuration.`,
    )
    .action(async (_: unknown, command: Command) => {
      const options: VerifyOptions = command.optsWithGlobals();
      process.exitCode = await verify(options);
    });
}

interface NotedHead {
  n: number;
  hash: string;
}

interface VerifyOptions extends Options {
  fingerprint?: string;
  head?: NotedHead;
}

async function verify({ fingerprint, head, json, ...options }: VerifyOptions): Promise<number> {
  let found: string | undefined;
  const read = readLedger(await readerFor(options), {
    bodies: () => false,
    fingerprint,
    each: ({ n, hash }) => {
      if (n === head?.n) found = hash;
    },
  });
  const wrongHead = head === undefined ? undefined : headProblem(head, found, read.first);
  const intact = read.problems.length === 0 && wrongHead === undefined;
  if (json === true) {
    const { requests, ...told } = read;
    const receipts = requests.filter(({ receipt }) => receipt === "signed" || receipt === "unpinned").length;
    const headWord = wrongHead === undefined ? {} : { head_problem: wrongHead };
    say(
      `${JSON.stringify({ intact, requests: requests.length, receipts, ...told, ...headWord }, undefined, 2)}\n`,
    );
  } else say(verifiedText(read, wrongHead));
  return intact ? 0 : EXIT.failure;
}

function headProblem({ n, hash }: NotedHead, found: string | undefined, first: number): string | undefined {
  if (found === hash) return undefined;
  if (found === undefined && n < first) return `entry ${n} was deleted for its age: note a newer head`;
  return `entry ${n} is not the one that was noted: the ledger was replaced or cut`;
}

function exportCommand(): Command {
  return new Command("export")
    .description("Print the whole ledger as lines of JSON, to be checked without this program.")
    .option("-c, --config <file>", CONFIG_HELP, several)
    .option("--content", "with the words that are kept, where `keep_content` keeps them")
    .addHelpText("after", "\nThe format, and ten lines that check it, are in docs/ledger.md.")
    .action(async (_: unknown, command: Command) => {
      const options: Options & { content?: boolean } = command.optsWithGlobals();
      const { problems } = exportLedger(await readerFor(options), {
        content: options.content === true,
        write: say,
      });
      if (problems.length > 0)
        process.exitCode = fail("the ledger is not as it was written: see `talos ledger verify`");
    });
}

function say(text: string): void {
  process.stdout.write(text);
}

function fail(message: string): number {
  process.stderr.write(`talos: ${message}\n`);
  return EXIT.failure;
}

function moment(text: string): number {
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  const ms = days === undefined ? Date.parse(text) : Date.now() - Number(days) * DAY_MS;
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError("Write it as 2026-10-01, 2026-10-01T08:00:00Z or 30d.");
}

function countOf(text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 1 on.");
}

function fingerprintOf(text: string): string {
  const hex = text.replaceAll(/[\s:]/g, "").toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hex)) return hex;
  throw new InvalidArgumentError("expected 64 hex digits");
}

function headOf(text: string): NotedHead {
  const [, n = "", hash = ""] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
  if (n !== "") return { n: Number(n), hash };
  throw new InvalidArgumentError("Write it as `talos ledger verify` prints it: 412:5f1c…");
}
