import * as z from "zod";
import { duration } from "#config/duration.ts";
import { endpoint, isLoopback } from "#config/endpoint.ts";
import { headerName, headerSecret, TlsConfig } from "../../collector/transport/config.ts";
import { ProxyConfig } from "../../collector/transport/proxy.ts";

const LONGEST_TIMEOUT_MS = 600_000;

/** `llama3.1:8b`, `registry.example/name:tag`. */
const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,120}(?::[A-Za-z0-9._-]{1,60})?$/;

export const CategorizeConfig = z
  .strictObject({
    provider: z
      .enum(["rules", "ollama", "cloud", "auto"])
      .default("rules")
      .describe(
        "Who reads the prompt. `rules`: nobody, a list of words decides. `ollama`: a model on this computer. " +
          "`cloud`: the team's own backend, which asks Claude Haiku. " +
          "`auto`: the one that the privacy mode in force is about.",
      ),
    endpoint: endpoint("root")
      .optional()
      .describe(
        "`ollama`: an address of this computer alone, `http://localhost:11434` unless given. " +
          "`cloud`, `auto`: the backend's base URL; `/v1/categorize` is appended.",
      ),
    model: z
      .string()
      .regex(MODEL_NAME, { error: "is not a model's name" })
      .refine((name) => !/[:-]cloud$/i.test(name), {
        error: "runs on Ollama's servers, not on this computer",
      })
      .default("llama3.1:8b")
      .describe("`ollama`, `auto`: the model, as `ollama list` names it."),
    timeout: duration()
      .refine((ms) => ms > 0 && ms <= LONGEST_TIMEOUT_MS, { error: "must be more than 0 and at most 10m" })
      .prefault("60s")
      .describe("Longest one prompt may take, the loading of the model included."),
    pause_on_battery: z
      .boolean()
      .default(true)
      .describe(
        "`ollama`, `auto`: wait for the mains where the system tells. Prompts wait encrypted, counts do not.",
      ),
    token: headerSecret.optional().describe("`cloud`, `auto`: sent as `Authorization: Bearer …`."),
    headers: z
      .record(headerName, headerSecret)
      .default({})
      .describe("`cloud`, `auto`: sent with every request."),
    tls: TlsConfig,
    proxy: ProxyConfig,
  })
  .refine((c) => c.provider !== "ollama" || c.endpoint === undefined || isPlainLoopback(c.endpoint), {
    path: ["endpoint"],
    error: "must be http:// on localhost, 127.0.0.0/8 or [::1]: Ollama is asked on this computer alone",
  })
  .refine((c) => c.provider !== "cloud" || c.endpoint !== undefined, {
    path: ["endpoint"],
    error: "is needed with `provider: cloud`",
  })
  .refine((c) => !asksBackend(c) || c.token !== undefined, {
    path: ["token"],
    error: "is needed beside the backend's `endpoint`",
  })
  .refine((c) => !Object.keys(c.headers).some((name) => name.toLowerCase() === "authorization"), {
    path: ["headers"],
    error: "must not hold `Authorization`; use `token`",
  });
export type CategorizeConfig = z.output<typeof CategorizeConfig>;

/** Without an endpoint, `auto` has Ollama alone. */
export function asksBackend({
  provider,
  endpoint: url,
}: {
  provider: string;
  endpoint?: URL | undefined;
}): boolean {
  return url !== undefined && (provider === "cloud" || provider === "auto");
}

function isPlainLoopback(url: URL): boolean {
  return url.protocol === "http:" && isLoopback(url.hostname) && url.pathname === "/" && url.search === "";
}
