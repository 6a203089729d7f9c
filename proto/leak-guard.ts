/**
 * What a model says about a prompt is not trusted: the prompt may have told it what to say. A hint leaves only when it
 * is made of words that everybody uses, and neither quotes the prompt nor names what the prompt names.
 */
import { MAX_HINT_LENGTH } from "./categories.ts";
import { type GuardedPrompt, readPrompt } from "./leak-guard-prompt.ts";
import type { LeakRule } from "./leak-guard-rules.ts";
import { findQuote } from "./leak-guard-quote.ts";
import { checkShape } from "./leak-guard-shape.ts";
import { checkToken } from "./leak-guard-token.ts";

export { LEAK_RULES, type LeakRule } from "./leak-guard-rules.ts";

/** The hint as it may leave; or the rule that it breaks; or neither, when there was none. */
export type GuardedHint = { kept: string } | { dropped: LeakRule } | undefined;

export interface GuardedHints {
  task: GuardedHint;
  project: GuardedHint;
}

/** Both together: what one alone may say, the two may not say between them. */
export function guardHints(hints: { task?: string; project?: string }, prompt: string): GuardedHints {
  const read = readPrompt(prompt);
  const task = guard(hints.task, read);
  const project = guard(hints.project, read);
  if (task === undefined || project === undefined || !("kept" in task) || !("kept" in project)) {
    return { task, project };
  }
  const [a, b] = [task.kept, project.kept];
  const broken = findLeak(`${a} ${b}`, read) ?? findLeak(`${b} ${a}`, read);
  return { task, project: broken === undefined ? project : { dropped: broken } };
}

/** One hint by itself. */
export function guardHint(hint: string, prompt: string): GuardedHint {
  return guard(hint, readPrompt(prompt));
}

function guard(hint: string | undefined, prompt: GuardedPrompt): GuardedHint {
  const text = tidy(hint ?? "");
  if (text === "") return undefined;
  if (text.length > MAX_HINT_LENGTH) return { dropped: "length" };
  const broken = findLeak(text, prompt);
  return broken === undefined ? { kept: text } : { dropped: broken };
}

function findLeak(text: string, prompt: GuardedPrompt): LeakRule | undefined {
  const shape = checkShape(text);
  if (shape !== undefined) return shape;
  let startsSentence = true;
  for (const token of text.split(" ")) {
    const broken = checkToken(token, startsSentence, prompt);
    if (broken !== undefined) return broken;
    startsSentence = /[.:;!?]$/.test(token);
  }
  return findQuote(text, prompt);
}

/** Typographic punctuation as it is on a keyboard. Nothing else is repaired. */
function tidy(hint: string): string {
  return hint
    .trim()
    .replace(/[’‘]/g, "'")
    .replace(/[–—]/g, "-")
    .replaceAll("…", "...")
    .replace(/[ \u00a0]+/g, " ")
    .replace(/[.\s]+$/, "");
}
