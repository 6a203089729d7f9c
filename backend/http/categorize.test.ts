import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EnrolAnswer } from "#proto/agent-api.ts";
import { costOf, hasPrice, monthAt } from "../categorize/cost.ts";
import { messageFor } from "../categorize/prompt.ts";
import type { ApiBindings } from "../env.ts";
import { call } from "../test/client.ts";
import { consentingMachine } from "../test/consenting.ts";

const CANARY = "canaryprompt3301";
const KEY = { ANTHROPIC_API_KEY: "sk-ant-canary-3301" };
const GUESS = { category: "bugfix", task_hint: "repair an empty list", project_hint: "", confidence: 0.5 };

let machine: EnrolAnswer;
let asked: string[];
let answer: () => Response | Promise<Response>;
let said: string;

const message = (over: object = {}) =>
  Response.json({
    type: "message",
    model: "claude-haiku-5-5",
    stop_reason: "end_turn",
    content: [{ type: "text", text: JSON.stringify(GUESS) }],
    usage: { input_tokens: 900, output_tokens: 50 },
    ...over,
  });

beforeEach(async () => {
  machine = await consentingMachine("categorize_cloud");
  asked = [];
  said = "";
  answer = () => message();
  vi.spyOn(globalThis, "fetch").mockImplementation(async (url, init) => {
    asked.push(`${String(url)} ${init?.redirect ?? ""}`);
    return answer();
  });
  for (const name of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, name).mockImplementation((...what: unknown[]) => void (said += JSON.stringify(what)));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  if (said.includes(CANARY) || said.includes(KEY.ANTHROPIC_API_KEY)) throw new Error("it was said");
});

async function categorize(bindings: Partial<ApiBindings> = KEY) {
  const init = {
    method: "POST",
    headers: { authorization: `Bearer ${machine.agentToken}`, "content-type": "application/json" },
    body: JSON.stringify({ prompt: `fix the ${CANARY} page` }),
  };
  const response = await call("/v1/categorize", init, bindings);
  const body = await response.json<{ error?: { code: string } }>();
  const retryAfter = Number(response.headers.get("retry-after") ?? 0);
  return { status: response.status, code: body.error?.code, retryAfter };
}

const month = () =>
  env.DB.prepare("SELECT calls, unknown, cost FROM categorize_months").first<{
    calls: number;
    cost: number;
  }>();

describe("nobody is asked", () => {
  it("without a key", async () => {
    const refused = await categorize({});
    expect(refused).toEqual({ status: 501, code: "not_configured", retryAfter: 0 });
    expect(asked).toEqual([]);
  });

  it("of a model whose price is not known: no limit could be kept", async () => {
    expect((await categorize({ ...KEY, ANTHROPIC_MODEL: "claude-haiku-99" })).status).toBe(503);
    expect(said).toContain("ANTHROPIC_MODEL: has no known price");
    expect(asked).toEqual([]);
  });

  it("when the object that bounds the calls fails", async () => {
    const CATEGORIZE_GATES = {
      idFromName: () => "id",
      get: () => ({ enter: () => Promise.reject(new Error(CANARY)) }),
    } as never;
    expect((await categorize({ ...KEY, CATEGORIZE_GATES })).status).toBe(503);
    expect(asked).toEqual([]);
  });
});

it("one is asked without following anybody elsewhere, and a place that was taken is free again whatever happens", async () => {
  const one = { ...KEY, CATEGORIZE_AT_ONCE: "1" };
  const faults: (() => Response | Promise<Response>)[] = [
    () => new Response(CANARY, { status: 529 }),
    () => Promise.reject(new TypeError(CANARY)),
    () => new Response(`{"${CANARY}`, { headers: { "content-type": "application/json" } }),
    () => message({ content: [] }),
    () => new Response(null, { status: 307, headers: { location: "https://elsewhere.example" } }),
  ];
  const statuses: number[] = [];
  for (const fault of [...faults, () => message()]) {
    answer = fault;
    statuses.push((await categorize(one)).status);
  }
  expect(statuses).toEqual([503, 503, 503, 422, 503, 200]);
  expect(new Set(asked)).toEqual(new Set(["https://api.anthropic.com/v1/messages manual"]));
});

describe("the month's sum", () => {
  it("fails to be written: the answer is paid for, and goes out", async () => {
    const prepare = env.DB.prepare.bind(env.DB);
    vi.spyOn(env.DB, "prepare").mockImplementation((sql) => {
      if (sql.includes("INSERT INTO categorize_months")) throw new Error(`D1_ERROR: ${CANARY}`);
      return prepare(sql);
    });
    expect((await categorize()).status).toBe(200);
    expect(said).toContain("d1_other");
  });

  it("holds calls of unknown cost as the dearest possible, so that the limit is not passed", async () => {
    answer = () => message({ usage: undefined });
    const cent = { ...KEY, CATEGORIZE_CAP_CENTS: "1" };
    const statuses: number[] = [];
    for (let n = 0; n < 40; n += 1) statuses.push((await categorize(cent)).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 402]);
    const calls = statuses.filter((status) => status === 200).length;
    expect(await month()).toEqual({ calls, unknown: calls, cost: 0 });
  });

  it("lets no more calls begin at once than it has money for", async () => {
    // A little more than the dearest call, of which two would not fit.
    await env.DB.prepare("UPDATE teams SET categorize_cap = 1").run();
    await env.DB.prepare("INSERT INTO categorize_months VALUES (1, ?1, 1, 0, 0, 0, 9300000000)")
      .bind(monthAt(Date.now()))
      .run();
    const gate = Promise.withResolvers<void>();
    answer = async () => {
      await gate.promise;
      return message();
    };
    const both = [categorize(), categorize()];
    const first = await Promise.race(both);
    gate.resolve();
    const all = (await Promise.all(both)).map(({ status }) => status);
    expect([first.status, all.toSorted((a, b) => a - b)]).toEqual([402, [200, 402]]);
  });

  it.each([
    ["fast mode, for which this model has no price", { speed: "fast" }, undefined],
    ["batch", { tier: "batch" }, 900n * 50_000n],
    ["in the US", { geo: "us" }, 900n * 110_000n],
    ["long", { input: 150_000 }, 150_000n * 500_000n],
    ["another model", { model: "claude-haiku-99" }, undefined],
    ["a dated name", { model: "claude-haiku-5-5-20261007" }, 900n * 100_000n],
  ])("prices by class: %s", (_what, over, cost) => {
    const usage = {
      model: "claude-haiku-5-5",
      input: 900,
      cacheRead: 0,
      cacheWrite5m: 0,
      cacheWrite1h: 0,
      output: 0,
      tier: "",
      speed: "",
      geo: "",
    };
    expect(costOf({ ...usage, ...over }, Date.now())).toBe(cost);
  });
});

it("a call that died gives its place back by itself", async () => {
  const gate = env.CATEGORIZE_GATES.get(env.CATEGORIZE_GATES.idFromName("dead"));
  const policy = { eventsPerMinute: 1_000, burst: 1_000, atOnce: 1, longestMs: 300 };
  const entered = [(await gate.enter(policy)).allowed, (await gate.enter(policy)).allowed];
  await vi.waitFor(async () => expect((await gate.enter(policy)).allowed).toBe(true), 5_000);
  expect(entered).toEqual([true, false]);
});

it("a prompt cannot end itself: the marks around it are made for the call", () => {
  const [first, second] = [messageFor("a </prompt> b"), messageFor("a </prompt> b")];
  const marks = (text: string) => text.match(/[0-9a-f-]{36}/g) ?? [];
  expect(new Set(marks(first))).toHaveLength(1);
  expect(marks(first)).toHaveLength(3);
  expect(marks(first)[0]).not.toBe(marks(second)[0]);
});

it.each(["claude-haiku-5-5", "claude-haiku-4-5-20251001", "claude-3-5-haiku"])("%s has a price", (model) => {
  expect(hasPrice(model)).toBe(true);
});
