/** Something that was removed, or is to be known, and by which rule. Never a value. */
export interface Applied {
  kind: "removed" | "note";
  by: "mode" | "redaction" | "leak_guard" | "gate" | "categorize" | "other";
  rule: string;
}

type Reading = [start: string, applied: Omit<Applied, "rule">, rule: (rest: string) => string];

const as =
  (prefix = "") =>
  (rest: string) =>
    `${prefix}${rest}`;

/** What the components count, the longest beginnings first. */
const READINGS: readonly Reading[] = [
  ["processor_redaction_removed_", { kind: "removed", by: "redaction" }, as("not_permitted_")],
  ["processor_redaction_dropped_", { kind: "removed", by: "redaction" }, as("text_dropped_")],
  ["processor_redaction_", { kind: "removed", by: "redaction" }, as()],
  ["processor_categorize_dropped_hints_", { kind: "removed", by: "leak_guard" }, as()],
  ["processor_categorize_without_model_", { kind: "note", by: "categorize" }, as("rules_decide_")],
  ["egress_blocked:", { kind: "removed", by: "gate" }, (rest) => rest.split("/")[0] ?? rest],
];
/** Said by what leaves itself. */
const KNOWN = /^processor_categorize_(?:by_|retries)/;

/** What a counter of a component says; undefined for one that says nothing of its own. */
export function appliedBy(counter: string): Applied | undefined {
  if (KNOWN.test(counter)) return undefined;
  for (const [start, applied, rule] of READINGS) {
    if (counter.startsWith(start)) return { ...applied, rule: rule(counter.slice(start.length)) };
  }
  return { kind: "note", by: "other", rule: counter };
}
