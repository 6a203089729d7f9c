import * as z from "zod";
import { CATEGORIES } from "#proto/categories.ts";
import { defineRoutes } from "./spec.ts";

/** UTF-16 units. Machines send an excerpt that is much shorter. */
const MAX_PROMPT_LENGTH = 60_000;

/** What machines ask of a model. */
export const categorizeRoutes = defineRoutes({
  "POST /v1/categorize": {
    summary:
      "Says what kind of work one prompt asks for. The text is passed to the model, and not stored, queued or logged.",
    access: { who: "agent", rate: "calls" },
    maxBytes: 200_000,
    body: z.strictObject({ prompt: z.string().min(1).max(MAX_PROMPT_LENGTH) }),
    answer: z.object({
      category: z.enum(CATEGORIES),
      /** 0 to 1, in tenths. */
      confidence: z.number(),
      /** Absent where it would quote or name. */
      task_hint: z.string().exactOptional(),
      project_hint: z.string().exactOptional(),
    }),
    refusals: {
      mode_not_permitted: 403,
      over_cap: 402,
      no_category: 422,
      rate_limited: 429,
      not_configured: 501,
    },
  },
});
