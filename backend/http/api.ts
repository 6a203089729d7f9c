import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { ApiError } from "../domain/report.ts";
import { type ApiEnv, sameOrigin, signedIn } from "./context.ts";
import { logFailure } from "./failure.ts";
import { labels } from "./labels.ts";
import { local } from "./local.ts";
import { Refusal } from "./refusal.ts";
import { reports } from "./reports.ts";
import { sessions } from "./sessions.ts";
import { signIn, signOut } from "./sign-in.ts";

/** Longest body of an API request, however it is sent. */
const MAX_BODY_BYTES = 16_384;
const smallBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => {
    throw new Refusal(413, "body_too_large");
  },
});

const viewers = new Hono<ApiEnv>()
  .use(signedIn)
  .route("/", reports)
  .route("/sessions", sessions)
  .route("/", labels);

export const api = new Hono<ApiEnv>()
  .use(smallBody)
  .use("/api/*", sameOrigin)
  .route("/api/sign-in", signIn)
  .route("/api/sign-out", signOut)
  .route("/api", viewers)
  .route("/local", local);

export type Api = typeof api;

const MESSAGES = new Map([
  ["signed_out", "Sign in first."],
  ["invalid_code", "The code was used before, has expired or never existed."],
  ["cross_origin", "The request comes from another site."],
  ["not_found", "There is nothing here."],
]);

function errorBody(code: string): ApiError {
  return { error: { code, message: MESSAGES.get(code) ?? "The request was refused." } };
}

api.notFound((c) => c.json(errorBody("not_found"), 404));

/** Every error is a status and a code of ours; what went wrong inside is logged by its class alone. */
api.onError((error, c) => {
  if (error instanceof Refusal) return c.json(errorBody(error.code), error.status, error.headers);
  if (error instanceof HTTPException) return c.json(errorBody("malformed_request"), error.status);
  logFailure("api request failed", error);
  return c.json(errorBody("temporarily_unavailable"), 503, { "retry-after": "10" });
});
