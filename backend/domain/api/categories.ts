import * as z from "zod";
import { CATEGORIES } from "#proto/categories.ts";
import type { CategorizeCost, CategoryReport } from "../category-report.ts";
import { Day, isOrdered } from "../range.ts";
import { defineRoutes } from "./spec.ts";

const Count = z.int().nonnegative();
const Counts = z.array(Count);
const Picodollars = z.string().regex(/^\d{1,40}$/);

const CategoryAnswer = z.object({
  range: z.object({ from: z.string(), to: z.string(), timeZone: z.string() }),
  days: z.array(z.string()),
  prompts: Counts,
  rows: z.array(z.object({ category: z.enum(CATEGORIES), prompts: Counts })),
  unsplit: Counts,
  methods: z.object({ rules: Count, ollama: Count, haiku: Count }).nullable(),
  floor: Count,
  version: Count,
}) satisfies z.ZodType<CategoryReport>;

const CostAnswer = z.object({
  month: z.string(),
  calls: Count,
  unknownCalls: Count,
  cost: Picodollars,
  perPrompt: Picodollars.nullable(),
  cap: Picodollars,
  capIsDefault: z.boolean(),
  model: z.string(),
  configured: z.boolean(),
}) satisfies z.ZodType<CategorizeCost>;

/** A hundred thousand dollars. */
const MOST_CENTS = 10_000_000;

/** What kind of work the prompts asked for, and what it costs to find out. Nothing of it is told by person. */
export const categoryRoutes = defineRoutes({
  "GET /api/categories": {
    summary: "Prompts by day and category, for the team as a whole.",
    access: { who: "member", role: "viewer", scope: "reports:read" },
    query: z.strictObject({ from: Day, to: Day }).refine(isOrdered),
    answer: CategoryAnswer,
  },
  "GET /api/categorize-cost": {
    summary: "What categorizing by the model came to this month, for one prompt and at most.",
    access: { who: "member", role: "viewer", scope: "reports:read" },
    answer: CostAnswer,
  },
  "PUT /api/team/categorize-cap": {
    summary:
      "Sets what the team's prompts may cost in a month, in US cents. null takes the server's own limit.",
    access: { who: "member", role: "owner" },
    body: z.strictObject({ cents: Count.max(MOST_CENTS).nullable() }),
  },
});
