import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider, type ReadableLogRecord, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonCodec } from "#proto/json.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import { LocalWorkers, until } from "./harness/workers.ts";
import { logsRequest, promptRecord, requestRecord, resourceLogs, uid } from "./records.ts";

const workers = new LocalWorkers();
let token = "";

beforeAll(async () => {
  await workers.start();
  const enrolment = await workers.setUp("/local/enrol", { team: "Acme", timeZone: "UTC", developer: "Ada" });
  token = enrolment["agentToken"] ?? "";
});
afterAll(() => workers.close());

function send(records: Parameters<typeof logsRequest>[0]): Promise<Response> {
  return fetch(`${workers.url}/v1/logs`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/x-protobuf",
      "content-encoding": "gzip",
    },
    body: gzipSync(protobufCodec.encodeRequest(logsRequest(records))),
  });
}

const count = (table: string) => Number(workers.query(`SELECT count(*) n FROM ${table}`)[0]?.["n"]);
const requests = () => Number(workers.query("SELECT coalesce(sum(requests), 0) n FROM rollups")[0]?.["n"]);

describe("a kill with a full inbox", () => {
  it("loses nothing and doubles nothing, three times over", { timeout: 180_000 }, async () => {
    let sent = 0;
    for (let round = 0; round < 3; round += 1) {
      const statuses: number[] = [];
      for (let n = 0; n < 20; n += 1) {
        const records = [requestRecord({ uid: uid((sent += 1)) }), requestRecord({ uid: uid((sent += 1)) })];
        statuses.push((await send(records)).status);
      }
      expect(new Set(statuses)).toEqual(new Set([200]));
      await workers.kill();
      // What was acknowledged is stored or waits: here it is that something waits.
      expect(count("inbox")).toBeGreaterThan(0);
      await workers.restart();
      await until(async () => {
        await (await fetch(`${workers.url}/api/version`)).arrayBuffer();
        return count("inbox") === 0;
      });
      expect([count("events"), requests()]).toEqual([sent, sent]);
    }
  });
});

describe("ordinary OpenTelemetry exporters are accepted", () => {
  it.each([
    { name: "exporter-logs-otlp-http", create: JsonExporter },
    { name: "exporter-logs-otlp-proto", create: ProtobufExporter },
  ])("$name: success, with the exact count of foreign records", async ({ create }) => {
    const headers = { authorization: `Bearer ${token}` };
    const answers: Answer[] = [];
    const proxy = await recordingProxy(workers.url, answers);
    const exporter = new create({ url: `${proxy.url}/v1/logs`, headers });
    const records = await foreignRecords(7);
    const result = await new Promise<{ code: number; error?: Error }>((resolve) =>
      exporter.export(records, resolve),
    );
    await exporter.shutdown();
    await proxy.close();
    expect(result).toEqual({ code: 0 });
    const [answer] = answers;
    const codec = answer?.type === jsonCodec.contentType ? jsonCodec : protobufCodec;
    expect(answer?.status).toBe(200);
    expect(codec.decodeResponse(answer?.body ?? new Uint8Array()).partialSuccess?.rejectedLogRecords).toBe(7);
  });
});

async function foreignRecords(size: number): Promise<ReadableLogRecord[]> {
  const records: ReadableLogRecord[] = [];
  const collect = {
    export: (batch: ReadableLogRecord[], done: (result: { code: number }) => void) => {
      records.push(...batch);
      done({ code: 0 });
    },
    shutdown: async () => undefined,
    forceFlush: async () => undefined,
  };
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": "shop", "host.name": "canary-host" }),
    processors: [new SimpleLogRecordProcessor({ exporter: collect })],
  });
  const logger = provider.getLogger("shop.cart");
  for (let n = 0; n < size; n += 1) {
    logger.emit({
      severityNumber: 9,
      body: `canary-body-${n}`,
      attributes: { "user.id": "canary-user" },
    });
  }
  await provider.forceFlush();
  return records;
}

interface Answer {
  status: number;
  body: Uint8Array;
  type: string;
}

/** Passes requests on and keeps the answers, which exporters do not show. */
async function recordingProxy(target: string, answers: Answer[]) {
  const server = createServer((request, response) => void passOn(request, response, { target, answers }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, close: () => new Promise((resolve) => server.close(resolve)) };
}

async function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  { target, answers }: { target: string; answers: Answer[] },
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (const name of ["authorization", "content-type", "content-encoding"]) {
    const value = request.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  const answer = await fetch(target + (request.url ?? ""), {
    method: "POST",
    headers,
    body: Buffer.concat(chunks),
  });
  const body = new Uint8Array(await answer.arrayBuffer());
  const type = answer.headers.get("content-type") ?? "";
  answers.push({ status: answer.status, body, type });
  response.writeHead(answer.status, { "content-type": type }).end(body);
}

describe("a viewer", () => {
  it.each(["127.0.0.1", "localhost"])("signs in at %s and sees what was stored", async (host) => {
    const origin = workers.url.replace("127.0.0.1", host);
    const { code } = await workers.setUp("/local/sign-in-code", {});
    const answer = await fetch(`${origin}/api/sign-in`, {
      method: "POST",
      headers: { origin, "content-type": "application/json" },
      body: JSON.stringify({ code }),
    });
    expect(answer.status).toBe(204);
    const setCookie = answer.headers.get("set-cookie") ?? "";
    expect(setCookie).not.toContain("Secure");
    const headers = { cookie: setCookie.split(";")[0] ?? "" };
    const today = new Date().toISOString().slice(0, 10);
    const week = new Date(Date.now() - 6 * 86_400_000).toISOString().slice(0, 10);
    const report = await fetch(`${origin}/api/report?from=${week}&to=${today}`, { headers });
    const { totals } = (await report.json()) as { totals: { requests: number } };
    expect(totals.requests).toBe(requests());
    const etag = report.headers.get("etag") ?? "";
    const again = await fetch(`${origin}/api/report?from=${week}&to=${today}`, {
      headers: { ...headers, "if-none-match": etag },
    });
    expect([etag === "", again.status]).toEqual([false, 304]);
  });
});

describe("nothing that was refused is kept or printed", () => {
  it("no canary is in D1, R2, Durable Objects, queues or any output", async () => {
    const canary = "canary-7f3a9c";
    const text = { stringValue: `secret ${canary} text` };
    const withText = { ...promptRecord({ uid: uid(900_001) }), body: text };
    const withKey = requestRecord({
      uid: uid(900_002),
      values: { [`${canary}.key`]: canary, "user.email": canary },
    });
    const answers = [
      await send([
        withText,
        withKey,
        requestRecord({ uid: uid(900_003), model: canary }),
        requestRecord({ uid: uid(900_004) }),
      ]),
      await post(
        JSON.stringify({ resourceLogs: [{ ...resourceLogs([]), schemaUrl: canary }], [canary]: canary }),
      ),
      await post(`{"resourceLogs": [${canary}`),
      await post(`{"resourceLogs": "${canary}"}`),
      await post(`\u0000${canary}`, { "content-type": "application/x-protobuf" }),
      await post(canary, { "content-encoding": "gzip" }),
      await post("{}", { authorization: `Bearer tal_${canary}` }),
      await post("{}", { "content-type": `text/${canary}` }),
      await fetch(`${workers.url}/v1/${canary}`, { method: "POST", body: canary }),
      await fetch(`${workers.url}/api/report?from=${canary}`, {
        headers: { cookie: `talos_session=${canary}` },
      }),
      await fetch(`${workers.url}/api/sign-in`, {
        method: "POST",
        headers: { origin: workers.url, "content-type": "application/json" },
        body: `{"code":"${canary}"}`,
      }),
      await fetch(`${workers.url}/local/enrol`, {
        method: "POST",
        headers: { authorization: `Bearer ${canary}` },
        body: canary,
      }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBeLessThan(500);
      expect(await answer.text()).not.toContain(canary);
    }
    await until(
      () => workers.query("SELECT 1 FROM events WHERE lower(hex(uid)) = '" + uid(900_004) + "'").length === 1,
    );
    // The search would find what is there.
    expect(workers.files().some(({ bytes }) => bytes.includes("claude-sonnet-5-5"))).toBe(true);
    for (const { name, bytes } of workers.files())
      expect([name, bytes.includes(canary)]).toEqual([name, false]);
    // wrangler prints the path of each request, which is why no secret is ever part of one.
    const printed = workers.output
      .split("\n")
      .filter((line) => !/\[wrangler:info\] (?:GET|POST) \//.test(line));
    expect(printed.join("\n")).not.toContain(canary);
    expect(workers.output).not.toContain(token);
    for (const { name, bytes } of workers.files())
      expect([name, bytes.includes(token)]).toEqual([name, false]);
  });
});

function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  const base = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return fetch(`${workers.url}/v1/logs`, { method: "POST", headers: { ...base, ...headers }, body });
}
