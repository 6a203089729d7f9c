import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Processor, Resolved } from "#component/component.ts";
import type { Mode } from "#proto/egress.ts";
import { makeCertificates } from "#testkit/certificate.ts";
import { type TestSettings, testSettings } from "#testkit/fakes.ts";
import { type Fault, HttpFaultServer } from "#testkit/http-fault-server.ts";
import { HOSTILE_HINTS } from "../../proto/testdata/hostile-hints.ts";
import { categorizeFactory } from "./factory.ts";
import { promptRecord } from "./testing.ts";

const CANARY = "canaryprompt77";
const TOKEN = "canary-token-77";
const PROMPT = `Fix the ${CANARY} login page, it shows an empty list.`;
const never = new AbortController().signal;

let server: HttpFaultServer;
let settings: TestSettings;
let made: Processor;

beforeEach(async () => {
  server = await HttpFaultServer.start();
  settings = testSettings({ id: "categorize" });
  made = await started({});
});
afterEach(async () => {
  await made.shutdown(never);
  await server.close();
  const said = settings.said();
  if (said.includes(CANARY) || said.includes(TOKEN)) throw new Error("the prompt or the token was said");
});

async function started(config: object): Promise<Processor> {
  const parsed = categorizeFactory.config.parse({
    provider: "cloud",
    endpoint: server.url,
    token: TOKEN,
    ...config,
  });
  const created = categorizeFactory.create(settings, parsed);
  await created.start();
  return created;
}

function answers(body: unknown, over: { status?: number; headers?: Record<string, string> } = {}): Fault {
  return {
    kind: "answer",
    status: over.status ?? 200,
    headers: { "content-type": "application/json", ...over.headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

const GOOD = {
  category: "bugfix",
  task_hint: "Repair an empty list on the sign-in page",
  project_hint: "web application",
  confidence: 0.87,
};

async function resolve(prompt = PROMPT, mode: Mode = "categorize_cloud"): Promise<Resolved> {
  const resolved = await made.later?.resolve(promptRecord(prompt), never, mode);
  if (resolved === undefined) throw new Error("has no later");
  if (resolved.kind === "retry" && resolved.reason.includes(CANARY)) throw new Error("the prompt was said");
  return resolved;
}

const labels = (resolved: Resolved) =>
  resolved.kind === "done" ? Object.fromEntries(resolved.record.attributes) : resolved;

describe("the team's backend", () => {
  it("is sent one prompt, with the token, and nothing about the machine", async () => {
    server.next(answers(GOOD));
    expect(labels(await resolve())).toEqual({
      "talos.category": "bugfix",
      "talos.category.confidence": 0.9,
      "talos.category.method": "haiku",
      "talos.task_hint": "Repair an empty list on the sign-in page",
      "talos.project_hint": "web application",
    });
    const [received] = server.received;
    expect(received).toMatchObject({ method: "POST", path: "/v1/categorize" });
    expect(JSON.parse(new TextDecoder().decode(received?.body))).toEqual({ prompt: PROMPT });
    expect(Object.keys(received?.headers ?? {}).toSorted()).toEqual([
      "accept-encoding",
      "authorization",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
    ]);
    expect(received?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it.each(["categorize_cloud", "full"] as const)("is asked in mode %s", async (mode) => {
    server.next(answers(GOOD));
    await resolve(PROMPT, mode);
    expect(server.received).toHaveLength(1);
  });

  it.each(["off", "categorize_local"] as const)(
    "is never asked in mode %s, whatever the configuration says",
    async (mode) => {
      expect(labels(await resolve(PROMPT, mode))).toMatchObject({ "talos.category.method": "rules" });
      expect(server.received).toEqual([]);
      expect(settings.counts.get("processor_categorize_without_model_mode")).toBe(1);
    },
  );

  it("below a path of its own", async () => {
    await made.shutdown(never);
    made = await started({ endpoint: `${server.url}/talos/`, headers: { "X-Team": "a" } });
    server.next(answers(GOOD));
    await resolve();
    expect(server.received[0]).toMatchObject({ path: "/talos/v1/categorize", headers: { "x-team": "a" } });
  });

  it("gets the beginning and the end of a long prompt, and no half letters", async () => {
    server.next(answers(GOOD));
    await resolve(`${CANARY} ${"x".repeat(4_000 - CANARY.length - 2)}${"😀".repeat(2_001)}`);
    const body = new TextDecoder("utf-8", { fatal: true }).decode(server.received[0]?.body);
    expect(body.length).toBeLessThan(7_000);
    expect(body).toContain(CANARY);
    expect(JSON.parse(body).prompt.isWellFormed()).toBe(true);
  });

  it.each(HOSTILE_HINTS.slice(0, 12))("is not trusted either: $trick", async ({ prompt, task }) => {
    server.next(answers({ ...GOOD, task_hint: task, project_hint: "" }));
    expect(labels(await resolve(prompt))).not.toHaveProperty(["talos.task_hint"]);
  });
});

describe("what it cannot do now stays here, encrypted", () => {
  it.each<[string, Fault, number, number]>([
    [
      "503 with Retry-After",
      answers(CANARY, { status: 503, headers: { "retry-after": "120" } }),
      120_000,
      120_000,
    ],
    [
      "429 with Retry-After",
      answers(CANARY, { status: 429, headers: { "retry-after": "60" } }),
      60_000,
      60_000,
    ],
    ["503", answers(CANARY, { status: 503 }), 5_000, 10_000],
    ["529", answers(CANARY, { status: 529 }), 5_000, 10_000],
    ["500", answers(CANARY, { status: 500 }), 5_000, 10_000],
    ["401", answers(CANARY, { status: 401 }), 1_800_000, 1_800_000],
    ["403", answers(CANARY, { status: 403 }), 1_800_000, 1_800_000],
    ["404", answers(CANARY, { status: 404 }), 1_800_000, 1_800_000],
    [
      "a redirect",
      answers("", { status: 307, headers: { location: "https://elsewhere.example/" } }),
      1_800_000,
      1_800_000,
    ],
    ["a page that asks to sign in", { kind: "html200" }, 5_000, 10_000],
    ["a reset", { kind: "reset" }, 5_000, 10_000],
    ["half an answer", { kind: "reset_mid_response" }, 5_000, 10_000],
    ["a cut answer", { kind: "truncated" }, 5_000, 10_000],
    ["no HTTP", { kind: "raw", bytes: `${CANARY}\r\n\r\n` }, 5_000, 10_000],
  ])("%s", async (_what, fault, least, most) => {
    server.next(fault);
    const resolved = await resolve();
    expect(resolved).toMatchObject({ kind: "retry" });
    if (resolved.kind !== "retry") return;
    expect(resolved.afterMs).toBeGreaterThanOrEqual(least);
    expect(resolved.afterMs).toBeLessThanOrEqual(most);
    server.next(answers(GOOD));
    expect(labels(await resolve())).toMatchObject({ "talos.category.method": "haiku" });
  });

  it("asks more and more rarely, and at least every fifteen minutes", async () => {
    let last = 0;
    for (let n = 0; n < 12; n += 1) {
      server.next(answers("", { status: 503 }));
      const resolved = await resolve();
      last = resolved.kind === "retry" ? resolved.afterMs : 0;
    }
    expect(last).toBeGreaterThan(400_000);
    expect(last).toBeLessThanOrEqual(900_000);
  });

  it.each<Fault>([{ kind: "never_answers" }, { kind: "slow_loris", everyMs: 5 }])(
    "no answer within the time limit: %o",
    async (fault) => {
      server.next(fault);
      const resolved = resolve();
      await server.until(({ received }) => received.length === 1);
      await settings.clock.advance(60_000);
      expect(await resolved).toMatchObject({ kind: "retry", reason: "no complete answer in time" });
      expect(settings.clock.waiting).toBe(0);
    },
  );

  it("a stopped collector", async () => {
    server.next({ kind: "never_answers" });
    const stop = new AbortController();
    const record = promptRecord(PROMPT);
    const resolved = made.later?.resolve(record, stop.signal, "full");
    await server.until(({ received }) => received.length === 1);
    stop.abort();
    expect(await resolved).toMatchObject({ kind: "retry", reason: "stopped" });
    expect(record).toMatchObject({ body: PROMPT, attributes: new Map() });
  });

  it("no backend at all", async () => {
    await server.close();
    expect(await resolve()).toMatchObject({ kind: "retry", reason: "connection failed: ECONNREFUSED" });
  });
});

describe("what it will never do is left to the rules", () => {
  it.each<[string, Fault, string]>([
    ["the team's cap is reached", answers({ error: { code: "over_cap" } }, { status: 402 }), "over_cap"],
    ["the backend has no model to ask", answers("", { status: 501 }), "not_set_up"],
    ["the prompt is too large", answers("", { status: 413 }), "refused"],
    ["the prompt is refused", answers(CANARY, { status: 422 }), "refused"],
    ["an unknown category", answers({ ...GOOD, category: CANARY }), "bad_answer"],
    ["half of its JSON", answers(`{"category": "bugfix", "task_hint": "${CANARY}`), "bad_answer"],
  ])("%s", async (_what, fault, reason) => {
    server.next(fault);
    expect(labels(await resolve())).toEqual({
      "talos.category": "bugfix",
      "talos.category.confidence": expect.any(Number),
      "talos.category.method": "rules",
    });
    expect(settings.counts.get(`processor_categorize_without_model_${reason}`)).toBe(1);
  });

  it("the cap is said once, until it is over", async () => {
    for (const status of [402, 402, 200, 402]) {
      server.next(answers(status === 200 ? GOOD : "", { status }));
      await resolve();
    }
    expect(settings.lines.map(({ level }) => level)).toEqual(["warn", "info", "warn"]);
  });
});

it("an authority of the company's own is trusted where the configuration names it", async () => {
  const { mkdtemp, rm, writeFile } = await import("node:fs/promises");
  const folder = await mkdtemp("/tmp/categorize-");
  const certificates = makeCertificates();
  const secure = await HttpFaultServer.start(certificates);
  try {
    await writeFile(`${folder}/ca.pem`, certificates.ca);
    await made.shutdown(never);
    const endpoint = `https://localhost:${secure.port}`;
    made = await started({ endpoint, tls: { ca_file: `${folder}/ca.pem` } });
    secure.next(answers(GOOD));
    await vi.waitFor(async () => {
      expect(labels(await resolve())).toMatchObject({ "talos.category.method": "haiku" });
    });
    await made.shutdown(never);
    made = await started({ endpoint });
    expect(await resolve()).toMatchObject({
      kind: "retry",
      reason: expect.stringContaining("connection failed: "),
    });
    expect(secure.received).toHaveLength(1);
  } finally {
    await secure.close();
    await rm(folder, { recursive: true, force: true });
  }
});
