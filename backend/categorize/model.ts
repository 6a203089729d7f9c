import type { Category } from "#proto/categories.ts";

/** What a model says of one prompt. Its hints are its own words still: the leak guard has not seen them. */
export interface Guess {
  category: Category;
  confidence: number;
  task: string;
  project: string;
}

/** Tokens of one call, as the vendor counts them. */
export interface Usage {
  /** What answered, by the vendor's name for it. */
  model: string;
  /** Uncached. */
  input: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  output: number;
  /** Empty for standard. */
  tier: string;
  speed: string;
  /** Empty for anywhere. */
  geo: string;
}

export type Asked =
  | { kind: "guess"; guess: Guess; usage: Usage | undefined }
  /** It answered, but not with a category, or it will not read this prompt: asking again would cost again. */
  | { kind: "unusable"; usage: Usage | undefined }
  /** Not now. `mayHaveCost`: it was cut off after the prompt had been handed over. */
  | { kind: "unavailable"; code: UnavailableCode; retryAfterS: number; mayHaveCost: boolean };

/** Ours, and all that is ever said of what went wrong: what a vendor says quotes what it was sent. */
export type UnavailableCode =
  | "model_rate_limited"
  | "model_overloaded"
  | "model_failed"
  | "model_timed_out"
  | "model_unreachable"
  /** A wrong key, no credit, no such model: until somebody acts. */
  | "model_refused_us"
  /** Something else answers at this address. */
  | "not_the_model";

/** Asks about one prompt at a time, so that none can read another. */
export interface CategoryModel {
  ask(prompt: string): Promise<Asked>;
}
