/** What the store hands to the report. */
import type { Dimension } from "./report.ts";
import type { Sums } from "./valuation.ts";

/** Days since 1970-01-01, both included. */
export interface Range {
  from: number;
  to: number;
}

/** Sums of one key, model and price class, over days between which no price changed: `day` is one of them. */
export interface PricedRow extends Sums {
  key: string;
  day: number;
  model: string;
  price_class: string;
  prompts: number;
}

export interface ReportRows {
  /** One row for each day, key of `by`, model and price class. */
  series: PricedRow[];
  groups: Record<Dimension, PricedRow[]>;
  sessions: Record<Dimension, Map<string, number>>;
  totalSessions: number;
  activeDevelopers: number;
  version: number;
}

/** Names that people see for developers' ids and projects' hashes. */
export interface Labels {
  developers: ReadonlyMap<string, string>;
  projects: ReadonlyMap<string, string>;
}
