import { attributeRule, type Mode } from "#proto/egress.ts";
import { asksBackend } from "./config.ts";
import type { Model } from "./model.ts";

type Method = Model["method"];

/** The contract says by whom a prompt may be read in this mode. Nobody else is asked. */
export function mayRead(method: Method, mode: Mode): boolean {
  return attributeRule("talos.prompt", "talos.category.method", mode)?.values?.includes(method) ?? false;
}

/** Whom a configuration names. The backend first: where both may be asked, the text goes there anyway. */
export function readersOf(config: { provider: string; endpoint?: URL | undefined }): Method[] {
  const { provider } = config;
  return [
    ...(asksBackend(config) ? (["haiku"] as const) : []),
    ...(provider === "ollama" || provider === "auto" ? (["ollama"] as const) : []),
  ];
}
