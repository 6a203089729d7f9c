import { CATEGORIES, CATEGORIZE_INSTRUCTIONS, promptExcerpt } from "#proto/categories.ts";

/** The same for every prompt of every team: the only part that the vendor may keep in its cache. */
export const INSTRUCTIONS = CATEGORIZE_INSTRUCTIONS;

/** What the vendor makes the model keep to, whatever a prompt says. */
export const ANSWER_SCHEMA = {
  type: "object",
  properties: {
    category: { type: "string", enum: [...CATEGORIES] },
    task_hint: { type: "string" },
    project_hint: { type: "string" },
    confidence: { type: "number" },
  },
  required: ["category", "task_hint", "project_hint", "confidence"],
  additionalProperties: false,
};

/**
 * The prompt between two marks that nobody who wrote it can know, so that it cannot end itself, and the order once more
 * after it: what stands in between is the last thing to obey.
 */
export function messageFor(prompt: string, mark = crypto.randomUUID()): string {
  return [
    `The prompt to label is all that stands between the two lines with ${mark}.`,
    mark,
    promptExcerpt(prompt),
    mark,
    "Label it as the rules say. JSON only.",
  ].join("\n");
}
