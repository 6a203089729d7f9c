import type { Ollama } from "ollama/browser";
import type { Clock } from "#component/component.ts";
import { CATEGORIZE_INSTRUCTIONS, categorizeMessage } from "#proto/categories.ts";
import { ANSWER_FORMAT, parseAnswer } from "./answer.ts";
import type { CategorizeConfig } from "./config.ts";
import { LoopbackError, loopbackFetch } from "./loopback.ts";
import type { Asked, Model, RulesReason } from "./model.ts";
import type { Power } from "./power.ts";

const DEFAULT_ENDPOINT = "http://localhost:11434";

/** Looks again after this, in milliseconds: a laptop is plugged in some time. */
const BATTERY_MS = 5 * 60_000;

/** After an answer that came too late or a server error, in milliseconds: each try costs as much again. */
const REST_MS = 2 * 60_000;

/** Tokens: the instructions, the longest excerpt and the answer. Ollama's default would cut the instructions off. */
const CONTEXT_TOKENS = 8_192;
const ANSWER_TOKENS = 200;

export interface OllamaOptions {
  clock: Clock;
  endpoint: URL;
  model: string;
  timeoutMs: number;
  /** Undefined: never wait for the mains. */
  power: (() => Promise<Power>) | undefined;
}

/** A model on this computer. One question at a time, none on battery, and no answer ever delays anything else. */
export class OllamaModel implements Model {
  readonly method = "ollama";
  readonly #o: OllamaOptions;
  #restsUntilMs = 0;

  constructor(options: OllamaOptions) {
    this.#o = options;
  }

  async start(): Promise<void> {}
  close(): void {}

  async ask(prompt: string, signal: AbortSignal): Promise<Asked> {
    const { clock, power, timeoutMs } = this.#o;
    if ((await power?.()) === "battery") return { kind: "retry", afterMs: BATTERY_MS, reason: "on_battery" };
    if (clock.now() < this.#restsUntilMs) return { kind: "rules", reason: "resting" };
    const late = new AbortController();
    const cancel = clock.after(timeoutMs, () => late.abort());
    try {
      return await this.#exchange(prompt, AbortSignal.any([signal, late.signal]));
    } catch (error) {
      if (signal.aborted) return { kind: "retry", afterMs: 0, reason: "stopped" };
      const reason = late.signal.aborted ? "late" : reasonOf(error);
      if (reason === "late" || reason === "failed") this.#restsUntilMs = clock.now() + REST_MS;
      return { kind: "rules", reason };
    } finally {
      cancel();
    }
  }

  async #exchange(prompt: string, signal: AbortSignal): Promise<Asked> {
    const { endpoint, model } = this.#o;
    const client = await clientOf(endpoint, signal);
    // Only a model that this computer runs: one that Ollama would pass on says so here, whatever its name is.
    if (isRemote(await client.show({ model }))) return { kind: "rules", reason: "remote_model" };
    const { message } = await client.chat({
      model,
      messages: [
        { role: "system", content: CATEGORIZE_INSTRUCTIONS },
        { role: "user", content: categorizeMessage(prompt) },
      ],
      stream: false,
      format: ANSWER_FORMAT,
      options: { temperature: 0, num_ctx: CONTEXT_TOKENS, num_predict: ANSWER_TOKENS },
    });
    const answer = parseAnswer(message.content);
    return answer === undefined ? { kind: "rules", reason: "bad_answer" } : { kind: "answer", answer };
  }
}

/** Loaded at the first prompt: most collectors never need it. */
async function clientOf({ origin }: URL, signal: AbortSignal): Promise<Ollama> {
  const library = await import("ollama/browser");
  return new library.Ollama({ host: origin, fetch: loopbackFetch(signal) });
}

/** Of this computer alone. `auto` has Ollama where it usually is: its endpoint is the backend's. */
export function ollamaEndpoint({ provider, endpoint }: Pick<CategorizeConfig, "provider" | "endpoint">): URL {
  return (provider === "ollama" ? endpoint : undefined) ?? new URL(DEFAULT_ENDPOINT);
}

/** Whether the model could be asked now. Shows it nothing. */
export async function lookAtOllama(
  { endpoint, model }: Pick<OllamaOptions, "endpoint" | "model">,
  signal: AbortSignal,
): Promise<"ready" | RulesReason> {
  try {
    const client = await clientOf(endpoint, signal);
    return isRemote(await client.show({ model })) ? "remote_model" : "ready";
  } catch (error) {
    return signal.aborted ? "late" : reasonOf(error);
  }
}

function isRemote(shown: object): boolean {
  return ["remote_host", "remote_model"].some((name) => {
    const value: unknown = Reflect.get(shown, name);
    return value !== undefined && value !== null && value !== "";
  });
}

/** Anything else is a library or a parser that did not understand the answer. Its message may quote the prompt. */
function reasonOf(error: unknown): RulesReason {
  if (!(error instanceof LoopbackError)) return "bad_answer";
  if (error.code === "status") {
    if (error.status === 404) return "no_model";
    return error.status >= 500 ? "failed" : "refused";
  }
  return error.code === "unreachable" ? "unreachable" : "bad_answer";
}
