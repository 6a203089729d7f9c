import type { Place } from "#component/component.ts";
import type { Answer } from "./answer.ts";

/** Why the rules decide instead. Counted by it. */
export type RulesReason =
  | "unreachable"
  | "no_model"
  | "remote_model"
  | "late"
  | "resting"
  | "failed"
  | "bad_answer"
  | "refused"
  | "over_cap"
  | "not_set_up"
  | "mode"
  | "configured";

export type Asked =
  | { kind: "answer"; answer: Answer }
  | { kind: "rules"; reason: RulesReason }
  /** The text stays, encrypted, and is asked about again. */
  | { kind: "retry"; afterMs: number; reason: string };

/** Somebody who can be asked about a prompt. */
export interface Model {
  method: "ollama" | "haiku";
  start(): Promise<void>;
  close(): void;
  /** Never rejects because of what the other side does. `place`: where the prompt was read. */
  ask(prompt: string, signal: AbortSignal, place?: Place): Promise<Asked>;
}
