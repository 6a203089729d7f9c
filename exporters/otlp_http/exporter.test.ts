import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SendResult } from "#component/component.ts";
import { VERSION } from "#config/version.ts";
import { makeCertificates } from "#testkit/certificate.ts";
import { FakeClock, logsRequest, type TestSettings, testSettings } from "#testkit/fakes.ts";
import { type Fault, HttpFaultServer } from "#testkit/http-fault-server.ts";
import { OtlpHttpConfig } from "./config.ts";
import { OtlpHttpExporter } from "./exporter.ts";

const CANARY = "canary-51f0";
const proto = "application/x-protobuf";
const json = "application/json";

let server: HttpFaultServer;
let settings: TestSettings;
const cleanups: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  server = await HttpFaultServer.start();
  cleanups.push(() => server.close());
  settings = testSettings({ clock: new FakeClock(Date.parse("2026-11-24T08:00:00Z")) });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function started(config: object = {}): Promise<OtlpHttpExporter> {
  const exporter = new OtlpHttpExporter(settings, OtlpHttpConfig.parse({ endpoint: server.url, ...config }));
  await exporter.start();
  cleanups.push(() => exporter.shutdown());
  return exporter;
}

async function answerTo(fault: Fault, config: object = {}): Promise<SendResult> {
  server.next(fault);
  return (await started(config)).send(logsRequest(5, { CANARY }), AbortSignal.timeout(10_000));
}

const delivered = (rejected = 0) => ({ kind: "delivered", rejected });
const retry = (reason: string, afterMs?: number) =>
  afterMs === undefined ? { kind: "retry", reason } : { kind: "retry", reason, afterMs };
const park = (status: number, destination: boolean) => ({
  kind: "park",
  reason: `POST answered ${status}`,
  destination,
});
const notOtlp = retry("POST answered 200, but the answer is not OTLP");
const signIn = (what: string) => retry(`POST answered ${what}: does this network want a sign-in?`);
const answer = (
  status: number,
  headers: Record<string, string> = {},
  body: string | Uint8Array = "",
): Fault => ({
  kind: "answer",
  status,
  headers,
  body,
});
const partial = (rejectedLogRecords: number): Fault => ({
  kind: "otlp",
  response: { partialSuccess: { rejectedLogRecords, errorMessage: CANARY } },
});
const rpcStatus = Buffer.from(`\x12\x0b${CANARY}`);

describe.each(["proto", "json"])("the delivery table, in %s", (encoding) => {
  const type = encoding === "proto" ? proto : json;
  const otherType = encoding === "proto" ? json : proto;

  it.each<{ name: string; fault: Fault; result: object }>([
    { name: "2xx with an OTLP response → delivered", fault: { kind: "otlp" }, result: delivered() },
    {
      name: "202 with an OTLP response → delivered",
      fault: { kind: "otlp", status: 202 },
      result: delivered(),
    },
    { name: "a gzip answer → delivered", fault: { kind: "otlp", gzip: true }, result: delivered() },
    { name: "204 → delivered", fault: answer(204), result: delivered() },
    { name: "partial success → delivered, the rejected counted", fault: partial(2), result: delivered(2) },
    { name: "partial success of none, with a warning → delivered", fault: partial(0), result: delivered() },
    { name: "more rejected than sent → all", fault: partial(70), result: delivered(5) },
    {
      name: "429 with Retry-After in seconds → retry then",
      fault: answer(429, { "retry-after": "7" }),
      result: retry("POST answered 429", 7_000),
    },
    {
      name: "503 with Retry-After as a date → retry then",
      fault: answer(503, { "retry-after": "Tue, 24 Nov 2026 08:01:00 GMT" }),
      result: retry("POST answered 503", 60_000),
    },
    {
      name: "429 with a Retry-After of a week → retry in an hour",
      fault: answer(429, { "retry-after": "604800" }),
      result: retry("POST answered 429", 3_600_000),
    },
    { name: "429 without Retry-After → retry", fault: answer(429), result: retry("POST answered 429") },
    { name: "502 → retry", fault: answer(502), result: retry("POST answered 502") },
    { name: "503 → retry", fault: answer(503), result: retry("POST answered 503") },
    { name: "504 → retry", fault: answer(504), result: retry("POST answered 504") },
    {
      name: "401 → park, for all requests",
      fault: answer(401, { "content-type": type }, rpcStatus),
      result: park(401, true),
    },
    { name: "403 → park, for all requests", fault: answer(403), result: park(403, true) },
    { name: "413 → split", fault: answer(413), result: { kind: "split", reason: "POST answered 413" } },
    {
      name: "301 is not followed → park",
      fault: answer(301, { location: `/${CANARY}` }),
      result: park(301, true),
    },
    {
      name: "307 is not followed → park",
      fault: answer(307, { location: `/${CANARY}` }),
      result: park(307, true),
    },
    {
      name: "400 → park this request",
      fault: answer(400, { "content-type": type }, rpcStatus),
      result: park(400, false),
    },
    { name: "404 → park, for all requests", fault: answer(404), result: park(404, true) },
    { name: "408 → park", fault: answer(408), result: park(408, false) },
    { name: "500 → park", fault: answer(500), result: park(500, false) },
    { name: "a 200 with HTML → retry", fault: { kind: "html200" }, result: signIn("200, a web page") },
    {
      name: "a redirect to another host → retry: a network that wants a sign-in",
      fault: answer(302, { location: `http://login.example.com/${CANARY}` }),
      result: signIn("302"),
    },
    { name: "511 → retry: so it is, said by the network", fault: answer(511), result: signIn("511") },
    {
      name: "308 to another host → park: the address has moved for good",
      fault: answer(308, { location: `https://other.example.com/${CANARY}` }),
      result: park(308, true),
    },
    {
      name: "HTML of the right type → retry",
      fault: answer(200, { "content-type": type }, `<html>${CANARY}</html>`),
      result: notOtlp,
    },
    {
      name: "the other encoding's type → retry",
      fault: answer(200, { "content-type": otherType }, "{}"),
      result: notOtlp,
    },
    { name: "a body without a type → retry", fault: answer(200, {}, "{}"), result: notOtlp },
    {
      name: "gzip that is none → retry",
      fault: answer(200, { "content-type": type, "content-encoding": "gzip" }, CANARY),
      result: notOtlp,
    },
    {
      name: "an encoding not asked for → retry",
      fault: answer(200, { "content-type": type, "content-encoding": "br" }, CANARY),
      result: notOtlp,
    },
    { name: "a huge answer → retry", fault: { kind: "huge", bytes: 5 * 1_048_576 }, result: notOtlp },
    {
      name: "an answer that inflates to a huge one → retry",
      fault: { kind: "huge", bytes: 50 * 1_048_576, gzip: true },
      result: notOtlp,
    },
    { name: "a reset → retry", fault: { kind: "reset" }, result: retry("connection failed: ECONNRESET") },
    {
      name: "a reset within the answer → retry",
      fault: { kind: "reset_mid_response" },
      result: retry("connection failed: ECONNRESET"),
    },
    {
      name: "an answer that ends early → retry",
      fault: { kind: "truncated" },
      result: retry("connection failed: ECONNRESET"),
    },
  ])("$name", async ({ fault, result }) => {
    const got = await answerTo(fault, { encoding, token: CANARY, headers: { "x-key": CANARY } });
    expect(got).toEqual(result);
    expect(server.received).toHaveLength(1);
    expect(inspect(got) + settings.said()).not.toContain(CANARY);
  });
});

it.each([
  {
    name: "an empty protobuf body is an OTLP response",
    encoding: "proto",
    fault: answer(200, { "content-type": proto }),
    result: delivered(),
  },
  { name: "so is one without a type", encoding: "proto", fault: answer(200), result: delivered() },
  {
    name: "`{}` is an OTLP response in JSON",
    encoding: "json",
    fault: answer(200, { "content-type": "Application/JSON; charset=utf-8" }, "{}"),
    result: delivered(),
  },
  {
    name: "an empty body is none in JSON",
    encoding: "json",
    fault: answer(200, { "content-type": json }),
    result: notOtlp,
  },
  {
    name: "a JSON text that is no object is none",
    encoding: "json",
    fault: answer(200, { "content-type": json }, "[]"),
    result: notOtlp,
  },
])("$name", async ({ encoding, fault, result }) => {
  expect(await answerTo(fault, { encoding })).toEqual(result);
});

const head = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n";
it.each([
  {
    name: "no HTTP at all",
    bytes: `SSH-2.0-${CANARY}\r\n`,
    result: retry("connection failed: HPE_INVALID_CONSTANT"),
  },
  {
    name: "a head without end",
    bytes: `${head}x-a: ${"x".repeat(20_000)}\r\n\r\n`,
    result: retry("connection failed: HPE_HEADER_OVERFLOW"),
  },
  { name: "nothing", bytes: "", result: retry("connection failed: ECONNRESET") },
  { name: "half a head", bytes: head, result: retry("connection failed: ECONNRESET") },
  {
    name: "hints before the answer",
    bytes: `HTTP/1.1 103 Early Hints\r\n\r\n${head}\r\n`,
    result: delivered(),
  },
  { name: "a status of nobody", bytes: `HTTP/1.1 799 ${CANARY}\r\n\r\n`, result: park(799, false) },
  {
    name: "another protocol",
    bytes: `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${CANARY}\r\n\r\n`,
    result: retry(expect.stringMatching(/^connection failed: [A-Z]+$/)),
  },
])("survives $name", async ({ bytes, result }) => {
  expect(await answerTo({ kind: "raw", bytes })).toEqual(result);
});

describe("what never comes", () => {
  it("a server that never answers → retry after the timeout", async () => {
    server.next({ kind: "never_answers" });
    const sent = (await started({ timeout: "20s" })).send(logsRequest(1), AbortSignal.timeout(10_000));
    await server.until(({ received }) => received.length === 1);
    await settings.clock.advance(20_000);
    expect(await sent).toEqual(retry("no complete answer in time"));
  });

  it("a slow loris → retry after the timeout, though bytes keep coming", async () => {
    server.next({ kind: "slow_loris", everyMs: 5 });
    const sent = (await started({ timeout: "20s" })).send(logsRequest(1), AbortSignal.timeout(10_000));
    await server.until(({ dripped }) => dripped > 3);
    await settings.clock.advance(19_999);
    const before = server.dripped;
    await server.until(({ dripped }) => dripped > before + 3);
    await settings.clock.advance(1);
    expect(await sent).toEqual(retry("no complete answer in time"));
  });

  it.each<{ name: string; fault: Fault }>([
    { name: "before an answer", fault: { kind: "never_answers" } },
    { name: "within an answer", fault: { kind: "slow_loris", everyMs: 5 } },
  ])("stops $name when asked to, and keeps the request", async ({ fault }) => {
    server.next(fault);
    const stop = new AbortController();
    const sent = (await started()).send(logsRequest(1), stop.signal);
    await server.until(
      ({ received, dripped }) => received.length === 1 && (fault.kind !== "slow_loris" || dripped > 0),
    );
    stop.abort();
    expect(await sent).toEqual(retry("stopped while sending"));
    expect(settings.clock.waiting).toBe(0);
  });

  it("stops at shutdown, and keeps the request", async () => {
    server.next({ kind: "never_answers" });
    const exporter = await started();
    const sent = exporter.send(logsRequest(1), AbortSignal.timeout(10_000));
    await server.until(({ received }) => received.length === 1);
    await exporter.shutdown();
    expect(await sent).toEqual(retry("stopped while sending"));
  });

  it("a port where nothing listens → retry", async () => {
    const exporter = await started();
    await server.close();
    expect(await exporter.send(logsRequest(1), AbortSignal.timeout(10_000))).toEqual(
      retry("connection failed: ECONNREFUSED"),
    );
  });

  it("a name that does not exist → retry", async () => {
    const exporter = await started({ endpoint: "https://does-not-exist.invalid" });
    const { kind, ...rest } = await exporter.send(logsRequest(1), AbortSignal.timeout(10_000));
    expect(kind).toBe("retry");
    expect(rest).toEqual({ reason: expect.stringMatching(/^connection failed: (ENOTFOUND|EAI_AGAIN)$/) });
  });
});

describe("the request", () => {
  it.each([
    { encoding: "proto", compression: "gzip", type: proto },
    { encoding: "proto", compression: "none", type: proto },
    { encoding: "json", compression: "gzip", type: json },
    { encoding: "json", compression: "none", type: json },
  ])("is OTLP in $encoding with $compression", async ({ encoding, compression, type }) => {
    const exporter = await started({ encoding, compression, endpoint: `${server.url}/team?x=1` });
    await exporter.send(logsRequest(3), AbortSignal.timeout(10_000));
    const [received] = server.received;
    expect(received).toMatchObject({ method: "POST", path: "/team/v1/logs?x=1", logs: logsRequest(3) });
    expect(received?.headers["content-type"]).toBe(type);
    expect(received?.headers["content-encoding"]).toBe(compression === "gzip" ? "gzip" : undefined);
  });

  it("says in its head only what the contract names", async () => {
    await (await started()).send(logsRequest(1), AbortSignal.timeout(10_000));
    const { "content-length": length, host, ...headers } = server.received[0]?.headers ?? {};
    expect(Number(length)).toBeGreaterThan(0);
    expect(`http://${host}`).toBe(server.url);
    expect(headers).toEqual({
      "accept-encoding": "gzip",
      connection: "keep-alive",
      "content-encoding": "gzip",
      "content-type": proto,
      "user-agent": `talos-auditor/${VERSION}`,
    });
  });

  it("carries the token and the user's headers", async () => {
    await (
      await started({ token: "t0ken", headers: { "X-Scope-OrgID": "team" } })
    ).send(logsRequest(1), AbortSignal.timeout(10_000));
    expect(server.received[0]?.headers).toMatchObject({
      authorization: "Bearer t0ken",
      "x-scope-orgid": "team",
    });
  });

  it("is never sent when the signal was aborted before", async () => {
    await (await started()).send(logsRequest(1), AbortSignal.abort());
    expect(server.connections).toBe(0);
  });
});

describe("connections", () => {
  it("are used again", async () => {
    const exporter = await started();
    for (const _ of [1, 2, 3]) await exporter.send(logsRequest(1), AbortSignal.timeout(10_000));
    expect([server.received.length, server.connections]).toEqual([3, 1]);
  });

  it("that the server closed meanwhile are replaced at once, without a retry", async () => {
    const exporter = await started();
    await exporter.send(logsRequest(1), AbortSignal.timeout(10_000));
    server.next({ kind: "reset" });
    expect(await exporter.send(logsRequest(1), AbortSignal.timeout(10_000))).toEqual(delivered());
    expect(server.connections).toBe(2);
  });

  it("that are reset within an answer are not replaced: the server had the request", async () => {
    const exporter = await started();
    await exporter.send(logsRequest(1), AbortSignal.timeout(10_000));
    server.next({ kind: "reset_mid_response" });
    expect(await exporter.send(logsRequest(1), AbortSignal.timeout(10_000))).toEqual(
      retry("connection failed: ECONNRESET"),
    );
    expect(server.received).toHaveLength(2);
  });

  it("are closed by a refusal, whose body nobody waits for", async () => {
    server.next({ kind: "slow_loris", everyMs: 5, status: 503 });
    const exporter = await started();
    expect(await exporter.send(logsRequest(1), AbortSignal.timeout(10_000))).toEqual(
      retry("POST answered 503"),
    );
    await server.until(({ open }) => open === 0);
  });

  it("are retried later with a server that resets every time", async () => {
    const exporter = await started();
    await exporter.send(logsRequest(1), AbortSignal.timeout(10_000));
    server.next({ kind: "reset" }, { kind: "reset" });
    expect(await exporter.send(logsRequest(1), AbortSignal.timeout(10_000))).toEqual(
      retry("connection failed: ECONNRESET"),
    );
  });
});

describe("TLS", () => {
  const certificates = makeCertificates();
  let folder: string;
  let caFile: string;

  beforeEach(async () => {
    server = await HttpFaultServer.start(certificates);
    cleanups.push(() => server.close());
    folder = await mkdtemp(path.join(tmpdir(), "otlp-http-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    caFile = path.join(folder, "ca.pem");
    await writeFile(caFile, certificates.ca);
  });

  it("trusts the authorities in `ca_file`", async () => {
    expect(await answerTo({ kind: "otlp" }, { tls: { ca_file: caFile } })).toEqual(delivered());
  });

  it("looks for `~/` in the home folder", async () => {
    settings = testSettings({ platform: { homeDir: folder } });
    expect(await answerTo({ kind: "otlp" }, { tls: { ca_file: "~/ca.pem" } })).toEqual(delivered());
  });

  it("sends nothing to a server whose authority is not trusted", async () => {
    const result = await answerTo({ kind: "otlp" });
    expect(result).toEqual(
      retry(
        "connection failed: UNABLE_TO_VERIFY_LEAF_SIGNATURE; is a proxy's authority missing in `tls.ca_file`?",
      ),
    );
    expect(server.received).toEqual([]);
  });

  it("sends nothing to a server that another authority of the same name vouches for", async () => {
    await writeFile(caFile, makeCertificates().ca);
    const result = await answerTo({ kind: "otlp" }, { tls: { ca_file: caFile } });
    expect(result).toEqual(retry(expect.stringMatching(/^connection failed: [A-Z_]+/)));
    expect(server.received).toEqual([]);
  });

  it("sends nothing to a server of another name", async () => {
    const exporter = await started({
      endpoint: `https://127.0.0.2:${server.port}`,
      tls: { ca_file: caFile },
    });
    expect((await exporter.send(logsRequest(1), AbortSignal.timeout(10_000))).kind).toBe("retry");
    expect(server.received).toEqual([]);
  });

  it("is not turned off by the environment", async () => {
    const { NODE_TLS_REJECT_UNAUTHORIZED: before } = process.env;
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      expect((await answerTo({ kind: "otlp" })).kind).toBe("retry");
    } finally {
      if (before === undefined) delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
      else process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = before;
    }
  });

  it.each([
    ["is missing", () => Promise.resolve("missing.pem"), "ENOENT"],
    [
      "holds no certificate",
      () => writeFile(caFile, CANARY).then(() => "ca.pem"),
      "ERR_OSSL_PEM_NO_START_LINE",
    ],
  ])("refuses to start when `ca_file` %s, without naming its folder", async (_, prepare, code) => {
    const ca_file = path.join(folder, await prepare());
    await expect(started({ tls: { ca_file } })).rejects.toThrow(
      `exporters.test.tls.ca_file: cannot be used (${code})`,
    );
  });

  it("plain HTTP on the server's port → retry", async () => {
    const plain = await HttpFaultServer.start();
    cleanups.push(() => plain.close());
    const exporter = await started({ endpoint: plain.url.replace("http:", "https:") });
    const result = await exporter.send(logsRequest(1), AbortSignal.timeout(10_000));
    expect(result).toEqual(retry(expect.stringMatching(/^connection failed: [A-Z0-9_]+$/)));
  });
});
