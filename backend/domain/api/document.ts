import * as z from "zod";
import { defineRoutes } from "./spec.ts";

/** The API's own description. */
export const documentRoutes = defineRoutes({
  "GET /api/openapi.json": {
    summary: "All routes as an OpenAPI 3.1 document, which is also docs/openapi.json.",
    access: { who: "member", role: "viewer" },
    answer: z.record(z.string(), z.unknown()),
  },
});
