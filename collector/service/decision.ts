import type { Delivery } from "#component/component.ts";
import type { SourceRecord, Weight } from "#component/record.ts";
import type { Known } from "#state/types.ts";

/** What a record means to the destinations: new, larger than before, or lost by some and read again. */
export interface Accepted {
  record: SourceRecord;
  key: string;
  kind: "new" | "correction" | "refill";
  owed: readonly string[];
}

/** Undefined for a record that says nothing new. */
export function decide(
  weight: Weight,
  known: Known | undefined,
): Pick<Accepted, "kind" | "owed"> | undefined {
  if (known === undefined) return { kind: "new", owed: [] };
  if (grows(known.weight, weight)) return { kind: "correction", owed: known.owed };
  return known.owed.length > 0 ? { kind: "refill", owed: known.owed } : undefined;
}

/** Why a destination does not get the record. */
export function skipReason(
  { kind, owed }: Accepted,
  exporter: string,
  { corrections }: Delivery,
): string | undefined {
  if (owed.includes(exporter)) return undefined;
  if (kind === "refill") return "had_it";
  return kind === "correction" && !corrections ? "correction" : undefined;
}

/** True when `later` says more than `earlier`: it is final at last, or one of its counts is larger. */
export function grows(earlier: Weight, later: Weight): boolean {
  if (later.final && !earlier.final) return true;
  return (
    later.output > earlier.output || later.input > earlier.input || later.webSearches > earlier.webSearches
  );
}
