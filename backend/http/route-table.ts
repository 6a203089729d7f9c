import type { Context, Hono } from "hono";
import type * as z from "zod";
import type { AgentActor, ApiKeyActor, MemberActor } from "../domain/actor.ts";
import type { RouteName, RouteSpec, RouteSpecs } from "../domain/api/spec.ts";
import { type Settings, settingsOf } from "../env.ts";
import { actorFor } from "./actor.ts";
import { sealTrail } from "../store/audit-heads.ts";
import { type ApiEnv, requireSameOrigin } from "./context.ts";
import { logFailure } from "./failure.ts";
import { allowRate } from "./rate.ts";
import { Refusal } from "./refusal.ts";

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;
type Part<S extends RouteSpec, K extends "params" | "query" | "body"> = K extends keyof S
  ? Parsed<S[K]>
  : undefined;

/** An API key only where the route names a scope. */
type ActorOf<S extends RouteSpec> = S["access"] extends { who: "agent" }
  ? AgentActor
  : S["access"] extends { who: "member"; scope: string }
    ? MemberActor | ApiKeyActor
    : S["access"] extends { who: "member" }
      ? MemberActor
      : undefined;

type AnswerOf<S extends RouteSpec> = S extends { answer: z.ZodType } ? z.input<S["answer"]> : void;

/** A request that may be answered: who asks is known, and what was sent has the shape that the route names. */
export interface Handled<S extends RouteSpec> {
  c: Context<ApiEnv>;
  db: D1Database;
  settings: Settings;
  /** Milliseconds since the Unix epoch, UTC. */
  nowMs: number;
  actor: ActorOf<S>;
  params: Part<S, "params">;
  query: Part<S, "query">;
  body: Part<S, "body">;
}

/** A `Response` goes out as it is: streams, and answers with headers of their own. */
export type Handler<S extends RouteSpec> = (request: Handled<S>) => Promise<AnswerOf<S> | Response>;
export type Handlers<T extends RouteSpecs> = {
  [K in keyof T]: T[K] extends RouteSpec ? Handler<T[K]> : never;
};

type AnyHandler = (request: unknown) => Promise<object | undefined>;

/** Makes the table reachable. A route without a handler, or the reverse, does not compile. */
export function mount<const T extends RouteSpecs>(app: Hono<ApiEnv>, specs: T, handlers: Handlers<T>): void {
  for (const [name, spec] of Object.entries(specs)) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Handlers has checked each by its route's name
    const handler = handlers[name as RouteName] as unknown as AnyHandler;
    const space = name.indexOf(" ");
    app.on(name.slice(0, space), name.slice(space + 1), (c) => serve(c, spec, handler));
  }
}

async function serve(c: Context<ApiEnv>, spec: RouteSpec, handler: AnyHandler): Promise<Response> {
  if (isForBrowsers(spec)) requireSameOrigin(c);
  const nowMs = Date.now();
  if (spec.access.who === "anyone") await allowRate(c, spec.access);
  const actor = await actorFor(c, spec.access, nowMs);
  if (actor !== undefined) await allowRate(c, spec.access, actor);
  const answer = await handler({
    c,
    db: c.env.DB,
    settings: settingsOf(c.env),
    nowMs,
    actor,
    params: parse(spec.params, c.req.param(), "invalid_path"),
    query: parse(spec.query, c.req.query(), "invalid_query"),
    body: spec.body === undefined ? undefined : parse(spec.body, await bodyOf(c), "invalid_body"),
  });
  if (spec.access.who === "member" && c.req.method !== "GET" && actor !== undefined) {
    c.executionCtx.waitUntil(sealAfter(c, actor.team));
  }
  if (answer instanceof Response) return answer;
  return answer === undefined ? c.body(null, 204) : c.json(answer);
}

/** What was done is in the trail already: its seal may come a moment later, and the next one covers it too. */
async function sealAfter({ env }: Context<ApiEnv>, team: number): Promise<void> {
  try {
    await sealTrail(env.DB, team, settingsOf(env).KMS_KEY);
  } catch (error) {
    logFailure("the trail was not sealed", error);
  }
}

/** A browser sends cookies by itself, and tokens never. */
function isForBrowsers({ access }: RouteSpec): boolean {
  return access.who === "member" || (access.who === "anyone" && access.browser !== false);
}

/** What is wrong with a value stays here: the answer is a constant code. */
function parse(schema: z.ZodType | undefined, value: unknown, code: string): unknown {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Refusal(400, code);
  return parsed.data;
}

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;

async function bodyOf(c: Context): Promise<unknown> {
  if (!JSON_TYPE.test(c.req.header("content-type") ?? "")) throw new Refusal(400, "invalid_body");
  try {
    return await c.req.json();
  } catch {
    throw new Refusal(400, "malformed_request");
  }
}
