import * as z from "zod";
import { CATEGORIES, type Category, MAX_HINT_LENGTH } from "#proto/categories.ts";

/** The best one first: a model that read the prompt knows more than a list of words. */
export const METHODS = ["haiku", "ollama", "rules", ""] as const;

const Name = z.custom<Category>((value) => CATEGORIES.some((category) => category === value));
const Hint = z.string().max(MAX_HINT_LENGTH);

/** What a machine says of a prompt: checked by the contract, and the hints by the leak guard before they left. */
export const CategorySchema = z.strictObject({
  name: Name,
  /** 0 to 1; null when nothing was said of it. */
  confidence: z.number().min(0).max(1).nullable(),
  /** Empty when not said. */
  method: z.enum(METHODS),
  /** Hints: empty when there is none. */
  task: Hint,
  project: Hint,
});
export type PromptCategory = z.infer<typeof CategorySchema>;

/**
 * Of two about one prompt always the same one, whatever their order: the better method, then the surer one, then by
 * name and hints. The SQL of `store/categories.ts` is this rule again.
 */
export function preferred(
  a: PromptCategory | undefined,
  b: PromptCategory | undefined,
): PromptCategory | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const order =
    METHODS.indexOf(b.method) - METHODS.indexOf(a.method) ||
    (a.confidence ?? -1) - (b.confidence ?? -1) ||
    compare(a.name, b.name) ||
    compare(a.task, b.task) ||
    compare(a.project, b.project);
  return order < 0 ? b : a;
}

/** By code points, as SQLite compares UTF-8. */
function compare(a: string, b: string): number {
  const [left, right] = [codePoints(a), codePoints(b)];
  const at = left.findIndex((each, index) => each !== right[index]);
  return at === -1 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}
