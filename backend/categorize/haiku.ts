import { BaseAnthropic } from "@anthropic-ai/sdk/client";
import {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
} from "@anthropic-ai/sdk/error";
import { Messages } from "@anthropic-ai/sdk/resources/messages";
import { readMessage } from "./answer.ts";
import type { Asked, CategoryModel, UnavailableCode } from "./model.ts";
import { ANSWER_SCHEMA, INSTRUCTIONS, messageFor } from "./prompt.ts";

export interface HaikuSettings {
  apiKey: string;
  /** An origin. */
  baseUrl: string;
  model: string;
  /** Longest that one answer may take, all of it. */
  timeoutMs: number;
}

/** Four short values: about sixty tokens. What is cut off is no answer. */
export const MAX_ANSWER_TOKENS = 250;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Where the vendor does not say when to come back. */
const RETRY_S = 20;
/** Nobody waits longer for a vendor's word alone. */
const LONGEST_RETRY_S = 3_600;
/** Until somebody has paid, or has put the right key in place. */
const REFUSED_S = 900;

/** Claude Haiku, one prompt in each call. The client and the endpoint alone: a third of the whole SDK. */
export class Haiku implements CategoryModel {
  readonly #settings: HaikuSettings;
  readonly #messages: Messages;

  constructor(settings: HaikuSettings) {
    this.#settings = settings;
    const client = new BaseAnthropic({
      apiKey: settings.apiKey,
      baseURL: settings.baseUrl,
      timeout: settings.timeoutMs,
      // Who asked tries again later, and keeps the text: here it would wait in memory.
      maxRetries: 0,
      logLevel: "off",
      openTelemetry: false,
      fetch: fetchGuarded,
    });
    this.#messages = new Messages(client);
  }

  async ask(prompt: string): Promise<Asked> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), this.#settings.timeoutMs);
    try {
      const read = readMessage(await this.#create(prompt, late.signal));
      if (read === undefined) return unavailable("not_the_model", RETRY_S);
      const { guess, usage } = read;
      return guess === undefined ? { kind: "unusable", usage } : { kind: "guess", guess, usage };
    } catch (error) {
      return late.signal.aborted ? unavailable("model_timed_out", RETRY_S) : failed(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #create(prompt: string, signal: AbortSignal): Promise<unknown> {
    return this.#messages.create(
      {
        model: this.#settings.model,
        max_tokens: MAX_ANSWER_TOKENS,
        thinking: { type: "disabled" },
        system: [{ type: "text", text: INSTRUCTIONS, cache_control: { type: "ephemeral" } }],
        messages: [{ role: "user", content: messageFor(prompt) }],
        output_config: { format: { type: "json_schema", schema: ANSWER_SCHEMA } },
      },
      { signal },
    );
  }
}

/**
 * Follows no redirect, because another host must not be given the text; reads no more than an answer can have; and hands
 * on nothing of what a refusal says, because it quotes what was sent.
 */
async function fetchGuarded(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, redirect: "manual" });
  const { status, headers } = response;
  if (!response.ok) {
    await response.body?.cancel();
    return new Response(null, { status, headers });
  }
  return new Response(response.body?.pipeThrough(capped(MAX_ANSWER_BYTES)) ?? null, { status, headers });
}

function capped(limit: number): TransformStream<Uint8Array, Uint8Array> {
  let size = 0;
  return new TransformStream({
    transform(chunk, controller) {
      size += chunk.byteLength;
      if (size > limit) throw new Error("the answer is too large");
      controller.enqueue(chunk);
    },
  });
}

function failed(error: unknown): Asked {
  if (error instanceof APIConnectionTimeoutError || error instanceof APIUserAbortError) {
    return unavailable("model_timed_out", RETRY_S);
  }
  if (error instanceof APIConnectionError) return unavailable("model_unreachable", RETRY_S);
  const status: unknown = error instanceof APIError ? error.status : undefined;
  // An answer of 200 that broke off or was no JSON: it may have been paid for.
  if (typeof status !== "number") return unavailable("model_failed", RETRY_S);
  if (PROMPT_AT_FAULT.has(status)) return { kind: "unusable", usage: undefined };
  const code = CODES.get(status) ?? (status >= 500 ? "model_failed" : "not_the_model");
  const asked = error instanceof APIError ? retryAfterS(error.headers) : undefined;
  return unavailable(code, asked ?? (code === "model_refused_us" ? REFUSED_S : RETRY_S));
}

/** This prompt as it is will never be taken. */
const PROMPT_AT_FAULT = new Set([400, 413, 422]);
const CODES = new Map<number, UnavailableCode>([
  [401, "model_refused_us"],
  [402, "model_refused_us"],
  [403, "model_refused_us"],
  [404, "model_refused_us"],
  [408, "model_timed_out"],
  [429, "model_rate_limited"],
  [504, "model_timed_out"],
  [529, "model_overloaded"],
]);

function retryAfterS(headers: Headers | undefined): number | undefined {
  const seconds = Number(headers?.get("retry-after") ?? Number.NaN);
  return seconds > 0 ? Math.min(Math.ceil(seconds), LONGEST_RETRY_S) : undefined;
}

/** Cut off on the way back, a call may have been answered, and paid for. */
const MAY_HAVE_COST = new Set<UnavailableCode>(["model_timed_out", "model_failed", "model_unreachable"]);

function unavailable(code: UnavailableCode, retryAfter: number): Asked {
  return { kind: "unavailable", code, retryAfterS: retryAfter, mayHaveCost: MAY_HAVE_COST.has(code) };
}
