/** A stretch of a text that must not leave. */
export interface Finding {
  /** Characters from the start of the text. */
  start: number;
  /** The first character behind it. */
  end: number;
  /** What found it, as it stands in the marker: `[redacted:<rule>]`. */
  rule: string;
}

export interface Redacted {
  text: string;
  /** How many markers each rule left. */
  found: Map<string, number>;
}

/** Replaces what was found by markers. What overlaps becomes one marker, of the rule whose finding is longest. */
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
  const stretches: (Finding & { longest: number })[] = [];
  for (const finding of sorted) {
    const longest = finding.end - finding.start;
    const last = stretches.at(-1);
    if (last === undefined || finding.start >= last.end) {
      stretches.push({ ...finding, longest });
      continue;
    }
    last.end = Math.max(last.end, finding.end);
    if (longest <= last.longest) continue;
    last.longest = longest;
    last.rule = finding.rule;
  }
  return stretches;
}
