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

function isSameOrigin(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const origin = c.req.header("origin");
  return origin === undefined ? site !== undefined : origin === new URL(c.req.url).origin;
}
