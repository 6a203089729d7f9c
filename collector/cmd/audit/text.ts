import type { Problem, ProblemKind, Verified } from "./verify.ts";

/** More are counted, not listed. */
const LISTED = 40;

export function renderVerified(result: Verified, fingerprintGiven: boolean): string {
  const { team, entries, first, last, fingerprint, problems } = result;
  const range = last < first ? "no entries" : `entries ${first} to ${last}`;
  const lines = [`team ${team}: ${entries} entries read, of a trail with ${range}`];
  if (fingerprint !== "") lines.push(`signed by the key with the fingerprint ${fingerprint}`);
  lines.push(...problems.slice(0, LISTED).map(sentence));
  if (problems.length > LISTED) lines.push(`… and ${problems.length - LISTED} more`);
  if (problems.length > 0) return `${lines.join("\n")}\n\n${countOf(problems)}: not as it was written\n`;
  if (!fingerprintGiven) {
    lines.push(
      "compare the fingerprint with that on the dashboard's team page, or give it as --team-fingerprint",
    );
  }
  return `${lines.join("\n")}\n\nintact\n`;
}

function countOf(problems: readonly Problem[]): string {
  return problems.length === 1 ? "1 problem" : `${problems.length} problems`;
}

function sentence(problem: Problem): string {
  return SENTENCES[problem.kind](problem.line, problem.seq ?? 0, problem.until ?? problem.seq ?? 0);
}

const SENTENCES: Record<ProblemKind, (line: number, seq: number, until: number) => string> = {
  changed: (line, seq) => `entry ${seq} (line ${line}): it, its hash or the hash before it was changed`,
  removed: (_, seq, until) =>
    until === seq ? `entry ${seq}: removed` : `entries ${seq} to ${until}: removed`,
  moved: (line, seq) => `entry ${seq} (line ${line}): stands behind one that was written after it`,
  inserted: (line, seq) => `entry ${seq} (line ${line}): inserted, the trail has no such second entry`,
  strange: (line) => `line ${line}: no entry of a trail`,
  cut_off: (line) =>
    line === 0 ? "the last line is missing: the end was cut off" : `line ${line}: names another last entry`,
  signature: (line) => `line ${line}: the signature is not over this trail`,
  key: (line) => `line ${line}: signed by another key than the team's`,
};
