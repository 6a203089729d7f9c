import type { PolicySource } from "#proto/agent-api.ts";
import type { Category } from "#proto/categories.ts";
import type { Dimension, Me } from "../domain/report.ts";
import type { Role } from "../domain/role.ts";
import type { TokenKind } from "./tokens.ts";

/** The product's fixed words: what things are called, and what each number means. */

export const DIMENSION_WORDS: Record<Dimension, string> = {
  model: "Model",
  project: "Project",
  developer: "Developer",
  origin: "Origin",
  source: "Tool",
};

export const KIND_WORDS: Record<TokenKind, { label: string; meaning: string }> = {
  cacheRead: {
    label: "Cache read",
    meaning: "Input the provider had kept. The cheapest, and usually by far the most.",
  },
  input: { label: "Uncached input", meaning: "Input read for the first time, at the full input price." },
  cacheWrite5m: {
    label: "Cache write, 5 min",
    meaning:
      "Input kept for five minutes, at more than the input price. A write of unknown length is counted here.",
  },
  cacheWrite1h: { label: "Cache write, 1 h", meaning: "Input kept for an hour, at twice the input price." },
  output: { label: "Output", meaning: "What the model wrote, thinking included." },
};

const KEY_WORDS: Partial<Record<Dimension, Record<string, string>>> = {
  origin: { main: "Main conversation", subagent: "Sub-agents", auxiliary: "Auxiliary requests" },
  source: { claude_code: "Claude Code", cursor: "Cursor", codex: "Codex", otlp: "OpenTelemetry" },
  model: {
    custom: "custom (name not published)",
    default: "default (Cursor's Auto)",
    auto: "auto (Cursor's Auto)",
  },
};

/** The label the team gave, or our words for a key that only machines read. */
export function labelOf(dimension: Dimension, { key, label }: { key: string; label: string }): string {
  // What the tool did not record. An empty cell would look like a fault of the page.
  if (label === "") return "unknown";
  const words = KEY_WORDS[dimension];
  return (label === key && words && Object.hasOwn(words, key) ? words[key] : undefined) ?? label;
}

/** Of a model that somebody chose, where the tool does not say which one answered. */
export const SELECTED = {
  label: "selected",
  meaning: "The model that was selected. Cursor does not say which one answered.",
};

export const MODE_WORDS: Record<Me["mode"], { label: string; meaning: string }> = {
  off: {
    label: "Counts only",
    meaning: "Token counts, times, model names and hashes leave the machines. No prompt, no answer, no code.",
  },
  categorize_local: {
    label: "Categories, made locally",
    meaning:
      "Prompts are read on each developer's own machine; only a category and two short hints leave it.",
  },
  categorize_cloud: {
    label: "Categories, made in transit",
    meaning: "Prompts of developers who accepted it are sorted by a model in one call and then forgotten.",
  },
  full: {
    label: "Full content",
    meaning: "Prompts and answers of developers who accepted it are stored, encrypted for this team.",
  },
};

/** Who set the mode in force, as a machine says it. */
export const SET_BY_WORDS: Record<PolicySource, string> = {
  default: "by the default configuration",
  user: "by your configuration",
  managed: "by managed policy",
  server: "by the team",
  consent: "by what is accepted on the machine",
};

/** What follows from a mode, for the developers and for the team. */
export const CONSEQUENCES: Record<Me["mode"], readonly string[]> = {
  off: [
    "No prompt, answer, code, path or file name ever leaves a machine.",
    "Costs, models, projects, sessions and cache hits are all there.",
    "What kind of work the tokens are spent on is not known.",
  ],
  categorize_local: [
    "Each developer is asked on their own machine, unless managed policy accepts it for them.",
    "Prompts are read by Ollama on the same machine, or by fixed rules where it does not run. They do not leave.",
    "A category, how sure it is, and two hints of at most 120 characters leave. A hint that quotes or names is dropped.",
  ],
  categorize_cloud: [
    "Each developer is asked on their own machine and can take it back at any time. Nobody is shown who declined.",
    "One prompt at a time goes through this server to Anthropic, with secrets replaced before it leaves the machine. It is not stored, queued or logged here.",
    "Each prompt costs money: a few hundredths of a cent with Claude Haiku 5.5. Above the team's monthly limit, fixed rules on the machine are used.",
  ],
  full: [
    "Prompts and answers of those who accepted are stored, encrypted for this team, as long as the retention says.",
    "Secrets are replaced on the machine first, but code and names in a text stay. Whoever may read content sees them, and each reading is in the audit log.",
    "Consent at work is weak ground: agree on it with those it concerns, and with the works council where there is one.",
  ],
};

export const CATEGORY_WORDS: Record<Category, string> = {
  feature: "New features",
  bugfix: "Bug fixes",
  refactor: "Refactoring",
  test: "Tests",
  debug: "Debugging",
  review: "Review",
  docs: "Documentation",
  explore: "Exploring",
  plan: "Planning",
  ops: "Operations",
  build: "Build and tools",
  data: "Data",
  other: "Other",
};

export const ROLE_WORDS: Record<Role, { label: string; meaning: string }> = {
  viewer: { label: "Viewer", meaning: "Sees the numbers, the team's settings and what leaves." },
  manager: {
    label: "Manager",
    meaning: "Also sees members, developers and machines, names projects and exports usage.",
  },
  admin: {
    label: "Admin",
    meaning:
      "Also manages members, machines, keys and groups, names developers, tightens the mode and reads the audit log.",
  },
  owner: {
    label: "Owner",
    meaning: "Also loosens the privacy mode, shows names, sets the retention and makes other owners.",
  },
};

export const DEFINITIONS = {
  listValue: [
    "Every token at the provider's public API list price on the day of its request, each kind of token at its own rate.",
    "It is not your bill: seats, discounts and credits are not in it. Requests without a known price are left out and counted beside it.",
  ],
  tokens: [
    "All tokens of all kinds: uncached input, cache reads, cache writes and output.",
    "Cache reads are usually most of them and the cheapest, so more tokens do not mean that much more value.",
    "Requests whose tool recorded no counts are in no token, and counted beside it.",
  ],
  requests: [
    "Answers of a model, each counted once by its own id, however many copies of it the transcripts hold. Sub-agents' requests are included.",
    "Of Cursor, a request is all that its agent did for one prompt: single calls to a model are not on the machine.",
  ],
  sessions: [
    "Different session ids with at least one request in these days. A session that is resumed stays the same session.",
  ],
  developers: [
    "People with at least one request in these days. Days are cut in the team's time zone.",
    "A count for planning. Nobody is ranked here.",
  ],
  prompts: ["Messages that people sent. Tool results and automatic follow-ups are not prompts."],
  hitRatio: [
    "Cache reads ÷ (cache reads + cache writes + uncached input), weighted by tokens, so that many tiny requests cannot bend it.",
    "High is good: what was read from the cache cost about a tenth.",
  ],
  saving: [
    "What cache reads saved against the full input price, less what cache writes cost above it, at list prices.",
    "Below zero when writes were not read often enough to pay for themselves.",
  ],
} as const;
