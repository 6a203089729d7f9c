import type { Context, MiddlewareHandler } from "hono";
import { type ApiBindings, settingsOf } from "../env.ts";
import { findViewer, type Viewer } from "../store/viewers.ts";
import { readSessionCookie, setSessionCookie } from "./cookie.ts";
import { Refusal } from "./refusal.ts";

export interface ApiEnv {
  Bindings: ApiBindings;
  Variables: { viewer: Viewer };
}

const SAFE = new Set(["GET", "HEAD"]);

/** Refuses writes that another site's page could have sent. */
export const sameOrigin: MiddlewareHandler<ApiEnv> = async (c, next) => {
  if (!SAFE.has(c.req.method) && !isSameOrigin(c)) throw new Refusal(403, "cross_origin");
  await next();
};

function isSameOrigin(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const origin = c.req.header("origin");
  return origin === undefined ? site !== undefined : origin === new URL(c.req.url).origin;
}

/** Only signed-in viewers get further. */
export const signedIn: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const secret = readSessionCookie(c);
  if (secret === undefined) throw new Refusal(401, "signed_out");
  const viewer = await findViewer(c.env.DB, secret, settingsOf(c.env).PEPPER, Date.now());
  if (viewer === undefined) throw new Refusal(401, "signed_out");
  c.set("viewer", { team: viewer.team, label: viewer.label });
  if (viewer.extended) setSessionCookie(c, secret);
  await next();
};
