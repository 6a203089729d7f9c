import { lintSource } from "@secretlint/core";
import { creator } from "@secretlint/secretlint-rule-preset-recommend";
import { type Measured, measure } from "../../processors/redaction/corpus/measure.ts";
import { KINDS } from "../../processors/redaction/corpus/secrets.ts";
import { replaceFindings } from "../../processors/redaction/finding.ts";
import { Redactor } from "../../processors/redaction/redactor.ts";
import type { Benchmark, BenchOptions, Finding } from "./benchmark.ts";
import { figure } from "./statistics.ts";

const HOSTILE_BYTES = 10_000_000;

export const redaction: Benchmark = {
  name: "redaction",
  title: "Secrets found in texts",
  about:
    `Each seed makes 500 secrets of ${KINDS.length} kinds, plain, escaped, encoded and across borders, and 5,000 harmless strings that look ` +
    "like some. A secret is found when no eight characters in a row of it are left. Beside it, " +
    "[secretlint](https://github.com/secretlint/secretlint) with its recommended preset alone.",
  run,
};

async function run(options: BenchOptions): Promise<Finding> {
  // First: secretlint's core keeps a mark of every run, and the collector of garbage looks at all of them.
  const stalls = await hostile(options);
  return { tables: [await accuracy(options), stalls], notes: [NOTE] };
}

const NOTE =
  "The corpus is made by those who made the rules: it shows that they do what they are meant to. " +
  "The longest stretch is how long the collector did nothing else.";

async function accuracy({ quick, progress }: BenchOptions): Promise<string[][]> {
  // One seed that nobody has seen: a run with it can be repeated by its number.
  const seeds = quick ? [1] : [1, 2, 3, 4, Math.floor(Math.random() * 2 ** 31)];
  const rows: string[][] = [];
  for (const seed of seeds) {
    for (const [name, redact] of Object.entries({ ours, secretlint })) {
      progress(`seed ${seed}, ${name}`);
      const measured = await measure(redact, seed);
      rows.push([name, String(seed), ...rates(measured), ...misses(measured)]);
    }
  }
  return [["", "seed", "found, %", "harmless taken for one, %", "missed", "plain ones missed"], ...rows];
}

function rates({ secrets, missed, harmless, mistaken }: Measured): string[] {
  return [figure((100 * (secrets - missed.length)) / secrets), figure((100 * mistaken.length) / harmless)];
}

function misses({ missed }: Measured): string[] {
  const plain = missed.filter(({ form }) => form === "plain");
  return [String(missed.length), String(plain.length)];
}

const redactor = new Redactor({
  clock: { now: () => Date.now() },
  limits: { maxText: 2 * HOSTILE_BYTES, timeLimitMs: 120_000 },
});

async function ours(text: string): Promise<string> {
  const outcome = await redactor.redact(text, AbortSignal.timeout(600_000));
  return outcome.kind === "redacted" ? outcome.text : "";
}

const config = { rules: [{ id: creator.meta.id, rule: creator }] };

async function secretlint(content: string): Promise<string> {
  const { messages } = await lintSource({
    source: { content, filePath: "prompt.txt", contentType: "text" },
    options: { config, noPhysicFilePath: true },
  });
  const findings = messages.map(({ range: [start, end] }) => ({ start, end, rule: "secretlint" }));
  return replaceFindings(content, findings).text;
}

/** What makes a careless pattern look at everything from everywhere, again and again. */
const HOSTILE: Readonly<Record<string, string>> = {
  "one letter": "a",
  base64: "QUFB",
  "first lines of keys": "-----BEGIN PRIVATE KEY-----",
  "first parts of tokens": "eyJ",
  escapes: String.raw`\\\"`,
  "percent signs": "%25",
  "names of passwords": "password is password=",
  "names of keys without a space": "api_key=password=cookie:",
  "halves of addresses": "a@a.",
  "names in addresses": "https://a:b@",
  "paths without names": "\\\\a\\users\\",
  secrets: "password=hunter2! jane@corp.io /home/jane/a ",
};

async function hostile({ quick, progress }: BenchOptions): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [name, part] of Object.entries(HOSTILE)) {
    progress(`hostile: ${name}`);
    const bytes = quick ? HOSTILE_BYTES / 10 : HOSTILE_BYTES;
    const { outcome, seconds, longestMs } = await timeOf(part.repeat(Math.ceil(bytes / part.length)));
    rows.push([name, figure(bytes / 1e6), figure(seconds), figure(longestMs), outcome]);
  }
  return [["hostile text", "MB", "seconds", "longest stretch, ms", "outcome"], ...rows];
}

async function timeOf(text: string): Promise<{ outcome: string; seconds: number; longestMs: number }> {
  const begun = performance.now();
  let [last, longestMs, running] = [begun, 0, true];
  const turn = () => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  const outcome = await redactor.redact(text, AbortSignal.timeout(600_000));
  running = false;
  const seconds = (performance.now() - begun) / 1_000;
  return { outcome: outcome.kind === "redacted" ? "read" : outcome.rule, seconds, longestMs };
}
