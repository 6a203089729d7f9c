import * as z from "zod";
import { CATEGORIES, type Category } from "#proto/categories.ts";
import type { Guess, Usage } from "./model.ts";

/** A hint that is far too long is none; how long one may be is for the leak guard to say. */
const Hint = z.string().max(2_000).catch("");

/** Other keys are left out. */
const Guessed = z.object({
  category: z.custom<Category>((value) => CATEGORIES.some((category) => category === value)),
  confidence: z.number().min(0).max(1).catch(0.5),
  task_hint: Hint.default(""),
  project_hint: Hint.default(""),
});

const Tokens = z.int().nonnegative().max(100_000_000);
const Optional = Tokens.nullish().transform((count) => count ?? 0);

const Counted = z.object({
  input_tokens: Tokens,
  output_tokens: Tokens,
  cache_read_input_tokens: Optional,
  cache_creation_input_tokens: Optional,
  cache_creation: z.object({ ephemeral_1h_input_tokens: Optional }).nullish(),
  service_tier: z.string().nullish(),
  speed: z.string().nullish(),
  inference_geo: z.string().nullish(),
});

/** As much of a message as is read. Blocks of other types are skipped. */
const Message = z.object({
  type: z.literal("message"),
  model: z.string().max(100),
  stop_reason: z.string().nullish(),
  content: z.array(z.object({ type: z.string(), text: z.string().optional() })),
  usage: Counted.optional().catch(undefined),
});

export interface ReadMessage {
  /** Undefined where it says no category: refused, cut off, half of its JSON. */
  guess: Guess | undefined;
  usage: Usage | undefined;
}

/** Undefined for what is no message at all, such as the page of a proxy. */
export function readMessage(value: unknown): ReadMessage | undefined {
  const read = Message.safeParse(value);
  if (!read.success) return undefined;
  const { content, stop_reason: end, model, usage } = read.data;
  const text = content.flatMap((block) => (block.type === "text" ? [block.text ?? ""] : [])).join("");
  return {
    guess: end === "end_turn" ? guessIn(text) : undefined,
    usage: usage && usageOf(model, usage),
  };
}

function guessIn(text: string): Guess | undefined {
  try {
    const read = Guessed.safeParse(JSON.parse(text));
    if (!read.success) return undefined;
    const { category, confidence, task_hint: task, project_hint: project } = read.data;
    return { category, confidence, task, project };
  } catch {
    // What a parser says quotes its input.
    return undefined;
  }
}

/** Words that change no price. */
const STANDARD = new Set(["standard", "global", "not_available"]);

function usageOf(model: string, counted: z.output<typeof Counted>): Usage {
  const writes = counted.cache_creation_input_tokens;
  const anHour = Math.min(writes, counted.cache_creation?.ephemeral_1h_input_tokens ?? 0);
  const plain = (word: string | null | undefined) => (STANDARD.has(word ?? "") ? "" : (word ?? ""));
  return {
    model,
    input: counted.input_tokens,
    cacheRead: counted.cache_read_input_tokens,
    cacheWrite5m: writes - anHour,
    cacheWrite1h: anHour,
    output: counted.output_tokens,
    tier: plain(counted.service_tier),
    speed: plain(counted.speed),
    geo: plain(counted.inference_geo),
  };
}
