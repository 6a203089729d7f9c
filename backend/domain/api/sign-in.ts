import * as z from "zod";
import { defineRoutes } from "./spec.ts";

/** Coming and going. */
export const signInRoutes = defineRoutes({
  "POST /api/sign-in": {
    summary: "Exchanges a one-time code for a session cookie.",
    access: { who: "anyone" },
    body: z.strictObject({ code: z.string().min(1).max(100) }),
    refusals: { invalid_code: 401 },
  },
  "POST /api/sign-out": {
    summary: "Ends this sign-in, so that a copy of the cookie is worth nothing.",
    access: { who: "anyone" },
  },
});
