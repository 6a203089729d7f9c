/**
 * What may leave a developer's machine: the one table from which the collector's gate, the server's check, the
 * preview, the documentation and the trust page derive. What it does not name cannot leave.
 */
import type { AttributeRule, Mode } from "./attribute-rule.ts";
import { count, exception, hex, line, MODES, oneOf, version } from "./attribute-rule.ts";
import { CATEGORIES, MAX_HINT_LENGTH } from "./categories.ts";
import { CUSTOM_MODEL, PROVIDERS, PUBLISHED_MODELS } from "./models.ts";

export interface RecordRule {
  eventName: string;
  modes: readonly Mode[];
  /** The record's time is a multiple of this. */
  resolutionMs: 1000 | 60000;
  attributes: readonly AttributeRule[];
  /** Without it, the record has no body in any mode. Length in UTF-16 units. */
  body?: { modes: readonly Mode[]; maxLength: number };
  meaning: string;
}

const CATEGORIZED: readonly Mode[] = ["categorize_local", "categorize_cloud", "full"];
const FULL: readonly Mode[] = ["full"];

/** Far above any context window, far below what could carry a message. */
const MAX_TOKENS = 100_000_000;
const MAX_SEARCHES = 100_000;
const MAX_LINES = 10_000_000;
const MAX_BODY_LENGTH = 1_000_000;

const MODEL = oneOf([...PUBLISHED_MODELS, CUSTOM_MODEL]);

const uid = exception({
  name: "log.record.uid",
  ...hex(32),
  required: true,
  meaning: "Keyed hash of what identifies the record: the same record has the same id whenever it is read.",
  reason: "Makes a repeated delivery harmless.",
});

const conversation = exception({
  name: "gen_ai.conversation.id",
  ...hex(32),
  meaning: "Keyed hash of the session's id.",
  reason: "Groups the requests of one session.",
});

const turn = exception({
  name: "talos.turn.id",
  ...hex(32),
  meaning: "Keyed hash of the prompt's id.",
  reason: "Groups the requests that one prompt led to.",
});

const source: readonly AttributeRule[] = [
  exception({
    name: "talos.source",
    ...oneOf(["claude_code", "cursor"]),
    required: true,
    meaning: "The tool that was used.",
    reason: "Says which tool the tokens belong to.",
  }),
  exception({
    name: "talos.source.version",
    ...version(),
    meaning: "The tool's version.",
    reason: "Tools change what they record: a wrong count is traced by it.",
  }),
];

const cwd: AttributeRule = {
  name: "talos.cwd.hash",
  ...hex(64),
  modes: MODES,
  meaning: "SHA-256 of the team's salt and the absolute working directory.",
  promise: "working directory hash",
};

const responseModel: AttributeRule = {
  name: "gen_ai.response.model",
  ...MODEL,
  modes: MODES,
  meaning: "The model that answered, by its published name; `custom` for any other.",
  promise: "model names",
};

function tokens(name: string, meaning: string): AttributeRule {
  return { name, ...count(MAX_TOKENS), modes: MODES, meaning, promise: "token counts" };
}

function activity(name: string, meaning: string): AttributeRule {
  return {
    name,
    ...count(MAX_LINES),
    modes: MODES,
    meaning,
    promise: "exception",
    reason: "Only when the team turns activity on and the developer accepted it.",
    optIn: "activity",
  };
}

/** How a price depends on a request beyond its counts. */
function priceClass(name: string, values: readonly string[], meaning: string): AttributeRule {
  return {
    name,
    ...oneOf(values),
    modes: MODES,
    meaning,
    promise: "exception",
    reason: "It sets the price.",
  };
}

const counts: readonly AttributeRule[] = [
  tokens("gen_ai.usage.input_tokens", "All input: uncached, cache read and cache write."),
  tokens("gen_ai.usage.output_tokens", "Output, thinking included."),
  tokens("gen_ai.usage.cache_read.input_tokens", "Input read from the cache."),
  tokens("gen_ai.usage.cache_write.input_tokens", "Input written to the cache."),
  tokens("gen_ai.usage.cache_creation.input_tokens", "The same under its older name."),
  tokens(
    "talos.usage.cache_write_5m_tokens",
    "Cache writes kept for 5 minutes; absent when the split is unknown.",
  ),
  tokens(
    "talos.usage.cache_write_1h_tokens",
    "Cache writes kept for 1 hour; absent when the split is unknown.",
  ),
];

const pricing: readonly AttributeRule[] = [
  exception({
    name: "talos.usage.web_search_requests",
    ...count(MAX_SEARCHES),
    meaning: "Web searches that the vendor ran for the request.",
    reason: "Each search has a price.",
  }),
  priceClass("talos.usage.speed", ["standard", "fast"], "Whether the request ran in fast mode."),
  priceClass(
    "talos.usage.service_tier",
    ["standard", "priority", "batch", "flex"],
    "The vendor's service tier.",
  ),
  priceClass("talos.usage.inference_geo", ["global", "us", "not_available"], "Where the model had to run."),
];

const quality: readonly AttributeRule[] = [
  exception({
    name: "talos.usage.partial",
    type: "bool",
    meaning: "True when no line of the request had a final count; absent otherwise.",
    reason: "Says that the counts are too low.",
  }),
  exception({
    name: "talos.usage.provenance",
    ...oneOf(["measured", "vendor", "estimated"]),
    meaning: "Where the counts come from.",
    reason: "Says how far the counts can be trusted.",
  }),
  exception({
    name: "talos.request.origin",
    ...oneOf(["main", "subagent", "auxiliary"]),
    meaning: "Whether the conversation itself, a sub-agent or the tool's own housekeeping asked.",
    reason: "Shows what the tokens were spent by.",
  }),
  exception({
    name: "talos.source.via",
    ...oneOf(["transcript", "hook", "database", "otlp"]),
    meaning: "Which of the tool's local sources gave the counts.",
    reason: "Says how far the counts can be trusted.",
  }),
];

const request: RecordRule = {
  eventName: "gen_ai.client.inference.operation.details",
  modes: MODES,
  resolutionMs: 1000,
  meaning: "One request to a model. Its time is that of the request's first line.",
  attributes: [
    uid,
    exception({
      name: "gen_ai.operation.name",
      ...oneOf(["chat"]),
      required: true,
      meaning: "Always `chat`.",
      reason: "The OpenTelemetry conventions demand it.",
    }),
    exception({
      name: "gen_ai.provider.name",
      ...oneOf(PROVIDERS),
      required: true,
      meaning: "Who sold the answer; `cursor` when that is not known.",
      reason: "The same model has a price per provider.",
    }),
    {
      name: "gen_ai.request.model",
      ...MODEL,
      modes: MODES,
      meaning: "The model that was asked for, where the tool records it.",
      promise: "model names",
    },
    responseModel,
    conversation,
    ...counts,
    ...pricing,
    ...quality,
    turn,
    ...source,
    cwd,
    exception({
      name: "talos.project.hash",
      ...hex(64),
      meaning: "Keyed hash of the repository's normalised `origin` address.",
      reason: "Only when the team turns project identity on: makes a repository one project for everybody.",
      optIn: "project_identity",
    }),
    activity("talos.activity.lines_added", "Lines that the tool added to files."),
    activity("talos.activity.lines_removed", "Lines that the tool removed from files."),
  ],
};

const CATEGORY_REASON = "Only in the modes that categorize: what the team's tokens are spent on.";

function method(modes: readonly Mode[], values: readonly string[]): AttributeRule {
  return exception({
    name: "talos.category.method",
    ...oneOf(values),
    modes,
    meaning: "How the category was found.",
    reason: CATEGORY_REASON,
  });
}

function hint(name: string, meaning: string): AttributeRule {
  return {
    name,
    ...line(MAX_HINT_LENGTH),
    modes: CATEGORIZED,
    meaning,
    promise: "exception",
    reason: CATEGORY_REASON,
  };
}

const prompt: RecordRule = {
  eventName: "talos.prompt",
  modes: MODES,
  resolutionMs: 60000,
  meaning: "One prompt written by a person. Its time is given in whole minutes.",
  body: { modes: FULL, maxLength: MAX_BODY_LENGTH },
  attributes: [
    uid,
    conversation,
    turn,
    ...source,
    cwd,
    exception({
      name: "talos.category",
      ...oneOf(CATEGORIES),
      modes: CATEGORIZED,
      meaning: "The kind of work that the prompt asks for.",
      reason: CATEGORY_REASON,
    }),
    exception({
      name: "talos.category.confidence",
      type: "double",
      min: 0,
      max: 1,
      modes: CATEGORIZED,
      meaning: "How sure the category is, from 0 to 1.",
      reason: CATEGORY_REASON,
    }),
    method(["categorize_local"], ["rules", "ollama"]),
    method(["categorize_cloud"], ["rules", "haiku"]),
    method(["full"], ["rules", "ollama", "haiku"]),
    hint("talos.task_hint", "What the prompt is about, in words of its own."),
    hint("talos.project_hint", "What the project is about, in words of its own."),
  ],
};

const completion: RecordRule = {
  eventName: "talos.completion",
  modes: FULL,
  resolutionMs: 1000,
  meaning: "The text of an answer, without tool calls, their results or thinking.",
  body: { modes: FULL, maxLength: MAX_BODY_LENGTH },
  attributes: [uid, conversation, turn, responseModel].map((rule) => ({ ...rule, modes: FULL })),
};

export const RECORDS: readonly RecordRule[] = [request, prompt, completion];
