import type * as z from "zod";
import type { Role, Scope } from "../role.ts";

/** Who may call a route. The router is built from it, and nothing is reachable that does not say. */
export type Access =
  /**
   * Nobody is signed in yet: the route checks what it is given by itself. `browser: false` where programs call: then no
   * cookie is read or set, so it may come from anywhere.
   */
  | { who: "anyone"; browser?: false }
  /** A signed-in member of at least this role, or an API key of the team that has the scope. */
  | { who: "member"; role: Role; scope?: Scope }
  /**
   * A machine, by its agent token. `rate: "calls"` where it may call for each prompt: then it has an allowance of its
   * own, so that what else a machine asks never waits for it.
   */
  | { who: "agent"; rate?: "calls" };

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** `GET /api/members/:member`: how a route is called everywhere. */
export type RouteName = `${Method} /${string}`;

export interface RouteSpec {
  /** One sentence for the API's reference. */
  summary: string;
  access: Access;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Longest body, where the API's own limit is too short. */
  maxBytes?: number;
  /** Without one the answer is 204. */
  answer?: z.ZodType;
  /** Media types of an answer that is streamed instead. */
  streams?: readonly string[];
  /** Codes of its own, besides those that any route may answer, with their status. */
  refusals?: Readonly<Record<string, number>>;
}

export type RouteSpecs = Record<RouteName, RouteSpec>;

/** Keeps the schemas' types, which the handlers and the dashboard's client are checked against. */
export function defineRoutes<const T extends RouteSpecs>(specs: T): T {
  return specs;
}
