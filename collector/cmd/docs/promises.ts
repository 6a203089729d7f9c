/** A sentence that customers were given, and what became of it. */
export interface Promised {
  id: string;
  words: string;
  /** How it is kept, or what is kept of it. */
  how: string;
  /** Tests that fail when it is not kept: file and name. Without any, it is not kept in this version. */
  tests: readonly (readonly [file: string, name: string])[];
}

const PRIVACY_E2E = "e2e/privacy.e2e.test.ts";
const PROVE = "collector/cmd/prove.test.ts";
const NOTHING_ELSE = [
  PROVE,
  "finds what each mode permits and nothing else, on this computer alone, and leaves nothing",
] as const;
const WHOLE_CORPUS = [
  PRIVACY_E2E,
  "delivers a whole corpus exactly, and nothing of it but what the contract names is anywhere",
] as const;

const EVERYWHERE = [
  "e2e/modes.e2e.test.ts",
  "what the contract permits is on the wire, with the models, in D1 and in R2, and nothing else is anywhere",
] as const;

const OFF: readonly Promised[] = [
  {
    id: "off-is-default",
    words: "The default is maximum privacy: only aggregate numbers leave developer machines.",
    how: "Without an acceptance on the machine the mode is `off`, whatever the team and the configuration say.",
    tests: [
      [
        "e2e/modes.e2e.test.ts",
        "nothing of a text is read before the developer accepts, whatever the team allows",
      ],
      [
        "collector/consent/effective-mode.test.ts",
        "is never looser than anybody's word, whatever the others say",
      ],
    ],
  },
  {
    id: "off-only-numbers",
    words:
      "Only token counts, timestamps, model names, and a salted hash of the working directory leave the agent.",
    how: "The gate writes records from the contract's table alone, when they are queued and again when they are sent. What goes beyond these words is listed below, each with its reason.",
    tests: [["proto/egress.test.ts", "names exactly these attributes in mode off"], WHOLE_CORPUS],
  },
  {
    id: "off-no-text",
    words: "No prompt or completion text ever touches our servers.",
    how: "In mode `off` no text is read into a record, no record has a body, and the server refuses one.",
    tests: [["proto/egress.test.ts", "has no body outside `full`"], NOTHING_ELSE, EVERYWHERE],
  },
  {
    id: "no-tools",
    words: "No tool arguments, no tool results, no code snippets.",
    how: "The receiver reads a person's words and an answer's words, nothing else, in any mode. In mode `full` a prompt or an answer may itself hold code.",
    tests: [NOTHING_ELSE, WHOLE_CORPUS, EVERYWHERE],
  },
];

const LOCAL: readonly Promised[] = [
  {
    id: "local-on-machine",
    words:
      "Prompt text is analyzed on each developer's own machine by Ollama. Raw prompt never leaves the laptop.",
    how: "Only a literal address of this computer is asked, without a proxy or a redirect, and no model that Ollama would pass on.",
    tests: [
      ["processors/categorize/ollama.test.ts", "follows no redirect"],
      [
        "processors/categorize/ollama.test.ts",
        "never shows a prompt to a model that Ollama would pass on to another computer",
      ],
      NOTHING_ELSE,
      EVERYWHERE,
    ],
  },
  {
    id: "local-summary",
    words: "Only that structured output is transmitted: category, task_hint, project_hint, confidence.",
    how: "The answer is untrusted: a closed list, a length, and the leak guard, which drops a hint that names or quotes.",
    tests: [
      [
        "e2e/modes.e2e.test.ts",
        "categorize_local: a category leaves in place of the text; what was written before leaves nothing",
      ],
      ["proto/leak-guard.test.ts", "does not leave: $trick"],
    ],
  },
];

const CLOUD: readonly Promised[] = [
  {
    id: "cloud-path",
    words: "Prompt reaches a Cloudflare Worker, is passed to Anthropic's API for categorization.",
    how: "One prompt, with secrets replaced, in one request to `/v1/categorize` and one to Anthropic, and in no other.",
    tests: [["e2e/categorize.e2e.test.ts", "the prompt is in exactly two requests, and nowhere else"]],
  },
  {
    id: "cloud-not-kept",
    words: "We never write prompt text to disk or R2. No plaintext logs.",
    how: "The text lives in the request alone. Errors have codes, and the platform's logs, traces and copies are off.",
    tests: [
      [
        "backend/test/categorize.e2e.test.ts",
        "the prompt is nowhere but in what the model was sent: no file, no database, no output",
      ],
      [
        "e2e/observability.test.ts",
        "%s: the platform keeps no log, no trace and no copy of what a Worker is sent",
      ],
      EVERYWHERE,
    ],
  },
  {
    id: "cloud-cost",
    words: "~$0.002 per prompt.",
    how: "Counted by list prices, with a limit for each team and month; over it, rules decide on the machine.",
    tests: [["backend/test/categorize.e2e.test.ts", "never passes the team's limit: then the rules decide"]],
  },
];

const FULL: readonly Promised[] = [
  {
    id: "full-opt-in",
    words:
      "Disabled by default. Requires explicit admin opt-in and should only be used with developer consent.",
    how: "An owner names the mode to turn it on; then each developer accepts it on their own machine, signed by its key. The server takes no text without that.",
    tests: [
      ["backend/http/team-settings.test.ts", "is loosened by the owner alone, who names it"],
      ["backend/http/content.test.ts", "is taken from a machine that accepted it, and from no other"],
      [
        "backend/http/consent.test.ts",
        "without an acceptance is what mode off lets out, whatever the team allows",
      ],
    ],
  },
  {
    id: "full-encrypted",
    words: "Stored encrypted-at-rest in Cloudflare R2, scoped per team.",
    how: "Each object is sealed under a key of the team before R2 has it; without the key nothing of it can be read.",
    tests: [
      [
        "backend/http/content.test.ts",
        "comes back through an audited read, and is nowhere else in the clear",
      ],
      [
        "backend/http/content.test.ts",
        "nor an object that was moved from another team, whose key is another",
      ],
    ],
  },
  {
    id: "full-retention",
    words: "Retention: 30 days / 90 days / 1 year / forever — team admin chooses.",
    how: "Texts are shown and kept until then and no longer. A longer retention voids what developers accepted.",
    tests: [
      [
        "backend/http/team-settings.test.ts",
        "how long texts are kept, and what is seen of developers, are the owner's",
      ],
      ["backend/http/content.test.ts", "says when it ends, and is not shown any more then"],
    ],
  },
  {
    id: "categories-retention",
    words: "Categorize output (category labels, task hints): prunes on the same schedule as raw content.",
    how: "Each category has its own end, by the team's retention.",
    tests: [
      [
        "backend/http/categories.test.ts",
        "when the team's retention is over, and earlier where it became shorter",
      ],
    ],
  },
];

const AGENT: readonly Promised[] = [
  {
    id: "tail-only",
    words: "Agent reads ~/.claude/projects/*.jsonl in tail-only mode. Historical content is skipped.",
    how: "Files are followed from their end at the first start. `start_at: beginning` and `talos backfill` bring numbers of the past when asked to, and never a text of it.",
    tests: [
      [
        "receivers/claude_code/receiver.test.ts",
        "follows existing files from their end at the first start, to the last newline",
      ],
      NOTHING_ELSE,
    ],
  },
  {
    id: "cursor",
    words: "Agent reads Cursor local logs.",
    how: "Transcripts, databases and, for token counts, hooks. SQLite itself refuses the table of Cursor's login tokens. What Cursor does not tell is absent, never estimated.",
    tests: [
      [
        "receivers/cursor/tiers.test.ts",
        "takes token counts where a version wrote them, and never a gauge of the context in their place",
      ],
      ["receivers/cursor/item-table.test.ts", "SQLite itself refuses: %s"],
      [
        "collector/cmd/prove.test.ts",
        "finds what each mode permits and nothing else, on this computer alone, and leaves nothing",
      ],
    ],
  },
  {
    id: "cwd-hash",
    words:
      "The working directory path is SHA-256 hashed with a per-team salt before leaving the machine. We store the hash, never the path.",
    how: "`cwd_hash` replaces the directory; the contract has no attribute that a path fits in.",
    tests: [
      ["proto/egress.test.ts", "%s: no text of a person, path, address, local id or deployment"],
      ["collector/service/gate.test.ts", "never lets a local id, a folder or a body pass"],
    ],
  },
  {
    id: "token-file",
    words: "Agent token is stored in your local ~/.config/talos-auditor/ (mode 0600).",
    how: "Like the salt and the machine's key: readable by this user alone.",
    tests: [
      [
        "collector/cmd/enroll.test.ts",
        "writes token, salt, key and the signed configuration, for this user alone",
      ],
    ],
  },
  {
    id: "token-hash",
    words: "Server only stores a SHA-256 of the token with a pepper. Plaintext shown once at install time.",
    how: "The database holds digests that nobody can test without the pepper, which is not in it.",
    tests: [["backend/http/api.test.ts", "no token, code, cookie or salt is in the database in the clear"]],
  },
  {
    id: "outbox",
    words:
      "The local offline-safe outbox is AES-GCM-256 encrypted. The key lives in the OS keychain, not on disk.",
    how: "Without a keychain the key is in memory alone, unless you ask for a file.",
    tests: [
      ["collector/state/cipher.test.ts", "opens nothing in which any single bit differs"],
      [
        "collector/state/keychain.test.ts",
        "the kernel's keyring is not used instead: the key is in memory, and each run has another",
      ],
    ],
  },
  {
    id: "tls",
    words: "All traffic uses TLS 1.2+. The agent and dashboard only talk to HTTPS endpoints.",
    how: "The agent refuses plain HTTP except to this computer itself, and checks certificates whatever the environment says.",
    tests: [["exporters/otlp_http/exporter.test.ts", "is not turned off by the environment"]],
  },
];

const SERVER: readonly Promised[] = [
  {
    id: "rate",
    words: "Per-team token bucket protects the ingest pipeline. Default: 10k events/min.",
    how: "A Durable Object for each team; what is too much is answered 429 and waits on the machine.",
    tests: [["backend/http/logs.test.ts", "answers 429 with whole seconds to wait, per team"]],
  },
  {
    id: "least-privilege",
    words: "Agent tokens are scoped to one team + one developer.",
    how: "An agent's token sends that machine's records, and opens nothing that a person may see.",
    tests: [["backend/http/agent-machine.test.ts", "an agent token opens nothing of the JSON API"]],
  },
  {
    id: "audit",
    words: "Every admin action is logged with actor, timestamp, and metadata.",
    how: "In a chain that shows when an entry was changed or removed; a change without its entry is undone.",
    tests: [
      [
        "backend/store/audit.test.ts",
        "is undone together with what it tells of, and tells only of what changed something",
      ],
      ["backend/store/audit.test.ts", "of fifty at once leaves no gap, and the chain holds"],
    ],
  },
  {
    id: "audit-retention",
    words: "Audit log: retained for 2 years regardless of the team's telemetry retention setting.",
    how: "The oldest go at night, from the front, and the rest stays checkable.",
    tests: [["backend/store/audit.test.ts", "go from the front, and the rest stays checkable"]],
  },
  {
    id: "team-deletion",
    words:
      "On team deletion: 30-day soft delete grace period, then hard delete of all R2 prefixes and D1 rows.",
    how: "Of a deleted team nothing opens any more, and its texts are unreadable at once. The grace period is not in this version.",
    tests: [],
  },
  {
    id: "integrations",
    words: "Stripe, Slack, Resend: billing, aggregate summaries and digests.",
    how: "Not in this version: nothing is sent there.",
    tests: [],
  },
];

export const PROMISED: readonly { title: string; promises: readonly Promised[] }[] = [
  { title: "Mode `off`, the default", promises: OFF },
  { title: "Categorize — Local", promises: LOCAL },
  { title: "Categorize — Cloud", promises: CLOUD },
  { title: "Full content", promises: FULL },
  { title: "On the developer's machine", promises: AGENT },
  { title: "On the server", promises: SERVER },
];
