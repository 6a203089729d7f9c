import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { codecFor } from "#proto/codec.ts";
import { jsonCodec } from "#proto/json.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import type { LogsRequest } from "#proto/logs.ts";
import { MessageSchema } from "../domain/event.ts";
import { call, enrol, ORIGIN, post, SentMessages, signIn } from "../test/client.ts";
import { logsRequest, promptRecord, requestRecord, resourceLogs, uid } from "../test/records.ts";

const JSON_TYPE = "application/json";
const PROTOBUF_TYPE = "application/x-protobuf";
const one = () => logsRequest([requestRecord({ uid: uid(1) })]);
const gzip = (bytes: Uint8Array, format: "gzip" | "deflate" = "gzip") =>
  new Response(new Blob([bytes.slice()]).stream().pipeThrough(new CompressionStream(format))).bytes();

const record = (headers: RequestInit["headers"]) => Object.fromEntries(new Headers(headers));

async function send(token: string, init: RequestInit, bindings = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, "content-type": JSON_TYPE, ...record(init.headers) };
  return call("/v1/logs", { method: "POST", ...init, headers }, bindings);
}

/** The answer's google.rpc.Status, which must be of the request's content type. */
async function refusal(response: Response, contentType = JSON_TYPE) {
  expect(response.headers.get("content-type")).toBe(contentType);
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
  const status = codecFor(contentType)?.decodeStatus(await response.bytes());
  return { status: response.status, message: status?.message };
}

describe.each([JSON_TYPE, PROTOBUF_TYPE])(
  "every refusal of a %s request is a Status of that type",
  (contentType) => {
    const codec = codecFor(contentType) ?? jsonCodec;
    const valid = () => codec.encodeRequest(one()).slice();
    const headers = { "content-type": contentType };

    it.each<{
      name: string;
      status: number;
      message: string;
      init: () => Promise<RequestInit> | RequestInit;
      path?: string;
    }>([
      {
        name: "bytes that are no message",
        status: 400,
        message: "malformed_body",
        init: () => ({ body: "\u0007{{" }),
      },
      {
        name: "gzip that is none",
        status: 400,
        message: "malformed_compression",
        init: () => ({ body: "no gzip", headers: { "content-encoding": "gzip" } }),
      },
      {
        name: "gzip cut off",
        status: 400,
        message: "malformed_compression",
        init: async () => ({
          body: (await gzip(valid())).slice(0, 40),
          headers: { "content-encoding": "gzip" },
        }),
      },
      {
        name: "no token",
        status: 401,
        message: "missing_token",
        init: () => ({ body: valid(), headers: { authorization: "" } }),
      },
      {
        name: "another scheme",
        status: 401,
        message: "missing_token",
        init: () => ({ body: valid(), headers: { authorization: "Basic dGFs" } }),
      },
      {
        name: "an unknown token",
        status: 401,
        message: "unknown_token",
        init: () => ({ body: valid(), headers: { authorization: "Bearer tal_unknown" } }),
      },
      {
        name: "another path",
        status: 404,
        message: "not_found",
        init: () => ({ body: valid() }),
        path: "/v1/traces",
      },
      {
        name: "PUT",
        status: 405,
        message: "method_not_allowed",
        init: () => ({ method: "PUT", body: valid() }),
      },
      {
        name: "OPTIONS",
        status: 405,
        message: "method_not_allowed",
        init: () => ({ method: "OPTIONS", headers: { origin: "https://evil.example" } }),
      },
      {
        name: "a body beyond the limit",
        status: 413,
        message: "body_too_large",
        init: () => ({ body: new Uint8Array(4 * 1024 * 1024 + 1) }),
      },
      {
        name: "a small body that inflates beyond the limit",
        status: 413,
        message: "inflated_body_too_large",
        init: async () => ({
          body: await gzip(new Uint8Array(5 * 1024 * 1024)),
          headers: { "content-encoding": "gzip" },
        }),
      },
      {
        name: "an unknown encoding",
        status: 415,
        message: "unsupported_content_encoding",
        init: () => ({ body: valid(), headers: { "content-encoding": "br" } }),
      },
      {
        name: "two encodings",
        status: 415,
        message: "unsupported_content_encoding",
        init: () => ({ body: valid(), headers: { "content-encoding": "gzip, gzip" } }),
      },
    ])("$status for $name", async ({ status, message, init, path = "/v1/logs" }) => {
      const { agentToken } = await enrol();
      const own = await init();
      const sent = { authorization: `Bearer ${agentToken}`, ...headers, ...record(own.headers) };
      const response = await call(path, { method: "POST", ...own, headers: sent });
      expect(await refusal(response, contentType)).toEqual({ status, message });
      expect(response.headers.get("allow")).toBe(status === 405 ? "POST" : null);
      expect(response.headers.get("www-authenticate")).toBe(status === 401 ? "Bearer" : null);
    });

    it("403 for a revoked token", async () => {
      const { agentToken } = await enrol();
      await env.DB.prepare("UPDATE agent_tokens SET revoked_at = 1").run();
      expect(await refusal(await send(agentToken, { body: valid(), headers }), contentType)).toEqual({
        status: 403,
        message: "revoked_token",
      });
    });

    it("503 with Retry-After while the queue takes nothing", async () => {
      const { agentToken } = await enrol();
      const response = await send(agentToken, { body: valid(), headers }, { INGEST: brokenQueue });
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await refusal(response, contentType)).toEqual({ status: 503, message: "queue_unavailable" });
    });

    it("503 with Retry-After while the database does not answer", async () => {
      const DB = {
        prepare: () => {
          throw new Error("D1_ERROR: canary-in-the-message");
        },
      };
      const response = await send("tal_x", { body: valid(), headers }, { DB });
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(await refusal(response, contentType)).toEqual({
        status: 503,
        message: "temporarily_unavailable",
      });
    });

    it("408 for a body that does not end", async () => {
      const { agentToken } = await enrol();
      const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([123])) });
      const response = await send(agentToken, { body, headers }, { BODY_TIMEOUT_MS: "100" });
      expect(await refusal(response, contentType)).toEqual({ status: 408, message: "body_too_slow" });
    });
  },
);

const brokenQueue = {
  send: () => Promise.reject(new Error("Too Many Requests")),
  sendBatch: () => Promise.reject(new Error("Too Many Requests")),
};

it("415, as JSON, for a content type that is not OTLP", async () => {
  const { agentToken } = await enrol();
  const response = await send(agentToken, { body: "{}", headers: { "content-type": "text/plain" } });
  expect(await refusal(response)).toEqual({ status: 415, message: "unsupported_content_type" });
});

describe("accepts", () => {
  it.each<{ name: string; encoding?: "gzip" | "deflate" | "identity"; type: string }>([
    { name: "JSON", type: JSON_TYPE },
    { name: "JSON with parameters, in capitals", type: "Application/JSON; charset=utf-8" },
    { name: "gzipped JSON", type: JSON_TYPE, encoding: "gzip" },
    { name: "protobuf", type: PROTOBUF_TYPE },
    { name: "gzipped protobuf", type: PROTOBUF_TYPE, encoding: "gzip" },
    { name: "deflated protobuf", type: PROTOBUF_TYPE, encoding: "deflate" },
    { name: "identity", type: PROTOBUF_TYPE, encoding: "identity" },
  ])("$name", async ({ type, encoding }) => {
    const { agentToken, teamId, developerId } = await enrol();
    const codec = codecFor(type) ?? jsonCodec;
    const sent = new SentMessages();
    const plain = codec.encodeRequest(one()).slice();
    const body = encoding === "gzip" || encoding === "deflate" ? await gzip(plain, encoding) : plain;
    const headers = { "content-type": type, ...(encoding ? { "content-encoding": encoding } : {}) };
    const response = await send(agentToken, { body, headers }, { INGEST: sent.queue() });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(codec.contentType);
    expect(codec.decodeResponse(await response.bytes())).toEqual({});
    const [message] = sent.bodies.map((each) => MessageSchema.parse(each));
    expect(message).toMatchObject({
      team: Number(teamId),
      developer: Number(developerId),
      events: [{ uid: uid(1) }],
    });
  });

  it.each([
    { name: "JSON without records", type: JSON_TYPE, body: "{}" },
    { name: "an empty protobuf message", type: PROTOBUF_TYPE, body: "" },
    { name: "empty envelopes", type: JSON_TYPE, body: '{"resourceLogs":[{"scopeLogs":[{}]}]}' },
  ])("$name, and queues nothing", async ({ type, body }) => {
    const { agentToken } = await enrol();
    const sent = new SentMessages();
    const response = await send(
      agentToken,
      { body, headers: { "content-type": type } },
      { INGEST: sent.queue() },
    );
    expect(response.status).toBe(200);
    expect(codecFor(type)?.decodeResponse(await response.bytes())).toEqual({});
    expect(sent.bodies).toEqual([]);
  });
});

describe("refuses records, not requests", () => {
  const dayS = 86_400;
  const nowS = Math.floor(Date.now() / 1000);
  const good = () => requestRecord({ uid: uid(1) });

  it.each<{ name: string; logs: () => LogsRequest; rejected: number }>([
    {
      name: "an attribute outside the contract",
      logs: () => logsRequest([good(), requestRecord({ uid: uid(2), values: { "user.name": "canary" } })]),
      rejected: 1,
    },
    {
      name: "a value outside its pattern",
      logs: () => logsRequest([good(), requestRecord({ uid: uid(2), model: "my-secret-model" })]),
      rejected: 1,
    },
    {
      name: "a record of another kind",
      logs: () =>
        logsRequest([good(), { ...requestRecord({ uid: uid(2) }), eventName: "claude_code.api_request" }]),
      rejected: 1,
    },
    {
      name: "text in mode off",
      logs: () =>
        logsRequest([good(), { ...promptRecord({ uid: uid(2) }), body: { stringValue: "canary" } }]),
      rejected: 1,
    },
    {
      name: "a mode looser than the team's",
      logs: () => ({
        resourceLogs: [resourceLogs([good()]), resourceLogs([promptRecord({ uid: uid(2) })], "full")],
      }),
      rejected: 1,
    },
    {
      name: "a resource that says more",
      logs: () => ({
        resourceLogs: [resourceLogs([good()]), withHost(resourceLogs([requestRecord({ uid: uid(2) })]))],
      }),
      rejected: 1,
    },
    {
      name: "another scope",
      logs: () => ({
        resourceLogs: [resourceLogs([good()]), withScope(resourceLogs([requestRecord({ uid: uid(2) })]))],
      }),
      rejected: 1,
    },
    {
      name: "too old",
      logs: () => logsRequest([good(), requestRecord({ uid: uid(2), atS: nowS - 90 * dayS - 3600 })]),
      rejected: 1,
    },
    {
      name: "in the future",
      logs: () => logsRequest([good(), requestRecord({ uid: uid(2), atS: nowS + dayS + 3600 })]),
      rejected: 1,
    },
    {
      name: "without a time",
      logs: () => logsRequest([good(), requestRecord({ uid: uid(2), atS: 0 })]),
      rejected: 1,
    },
    {
      name: "none: old and early, but in time",
      logs: () =>
        logsRequest([
          good(),
          requestRecord({ uid: uid(2), atS: nowS - 90 * dayS + 3600 }),
          requestRecord({ uid: uid(3), atS: nowS + dayS - 3600 }),
        ]),
      rejected: 0,
    },
  ])("$name", async ({ logs, rejected }) => {
    const { agentToken } = await enrol();
    const sent = new SentMessages();
    const response = await post(agentToken, logs(), { INGEST: sent.queue() });
    expect(response.status).toBe(200);
    const answer = jsonCodec.decodeResponse(await response.bytes());
    expect(answer.partialSuccess?.rejectedLogRecords ?? 0).toBe(rejected);
    expect(sent.bodies.map((each) => MessageSchema.parse(each).events.length)).toEqual([
      1 + (rejected === 0 ? 2 : 0),
    ]);
  });

  it("all of them, still with 200 and a constant message", async () => {
    const { agentToken } = await enrol();
    const sent = new SentMessages();
    const foreign = { ...one().resourceLogs[0], resource: { attributes: [] } };
    const response = await post(agentToken, { resourceLogs: [foreign as never] }, { INGEST: sent.queue() });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      partialSuccess: {
        rejectedLogRecords: "1",
        errorMessage: "records outside the egress contract were rejected",
      },
    });
    expect(sent.bodies).toEqual([]);
  });
});

describe("a repository's hash", () => {
  const [cwd, project] = ["c".repeat(64), "d".repeat(64)];
  const named = () =>
    logsRequest([requestRecord({ uid: uid(1), cwd, values: { "talos.project.hash": project } })]);

  it.each([
    { name: "is the project where the team wants that", projects: true, kept: project },
    { name: "is not kept where it does not, and its record is", projects: false, kept: cwd },
  ])("$name", async ({ projects, kept }) => {
    const { agentToken } = await enrol();
    const headers = { origin: ORIGIN, "content-type": JSON_TYPE, cookie: await signIn({ role: "owner" }) };
    const body = JSON.stringify({ features: { projects } });
    expect((await call("/api/team", { method: "PATCH", headers, body })).status).toBe(204);
    const sent = new SentMessages();
    expect(await (await post(agentToken, named(), { INGEST: sent.queue() })).json()).toEqual({});
    const events = sent.bodies.flatMap((each) => MessageSchema.parse(each).events);
    expect(events).toMatchObject([{ project: kept }]);
    expect(JSON.stringify(sent.bodies)).not.toContain(kept === cwd ? project : cwd);
  });
});

function withHost(logs: ReturnType<typeof resourceLogs>) {
  logs.resource.attributes.push({ key: "host.name", value: { stringValue: "canary" } });
  return logs;
}

function withScope(logs: ReturnType<typeof resourceLogs>) {
  for (const { scope } of logs.scopeLogs) scope.name = "my.app";
  return logs;
}

it("splits what is too large for one queue message, and loses no record", async () => {
  const { agentToken } = await enrol();
  const sizes: number[] = [];
  const sent = new SentMessages();
  const queue = sent.queue();
  const INGEST = {
    sendBatch: async (messages: { body: unknown }[]) => {
      sizes.push(JSON.stringify(messages.map(({ body }) => body)).length);
      await queue.sendBatch(messages);
    },
  };
  const records = Array.from({ length: 1500 }, (_, n) => requestRecord({ uid: uid(n + 1) }));
  const response = await send(
    agentToken,
    {
      body: protobufCodec.encodeRequest(logsRequest(records)).slice(),
      headers: { "content-type": PROTOBUF_TYPE },
    },
    { INGEST },
  );
  expect(response.status).toBe(200);
  const messages = sent.bodies.map((each) => MessageSchema.parse(each));
  expect(messages.flatMap(({ events }) => events.map((event) => event.uid))).toEqual(
    records.map((_, n) => uid(n + 1)),
  );
  expect(Math.max(...messages.map((each) => JSON.stringify(each).length))).toBeLessThanOrEqual(100_000);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(256_000);
});

describe("the team's bucket", () => {
  const many = (count: number) =>
    logsRequest(Array.from({ length: count }, (_, n) => requestRecord({ uid: uid(n + 1) })));

  it("answers 429 with whole seconds to wait, per team", async () => {
    const ada = await enrol();
    const other = await enrol({ team: "Other" });
    await env.DB.prepare("UPDATE teams SET events_per_minute = 60, burst = 10").run();
    const bindings = { INGEST: new SentMessages().queue() };
    expect((await post(ada.agentToken, many(8), bindings)).status).toBe(200);
    const refused = await post(ada.agentToken, many(5), bindings);
    expect(await refusal(refused)).toEqual({ status: 429, message: "rate_limited" });
    expect(refused.headers.get("retry-after")).toMatch(/^[1-5]$/);
    expect((await post(other.agentToken, many(8), bindings)).status).toBe(200);
  });

  it("tells whoever comes back too early so again, and asks and reads nothing for it", async () => {
    const [ada, mate] = [await enrol(), await enrol({ developer: "Grace" })];
    await env.DB.prepare("UPDATE teams SET events_per_minute = 60, burst = 10").run();
    const sent = new SentMessages();
    const bindings = { INGEST: sent.queue() };
    expect((await post(ada.agentToken, many(6), bindings)).status).toBe(200);
    expect((await post(ada.agentToken, many(8), bindings)).status).toBe(429);
    const nothing = { get: () => expect.unreachable(), prepare: () => expect.unreachable() } as never;
    for (const body of ["no JSON", "{}", "x".repeat(5 * 1024 * 1024)]) {
      const init = { body, headers: { "content-type": JSON_TYPE, "content-encoding": "gzip" } };
      const again = await send(ada.agentToken, init, { BUCKETS: nothing, DB: nothing });
      expect(await refusal(again)).toEqual({ status: 429, message: "rate_limited" });
      expect(again.headers.get("retry-after")).toMatch(/^[1-4]$/);
    }
    const endless = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([1])) });
    const slow = { body: endless, headers: { "content-type": JSON_TYPE } };
    expect((await send(ada.agentToken, slow, { BODY_TIMEOUT_MS: "100" })).status).toBe(429);
    // It was told to wait, and its team's others were not: what is left is theirs.
    expect((await post(mate.agentToken, many(2), bindings)).status).toBe(200);
    expect(sent.bodies).toHaveLength(2);
  });

  it("lets a request larger than itself pass when it is full", async () => {
    const { agentToken } = await enrol();
    await env.DB.prepare("UPDATE teams SET events_per_minute = 60, burst = 10").run();
    expect((await post(agentToken, many(30), { INGEST: new SentMessages().queue() })).status).toBe(200);
  });

  it("keeps nothing on disk", async () => {
    const { agentToken, teamId } = await enrol();
    await post(agentToken, one(), { INGEST: new SentMessages().queue() });
    const stub = env.BUCKETS.get(env.BUCKETS.idFromName(`team:${teamId}`));
    expect(await runInDurableObject(stub, async (_, state) => (await state.storage.list()).size)).toBe(0);
  });

  it("lets data pass when its object fails", async () => {
    const { agentToken } = await enrol();
    const BUCKETS = {
      idFromName: () => ({}),
      get: () => ({ take: () => Promise.reject(new Error("overloaded")) }),
    };
    const response = await post(agentToken, one(), {
      BUCKETS: BUCKETS as never,
      INGEST: new SentMessages().queue(),
    });
    expect(response.status).toBe(200);
  });
});

describe("the inbox", () => {
  const inbox = async () =>
    (await env.DB.prepare("SELECT id, body FROM inbox").all<{ id: string; body: string }>()).results;

  it("holds each message before it is acknowledged, also when the queue fails", async () => {
    const { agentToken } = await enrol();
    const response = await post(agentToken, one(), { INBOX: "on", INGEST: brokenQueue as never });
    expect(response.status).toBe(200);
    expect((await inbox()).map(({ body }) => MessageSchema.parse(JSON.parse(body)).events[0]?.uid)).toEqual([
      uid(1),
    ]);
  });

  it("is not used where queues are durable", async () => {
    const { agentToken } = await enrol();
    await post(agentToken, one(), { INGEST: new SentMessages().queue() });
    expect(await inbox()).toEqual([]);
  });

  it("503, and so nothing lost, when the inbox takes nothing", async () => {
    const { agentToken } = await enrol();
    await env.DB.prepare("DROP TABLE inbox").run();
    const response = await post(agentToken, one(), { INBOX: "on", INGEST: new SentMessages().queue() });
    expect(await refusal(response)).toEqual({ status: 503, message: "temporarily_unavailable" });
  });
});
