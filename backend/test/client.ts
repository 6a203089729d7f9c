import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { jsonCodec } from "#proto/json.ts";
import type { LogsRequest } from "#proto/logs.ts";
import consumer from "../consumer/worker.ts";
import { accept } from "../domain/acceptance.ts";
import { toMessages } from "../domain/chunks.ts";
import type { Role } from "../domain/role.ts";
import type { ApiBindings, ConsumerBindings } from "../env.ts";
import api from "../worker.ts";

export const SETUP = "set-up-for-tests-only-0123456789abcdef";
export const ORIGIN = "http://localhost:8787";

/** What the queue was given, so that a test can hand it to the consumer. */
export class SentMessages {
  readonly bodies: unknown[] = [];

  queue(): Queue {
    const bodies = this.bodies;
    return {
      send: async (body: unknown) => void bodies.push(structuredClone(body)),
      sendBatch: async (messages: Iterable<{ body: unknown }>) => {
        for (const { body } of messages) bodies.push(structuredClone(body));
      },
    } as unknown as Queue;
  }
}

export async function call(
  path: string,
  init?: RequestInit,
  bindings: Partial<ApiBindings> = {},
): Promise<Response> {
  const ctx = createExecutionContext();
  const merged = Object.keys(bindings).length > 0 ? { ...env, ...bindings } : env;
  const response = await api.fetch(new Request(ORIGIN + path, init) as never, merged, ctx);
  await waitOnExecutionContext(ctx);
  return response;
}

export interface Enrolment {
  /** The database's own numbers. */
  teamId: string;
  developerId: string;
  /** Public ids. */
  team: string;
  developer: string;
  agentToken: string;
  teamSalt: string;
  mode: string;
}

export async function enrol(body: Record<string, unknown> = {}): Promise<Enrolment> {
  const response = await call("/local/enrol", {
    method: "POST",
    headers: { authorization: `Bearer ${SETUP}`, "content-type": "application/json" },
    body: JSON.stringify({ team: "Acme", timeZone: "Europe/Zurich", developer: "Ada", ...body }),
  });
  if (response.status !== 200) throw new Error(`enrol answered ${response.status}`);
  return response.json();
}

export function post(
  token: string,
  logs: LogsRequest,
  bindings: Partial<ApiBindings> = {},
): Promise<Response> {
  const init = {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: jsonCodec.encodeRequest(logs).slice(),
  };
  return call("/v1/logs", init, bindings);
}

let nextId = 0;

/** Hands these bodies to the consumer as one batch. Returns what it did with each. */
export async function deliver(bodies: readonly unknown[], options: DeliverOptions = {}): Promise<Outcome[]> {
  const outcomes: Outcome[] = bodies.map(() => ({ kind: "none" }));
  const messages = bodies.map((body, index) => ({
    id: `m${(nextId += 1)}`,
    timestamp: new Date(),
    attempts: options.attempts ?? 1,
    body,
    ack: () => void (outcomes[index] = { kind: "ack" }),
    retry: (retry: { delaySeconds?: number } = {}) =>
      void (outcomes[index] = { kind: "retry", delayS: retry.delaySeconds }),
  }));
  const batch = { queue: options.queue ?? "ingest", messages, metadata: {}, ackAll() {}, retryAll() {} };
  await consumer.queue(batch as never, { ...env, ...options.env });
  return outcomes;
}

export interface DeliverOptions {
  queue?: string;
  attempts?: number;
  env?: Partial<ConsumerBindings>;
}

export interface Outcome {
  kind: "none" | "ack" | "retry";
  delayS?: number | undefined;
}

/** The session cookie of a signed-in viewer. */
export async function signIn(who: { team?: string; viewer?: string; role?: Role } = {}): Promise<string> {
  const issued = await call("/local/sign-in-code", {
    method: "POST",
    headers: { authorization: `Bearer ${SETUP}`, "content-type": "application/json" },
    body: JSON.stringify(who),
  });
  const { code } = await issued.json<{ code: string }>();
  const response = await call("/api/sign-in", {
    method: "POST",
    headers: { origin: ORIGIN, "content-type": "application/json" },
    body: JSON.stringify({ code }),
  });
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

/** The queue messages that the api would make of these logs. */
export function messagesOf(sender: Enrolment, logs: LogsRequest) {
  const { events } = accept(logs, "off", Date.now());
  return toMessages({ team: Number(sender.teamId), developer: Number(sender.developerId) }, events);
}
