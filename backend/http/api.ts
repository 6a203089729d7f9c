import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { ApiError } from "../domain/report.ts";
import { ROUTES } from "../domain/api/routes.ts";
import type { RouteSpec } from "../domain/api/spec.ts";
import { actorFor } from "./actor.ts";
import { agents } from "./agents.ts";
import { machines } from "./agent-machine.ts";
import { trail } from "./audit.ts";
import { content } from "./content.ts";
import { categories } from "./categories.ts";
import { categorize } from "./categorize.ts";
import { type ApiEnv, requireSameOrigin } from "./context.ts";
import { downloads } from "./exports.ts";
import { logFailure } from "./failure.ts";
import { keys } from "./keys.ts";
import { local } from "./local.ts";
import { members } from "./members.ts";
import { ownMachines } from "./own-machines.ts";
import { document } from "./openapi.ts";
import { Refusal } from "./refusal.ts";
import { reports } from "./reports.ts";
import { mount } from "./route-table.ts";
import { signIn } from "./sign-in.ts";
import { team } from "./team-settings.ts";

/** Longest body of an API request, however it is sent. */
const MAX_BODY_BYTES = 16_384;
const smallBody = atMost(MAX_BODY_BYTES);
/** Routes that say otherwise. */
const ownLimits = new Map(
  Object.entries<RouteSpec>(ROUTES).flatMap(([name, { maxBytes }]) =>
    maxBytes === undefined ? [] : [[name, atMost(maxBytes)] as const],
  ),
);

function atMost(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new Refusal(413, "body_too_large");
    },
  });
}

export const api = new Hono<ApiEnv>().use((c, next) =>
  (ownLimits.get(`${c.req.method} ${c.req.path}`) ?? smallBody)(c, next),
);
mount(api, ROUTES, {
  ...signIn,
  ...members,
  ...ownMachines,
  ...reports,
  ...team,
  ...agents,
  ...machines,
  ...categorize,
  ...categories,
  ...trail,
  ...content,
  ...downloads,
  ...keys,
  ...document,
});
api.route("/local", local);
// Which routes there are is nobody's business who is not signed in.
api.all("/api/*", async (c) => {
  requireSameOrigin(c);
  await actorFor(c, { who: "member", role: "viewer" }, Date.now());
  throw new Refusal(404, "not_found");
});

const MESSAGES = new Map([
  ["signed_out", "Sign in first."],
  ["invalid_code", "The code was used before, has expired or never existed."],
  ["invalid_token", "The token was used before, has expired or is not for this server."],
  ["last_owner", "A team keeps at least one owner."],
  ["already_member", "A member of this team has this address."],
  ["too_many_invites", "Too many invites are open: revoke some first."],
  ["unknown_key", "The API key was revoked, has expired or never existed."],
  ["rate_limited", "Too many requests. Try again after the seconds in Retry-After."],
  ["not_allowed", "Your role in this team does not allow this."],
  ["cross_origin", "The request comes from another site."],
  ["mode_not_permitted", "The team's mode, or what this developer accepted, does not allow this."],
  ["over_cap", "The team's monthly limit is reached."],
  ["not_configured", "This server has no key for the model."],
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
