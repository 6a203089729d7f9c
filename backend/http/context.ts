import type { Context } from "hono";
import type { ApiBindings } from "../env.ts";
import { Refusal } from "./refusal.ts";

export interface ApiEnv {
  Bindings: ApiBindings;
}

const SAFE = new Set(["GET", "HEAD"]);

/** Refuses a write that another site's page could have sent. */
export function requireSameOrigin(c: Context): void {
  if (!SAFE.has(c.req.method) && !isSameOrigin(c)) throw new Refusal(403, "cross_origin");
}

/** The same for a question that another site must not be able to ask in somebody's name. */
export function requireOwnPage(c: Context): void {
  if (!isSameOrigin(c)) throw new Refusal(403, "cross_origin");
}

/** Refuses what a browser says that another site asked for. A read that leaves an entry in the trail must be wanted. */
export function refuseOtherSites(c: Context): void {
  if (isFromElsewhere(c)) throw new Refusal(403, "cross_origin");
}

function isFromElsewhere(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  return site !== undefined && site !== "same-origin" && site !== "none";
}

function isSameOrigin(c: Context): boolean {
  if (isFromElsewhere(c)) return false;
  const site = c.req.header("sec-fetch-site");
  const origin = c.req.header("origin");
  return origin === undefined ? site !== undefined : origin === new URL(c.req.url).origin;
}
