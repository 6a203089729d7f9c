import type * as z from "zod";
import type { RouteSpec, RouteSpecs } from "../domain/api/spec.ts";
import { ApiFailure, sendBy } from "./api.ts";

type Given<S extends RouteSpec, K extends "params" | "query" | "body"> =
  S extends Record<K, infer Schema>
    ? Schema extends z.ZodType
      ? // What is optional in all its parts may be left out as a whole.
        object extends z.input<Schema>
        ? { [P in K]?: z.input<Schema> }
        : { [P in K]: z.input<Schema> }
      : unknown
    : unknown;

/** What a route is called with: what its schemas take in. */
export type CallOf<S extends RouteSpec> = Given<S, "params"> & Given<S, "query"> & Given<S, "body">;

/** What a call resolves to: nothing when the route answers 204. */
export type AnswerOf<S extends RouteSpec> = S extends { answer: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : void;

type Arguments<T> = object extends T ? [call?: T] : [call: T];

type SpecOf<T extends RouteSpecs, K extends keyof T> = Extract<T[K], RouteSpec>;

/** Throws `ApiFailure`: also where the answer has not the shape that the route promises. */
export type Client<T extends RouteSpecs> = <K extends keyof T & string>(
  name: K,
  ...rest: Arguments<CallOf<SpecOf<T, K>>>
) => Promise<AnswerOf<SpecOf<T, K>>>;

type Scalar = string | number | boolean | null | undefined;

interface Sent {
  params?: Record<string, string>;
  query?: Record<string, Scalar>;
  body?: unknown;
}

/**
 * Calls the routes of these tables: `const call = client(fetch, memberRoutes)`, then
 * `await call("GET /api/members", { query: { cursor } })`. Give it no more tables than the page needs.
 */
export function client<const T extends RouteSpecs>(fetcher: typeof fetch, specs: T): Client<T> {
  const send = sendBy(fetcher);
  const known: RouteSpecs = specs;

  async function call(name: keyof RouteSpecs, sent: Sent = {}): Promise<unknown> {
    const [method = "GET"] = name.split(" ");
    const response = await send(pathOf(name, sent), { method, ...bodyOf(sent) });
    const schema = known[name]?.answer;
    if (schema === undefined) return undefined;
    const read = schema.safeParse(await response.json().catch(() => undefined));
    if (!read.success) throw new ApiFailure("shape", response.status, "unexpected_answer");
    return read.data;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each answer was read by its own route's schema
  return call as Client<T>;
}

/** Where a route is: also for links, such as those of downloads. */
export function pathOf(name: keyof RouteSpecs, { params = {}, query = {} }: Sent = {}): string {
  const [, path = ""] = name.split(" ");
  const filled = path.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params[key] ?? ""));
  const given = Object.entries(query).flatMap(([key, value]) =>
    value === undefined || value === null ? [] : [[key, String(value)]],
  );
  return given.length === 0 ? filled : `${filled}?${new URLSearchParams(given)}`;
}

function bodyOf({ body }: Sent): RequestInit {
  if (body === undefined) return {};
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
