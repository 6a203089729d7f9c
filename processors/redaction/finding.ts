/** A stretch of a text that must not leave. */
export interface Finding {
  /** Characters from the start of the text. */
  start: number;
  /** The first character behind it. */
  end: number;
  /** What found it, as it stands in the marker: `[redacted:<rule>]`. */
  rule: string;
  /** Names the marker only where no other finding does. */
  weak?: boolean;
}

export interface Redacted {
  text: string;
  /** How many markers each rule left. */
  found: Map<string, number>;
}

/** Replaces what was found by markers. What overlaps becomes one, named by the longest finding that is not weak. */
export function replaceFindings(text: string, findings: readonly Finding[]): Redacted {
  const found = new Map<string, number>();
  const pieces: string[] = [];
  let position = 0;
  for (const { start, end, rule } of merged(findings)) {
    pieces.push(text.slice(position, start), `[redacted:${rule}]`);
    found.set(rule, (found.get(rule) ?? 0) + 1);
    position = end;
  }
  pieces.push(text.slice(position));
  return { text: pieces.join(""), found };
}

function merged(findings: readonly Finding[]): Finding[] {
  const sorted = findings.toSorted((a, b) => a.start - b.start || b.end - a.end);
  const stretches: (Finding & { rank: number })[] = [];
  for (const finding of sorted) {
    const rank = finding.weak === true ? 0 : finding.end - finding.start;
    const last = stretches.at(-1);
    if (last === undefined || finding.start >= last.end) {
      stretches.push({ ...finding, rank });
      continue;
    }
    last.end = Math.max(last.end, finding.end);
    if (rank <= last.rank) continue;
    last.rank = rank;
    last.rule = finding.rule;
  }
  return stretches;
}
