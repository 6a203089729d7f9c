import { env } from "cloudflare:workers";
import type { Role } from "../domain/role.ts";
import type { ApiBindings } from "../env.ts";
import { call, enrol, ORIGIN, SETUP, signIn } from "./client.ts";

const json = { "content-type": "application/json" };

/** A caller with a cookie, or without. */
export interface Person {
  cookie: string;
  ask<T = unknown>(method: string, path: string, body?: unknown): Promise<Answer<T>>;
}

export interface Answer<T> {
  status: number;
  body: T;
  /** Of the refusal; undefined where there is none. */
  code: string | undefined;
  setCookie: string | null;
}

/** Somebody with that cookie. */
export function person(cookie: string, bindings: Partial<ApiBindings> = {}): Person {
  return {
    cookie,
    async ask<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
      const init = {
        method,
        headers: { ...json, origin: ORIGIN, cookie },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      };
      const response = await call(path, init, bindings);
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
      const parsed = (isJson ? JSON.parse(text) : undefined) as T & { error?: { code: string } };
      const setCookie = response.headers.get("set-cookie");
      return { status: response.status, body: parsed, code: parsed?.error?.code, setCookie };
    },
  };
}

export const nobody = person("");

/** A local member of that role, signed in. The team is made where it is not there. */
export async function member(role: Role, viewer: string = role, team = "Acme"): Promise<Person> {
  await enrol({ team });
  return person(await signIn({ team, viewer, role }));
}

export function setUp(path: string, body: unknown): Promise<Response> {
  const headers = { ...json, authorization: `Bearer ${SETUP}` };
  return call(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** `name=value` of what an answer sets. */
export function cookieOf({ setCookie }: Answer<unknown>): string {
  return setCookie?.split(";")[0] ?? "";
}

export interface Trace {
  actor: string;
  action: string;
  target: string;
  metadata: Record<string, unknown>;
}

/** The trail of the team, oldest first, without these. */
export async function trail(team = "Acme", without: readonly string[] = ["sign_in"]): Promise<Trace[]> {
  const { results } = await env.DB.prepare(
    `SELECT a.actor_label actor, a.action, a.target, a.metadata FROM audit a JOIN teams t ON t.id = a.team
      WHERE t.name = ?1 ORDER BY a.seq`,
  )
    .bind(team)
    .all<Omit<Trace, "metadata"> & { metadata: string }>();
  return results
    .filter(({ action }) => !without.includes(action))
    .map((row) => ({ ...row, metadata: JSON.parse(row.metadata) as Record<string, unknown> }));
}

/** The public id of the member of that name. */
export async function idOf(label: string, team = "Acme"): Promise<string> {
  const id = await env.DB.prepare(
    "SELECT m.public_id id FROM members m JOIN teams t ON t.id = m.team WHERE m.label = ?1 AND t.name = ?2",
  )
    .bind(label, team)
    .first<string>("id");
  return id ?? "";
}
