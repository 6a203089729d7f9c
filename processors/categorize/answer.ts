import * as z from "zod";
import { CATEGORIES, type Category } from "#proto/categories.ts";

/** What a model says of a prompt. Nothing of it is trusted: hints still have to pass the leak guard. */
export interface Answer {
  category: Category;
  confidence: number;
  task: string | undefined;
  project: string | undefined;
}

/** A model that leaves its confidence out, or gives it in percent, has said nothing about it. */
const UNSURE = 0.5;

const isCategory = (text: string): text is Category => CATEGORIES.some((category) => category === text);

const AnswerSchema = z
  .object({
    category: z.string().trim().toLowerCase().refine(isCategory),
    confidence: z.number().min(0).max(1).catch(UNSURE),
    task_hint: z.string().optional().catch(undefined),
    project_hint: z.string().optional().catch(undefined),
  })
  .transform(({ category, confidence, task_hint, project_hint }): Answer => ({
    category,
    confidence,
    task: task_hint,
    project: project_hint,
  }));

/** What Ollama makes the model keep to. */
export const ANSWER_FORMAT = {
  type: "object",
  properties: {
    category: { type: "string", enum: [...CATEGORIES] },
    task_hint: { type: "string" },
    project_hint: { type: "string" },
    confidence: { type: "number" },
  },
  required: ["category", "task_hint", "project_hint", "confidence"],
};

/** Undefined for anything that is not an answer. */
export function readAnswer(value: unknown): Answer | undefined {
  return AnswerSchema.safeParse(value).data;
}

/** The same from text. */
export function parseAnswer(text: string): Answer | undefined {
  try {
    return readAnswer(JSON.parse(text));
  } catch {
    // What a parser says quotes its input.
    return undefined;
  }
}
