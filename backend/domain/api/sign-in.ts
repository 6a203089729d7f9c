import * as z from "zod";
import { Email } from "./fields.ts";
import { defineRoutes } from "./spec.ts";

/** Coming and going. */
export const signInRoutes = defineRoutes({
  "POST /api/sign-in": {
    summary: "Exchanges a one-time code for a session cookie.",
    access: { who: "anyone" },
    body: z.strictObject({ code: z.string().min(1).max(100) }),
    refusals: { invalid_code: 401 },
  },
  "GET /api/sign-in": {
    summary: "By what one can sign in here, besides a link that somebody else gives.",
    access: { who: "anyone" },
    answer: z.object({ mail: z.boolean(), clerk: z.boolean() }),
  },
  "POST /api/sign-in/link": {
    summary:
      "Sends links to sign in by mail, where the address is a member's. The answer never says whether it is.",
    access: { who: "anyone" },
    body: z.strictObject({ email: Email }),
    refusals: { not_found: 404, rate_limited: 429 },
  },
  "POST /api/sign-in/clerk": {
    summary: "Exchanges a Clerk session token, which works once, for a session cookie.",
    access: { who: "anyone" },
    body: z.strictObject({ token: z.string().min(1).max(8192) }),
    refusals: { invalid_token: 401, not_found: 404 },
  },
  "POST /api/sign-out": {
    summary: "Ends this sign-in, so that a copy of the cookie is worth nothing.",
    access: { who: "anyone" },
  },
});
