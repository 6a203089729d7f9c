import { env } from "cloudflare:workers";
import type { AgentConfig, EnrolAnswer, SignedConfig } from "#proto/agent-api.ts";
import type { ApiBindings } from "../env.ts";
import { toBase64Url } from "../domain/crypto.ts";
import { call, ORIGIN } from "./client.ts";

/** A call of the JSON API by who holds the cookie. */
export function ask(cookie: string, name: string, body?: unknown): Promise<Response> {
  const [method = "GET", path = "/"] = name.split(" ");
  const headers = { origin: ORIGIN, cookie, "content-type": "application/json" };
  return call(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}

/** An enrolment token, and what of it the server is sent. */
export async function newToken(cookie: string, wanted: Record<string, unknown> = { kind: "person" }) {
  const response = await ask(cookie, "POST /api/enrolment-tokens", wanted);
  if (response.status !== 200) throw new Error(`a token was answered with ${response.status}`);
  const { secret, token } = await response.json<{ secret: string; token: { id: string } }>();
  const [shown = "", fingerprint = "", groupingKey] = secret.split(".");
  return { id: token.id, token: shown, fingerprint, groupingKey };
}

export const publicKey = () => toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
export const grouping = (digit: string) => digit.repeat(64);

export function tryEnrol(
  token: string,
  more: Record<string, unknown> = {},
  bindings: Partial<ApiBindings> = {},
): Promise<Response> {
  const body = { token, publicKey: publicKey(), version: "0.1.0", ...more };
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", "cf-connecting-ip": "192.0.2.1" },
    body: JSON.stringify(body),
  };
  return call("/v1/enroll", init, bindings);
}

export async function enrolled(token: string, more: Record<string, unknown> = {}): Promise<EnrolAnswer> {
  const response = await tryEnrol(token, more);
  if (response.status !== 200) throw new Error(`enrolment was answered with ${response.status}`);
  return response.json();
}

/** A call by an agent token. */
export function asAgent(
  token: string,
  name: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const [method = "GET", path = "/"] = name.split(" ");
  return call(path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...headers,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

export function configIn(signed: SignedConfig): AgentConfig {
  return JSON.parse(Buffer.from(signed.payload, "base64url").toString()) as AgentConfig;
}

export async function configOf(token: string): Promise<AgentConfig> {
  return configIn(await (await asAgent(token, "GET /v1/agent/config")).json<SignedConfig>());
}

/** The trail's entries of an action, oldest first. */
export async function trail(action: string) {
  const { results } = await env.DB.prepare(
    "SELECT actor_kind actor, actor_id actorId, target, metadata FROM audit WHERE action = ?1 ORDER BY team, seq",
  )
    .bind(action)
    .all<{ actor: string; actorId: string; target: string; metadata: string }>();
  return results.map((row) => ({ ...row, metadata: JSON.parse(row.metadata) as unknown }));
}

export async function count(table: string): Promise<number> {
  return (await env.DB.prepare(`SELECT count(*) n FROM ${table}`).first<number>("n")) ?? 0;
}
