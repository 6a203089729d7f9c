import type { Role } from "./role.ts";

/** What the dashboard's JSON API answers about usage. */

/** Whole picodollars (1e-12 USD) as a decimal string: more than a double holds exactly. */
export type Picodollars = string;

export interface Measures {
  requests: number;
  /** Uncached input tokens. */
  input: number;
  cacheRead: number;
  /** All cache writes; a write whose split is unknown counts as 5 minutes, as the price does. */
  cacheWrite5m: number;
  cacheWrite1h: number;
  output: number;
  webSearches: number;
  /** At API list prices on the day of each request. Requests without a price are not in it. */
  listValue: Picodollars;
  /** Requests without a known price: of their model, of their mode, or of counts that are not known. Never counted as 0. */
  unpricedRequests: number;
  unpricedTokens: number;
  /** Requests without a final count. */
  partialRequests: number;
  /** Requests whose tokens are not known, because the tool did not record them. They are unpriced too. */
  uncountedRequests: number;
  /** Requests whose model is the one that somebody selected: which one answered, the tool does not say. */
  selectedRequests: number;
}

export type Dimension = "model" | "project" | "developer" | "origin" | "source";

/** One row of a breakdown. */
export interface Group extends Measures {
  /** Model id, project hash, developer id, … */
  key: string;
  /** The alias or name that people see. Equal to `key` shortened where none is set. */
  label: string;
  sessions: number;
}

export interface DayPoint extends Measures {
  /** `YYYY-MM-DD` in the team's time zone. */
  day: string;
}

/** GET /api/report?from=YYYY-MM-DD&to=YYYY-MM-DD[&by=model] */
export interface Report {
  range: { from: string; to: string; timeZone: string };
  totals: Measures & { sessions: number; activeDevelopers: number; prompts: number };
  cache: {
    /** cache_read ÷ (cache_read + cache_write + uncached input), token-weighted; null without input. */
    hitRatio: number | null;
    /** What cache reads saved less what cache writes added, at list prices. */
    saving: Picodollars;
  };
  /** Every day of the range, zeros included. */
  days: DayPoint[];
  /** All five breakdowns, largest list value first. */
  groups: Record<Dimension, Group[]>;
  /** Per day and key of the dimension asked for with `by` (default `model`): aligned with `days`. */
  series: {
    by: Dimension;
    rows: { key: string; label: string; listValue: Picodollars[]; tokens: number[] }[];
  };
  /** Grows with every change of the team's data. */
  version: number;
}

/** GET /api/sessions?from&to[&cursor] newest first, 50 a page */
export interface SessionRow extends Measures {
  id: string;
  developer: { id: string; label: string };
  project: { hash: string; label: string } | null;
  /** Milliseconds since the Unix epoch, UTC. */
  startedAt: number;
  endedAt: number;
  /** Sum of the gaps between requests and prompts, each capped at 5 minutes: an estimate. */
  activeMs: number;
  prompts: number;
  models: string[];
  /** The tools that were used: `claude_code`, `cursor`. */
  sources: string[];
}
export interface SessionsPage {
  sessions: SessionRow[];
  next: string | null;
}

/** GET /api/me */
export interface Me {
  team: { id: string; name: string; timeZone: string };
  viewer: { id: string; label: string; role: Role };
  /** True when the team holds an invented developer: every page is watermarked. */
  demo: boolean;
  /** Oldest and newest day that hold data, or null. */
  days: { first: string; last: string } | null;
  mode: "off" | "categorize_local" | "categorize_cloud" | "full";
  version: number;
}

/** GET /api/version: cheap, polled every 2 s by visible pages. */
export interface Version {
  version: number;
}

/** PUT /api/projects/:hash and PUT /api/developers/:id with { label: string }; "" removes it. Answers 204. */
export interface LabelChange {
  label: string;
}

/** POST /api/sign-in with { code }: a one-time code; sets the session cookie, answers 204; 401 when used or old. */
export interface SignIn {
  code: string;
}

/* POST /api/sign-out without a body: ends the sign-in, removes the cookie, answers 204. */

/** Every refused /api request: status plus a code of ours. */
export interface ApiError {
  error: { code: string; message: string };
}
