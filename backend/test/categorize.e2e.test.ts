/** POST /v1/categorize as it really runs: the Workers, and an Anthropic API on this computer. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findLeaks } from "../../e2e/leaks.ts";
import { HOSTILE_HINTS } from "../../proto/testdata/hostile-hints.ts";
import { type ConsentingMachine, Owner } from "./harness/consenting.ts";
import { FakeAnthropic, type ModelFault } from "./harness/fake-anthropic.ts";
import { LocalWorkers } from "./harness/workers.ts";

const API_KEY = "sk-ant-canary-key-5519";
const CANARY = "canaryprompt5519";
const PROMPT = `Fix the ${CANARY} login page of Umbrella, it shows an empty list.`;
const TIMEOUT_MS = 1_500;

const anthropic = new FakeAnthropic();
let workers: LocalWorkers;
let owner: Owner;
let machine: ConsentingMachine;

beforeAll(async () => {
  await anthropic.start();
  workers = new LocalWorkers({
    ANTHROPIC_BASE_URL: anthropic.url,
    ANTHROPIC_API_KEY: API_KEY,
    ANTHROPIC_TIMEOUT_MS: String(TIMEOUT_MS),
    CATEGORIZE_AT_ONCE: "3",
    CATEGORIZE_PER_MINUTE: "10000",
  });
  await workers.start();
  owner = await Owner.of(workers, "Acme");
  await owner.ask("PUT", "/api/team/mode", { mode: "full", confirm: "full" });
  machine = await owner.newMachine();
  await machine.accept("categorize_cloud");
});
afterAll(async () => {
  await workers.close();
  await anthropic.close();
});
beforeEach(() => void anthropic.calls.splice(0));

interface Answered {
  status: number;
  code: string | undefined;
  retryAfter: number;
  body: Record<string, unknown>;
}

/** Nothing that is answered ever holds the prompt. */
async function categorize(prompt: unknown = PROMPT, by = machine): Promise<Answered> {
  const response = await by.post("/v1/categorize", { prompt });
  const text = await response.text();
  expect(text).not.toContain(CANARY);
  const body = JSON.parse(text) as Record<string, unknown> & { error?: { code: string } };
  const retryAfter = Number(response.headers.get("retry-after") ?? 0);
  return { status: response.status, code: body.error?.code, retryAfter, body };
}

interface Cost {
  calls: number;
  unknownCalls: number;
  cost: string;
  perPrompt: string | null;
  cap: string;
}
const cost = () => owner.ask<Cost>("GET", "/api/categorize-cost");

describe("the model is asked about one prompt", () => {
  it("and its answer goes out as the contract has it", async () => {
    const { status, body } = await categorize();
    expect([status, body]).toEqual([
      200,
      {
        category: "bugfix",
        confidence: 0.9,
        task_hint: "repair an empty list on the sign-in page",
        project_hint: "web application",
      },
    ]);
    const [call] = anthropic.calls;
    expect([anthropic.calls.length, call?.path]).toEqual([1, "/v1/messages"]);
    const sent = JSON.parse(call?.text ?? "") as Record<string, unknown> & {
      messages: { content: string }[];
      system: Record<string, unknown>[];
    };
    expect(sent).toMatchObject({
      model: "claude-haiku-5-5",
      thinking: { type: "disabled" },
      messages: [{ role: "user" }],
      output_config: { format: { type: "json_schema" } },
    });
    expect(sent.system).toMatchObject([{ type: "text", cache_control: { type: "ephemeral" } }]);
    expect(JSON.stringify(sent.system)).not.toContain(CANARY);
    expect(sent.messages[0]?.content).toContain(PROMPT);
    expect(Object.keys(sent).toSorted()).toEqual([
      "max_tokens",
      "messages",
      "model",
      "output_config",
      "system",
      "thinking",
    ]);
  });

  it("tells the vendor nothing of who asks", async () => {
    await categorize();
    const headers = JSON.stringify(anthropic.calls[0]?.headers);
    const { agent, developer, team, agentToken } = machine.enrolled;
    for (const own of [agent, developer.id, team.id, agentToken, "127.0.0.1:8"])
      expect(headers).not.toContain(own);
  });

  it.each(HOSTILE_HINTS.slice(0, 40))("whose words are not trusted: $trick", async ({ prompt, task }) => {
    const text = JSON.stringify({ category: "other", task_hint: task, project_hint: "", confidence: 1 });
    anthropic.next({ kind: "says", text });
    const { status, body } = await categorize(prompt, await another());
    expect([status, body["task_hint"]]).toEqual([200, undefined]);
  });

  it("and other keys of its answer, or a number with a message, go nowhere", async () => {
    const text = JSON.stringify({ category: "ops", confidence: 0.123_456_789, note: CANARY, task_hint: 7 });
    anthropic.next({ kind: "says", text });
    expect((await categorize()).body).toEqual({ category: "ops", confidence: 0.1 });
  });
});

let asked = 0;
let current: ConsentingMachine;
/** A machine that has not used up its minute's allowance. */
async function another(): Promise<ConsentingMachine> {
  if (asked % 20 === 0) {
    current = await owner.newMachine();
    await current.accept("categorize_cloud");
  }
  asked += 1;
  return current;
}

describe("what it cannot say now is asked again later", () => {
  it.each<[string, ModelFault, string, number]>([
    ["429 with Retry-After", { kind: "error", status: 429, retryAfter: "77" }, "model_rate_limited", 77],
    ["429", { kind: "error", status: 429 }, "model_rate_limited", 20],
    ["529", { kind: "error", status: 529 }, "model_overloaded", 20],
    ["500", { kind: "error", status: 500 }, "model_failed", 20],
    ["503 with a date", { kind: "error", status: 503, retryAfter: "Mon, 01 Jan 2024" }, "model_failed", 20],
    ["401", { kind: "error", status: 401 }, "model_refused_us", 900],
    ["402", { kind: "error", status: 402 }, "model_refused_us", 900],
    ["404", { kind: "error", status: 404 }, "model_refused_us", 900],
    ["no answer", { kind: "never_answers" }, "model_timed_out", 20],
    ["half an answer", { kind: "stalls" }, "model_timed_out", 20],
    ["a page", { kind: "html" }, "not_the_model", 20],
    ["another message", { kind: "message", over: { type: "completion" } }, "not_the_model", 20],
    ["a redirect", { kind: "redirect", to: "http://127.0.0.1:9/" }, "not_the_model", 20],
  ])("%s", async (_what, fault, code, retryAfter) => {
    anthropic.next(fault);
    expect(await categorize()).toMatchObject({ status: 503, code, retryAfter });
    expect(anthropic.calls).toHaveLength(1);
    expect((await categorize()).status).toBe(200);
  });

  it.each<[string, ModelFault]>([
    ["a connection that breaks", { kind: "breaks" }],
    ["an answer without end", { kind: "huge" }],
  ])("%s", async (_what, fault) => {
    anthropic.next(fault);
    const { status, code, retryAfter } = await categorize(PROMPT, await another());
    expect([status, retryAfter]).toEqual([503, 20]);
    expect(code).toMatch(/^model_(?:failed|unreachable)$/);
  });
});

describe("what it will never say is left to the machine's rules", () => {
  it.each<[string, ModelFault]>([
    ["a refusal", { kind: "message", over: { stop_reason: "refusal", content: [] } }],
    ["half of its JSON", { kind: "says", text: `{"category":"bugfix","task_hint":"${CANARY}` }],
    ["an answer that was cut off", { kind: "says", text: `{"category":"bugfix"}`, stop: "max_tokens" }],
    ["an unknown category", { kind: "says", text: JSON.stringify({ category: CANARY, confidence: 1 }) }],
    ["prose", { kind: "says", text: `This is about ${CANARY}.` }],
    ["a prompt that the vendor does not take", { kind: "error", status: 400 }],
  ])("%s", async (_what, fault) => {
    anthropic.next(fault);
    expect(await categorize(PROMPT, await another())).toMatchObject({ status: 422, code: "no_category" });
  });
});

describe("who may ask", () => {
  it("only a machine whose developer accepted that its prompts go this way, while the team allows it", async () => {
    const fresh = await owner.newMachine();
    expect(await categorize(PROMPT, fresh)).toMatchObject({ status: 403, code: "mode_not_permitted" });
    await fresh.accept("categorize_local");
    expect(await categorize(PROMPT, fresh)).toMatchObject({ status: 403, code: "mode_not_permitted" });
    await fresh.accept("categorize_cloud");
    expect((await categorize(PROMPT, fresh)).status).toBe(200);
    await owner.ask("PUT", "/api/team/mode", { mode: "categorize_local", confirm: "categorize_local" });
    expect(await categorize(PROMPT, fresh)).toMatchObject({ status: 403, code: "mode_not_permitted" });
    await owner.ask("PUT", "/api/team/mode", { mode: "full", confirm: "full" });
    expect((await fresh.post("/v1/agent/consent/withdraw", "")).status).toBe(204);
    expect(await categorize(PROMPT, fresh)).toMatchObject({ status: 403, code: "mode_not_permitted" });
    expect(anthropic.calls).toHaveLength(1);
  });

  it.each<[string, unknown, number]>([
    ["no prompt", {}, 400],
    ["an empty prompt", { prompt: "" }, 400],
    ["something else", { prompt: 7 }, 400],
    ["more than a prompt", { prompt: PROMPT, model: "claude-opus-5" }, 400],
    ["no JSON", `{"prompt": "${CANARY}`, 400],
    ["more than a request may hold", { prompt: CANARY.repeat(20_000) }, 413],
    ["more than a prompt may hold", { prompt: CANARY.repeat(5_000) }, 400],
  ])("with %s nobody is asked", async (_what, body, status) => {
    const response = await (await another()).post("/v1/categorize", body);
    expect(response.status).toBe(status);
    expect(await response.text()).not.toContain(CANARY);
    expect(anthropic.calls).toEqual([]);
  });

  it("a prompt as long as it may be is read in its beginning and end", async () => {
    const prompt = `begin ${"x y ".repeat(14_000)} end`;
    expect((await categorize(prompt, await another())).status).toBe(200);
    expect(anthropic.calls[0]?.text.length).toBeLessThan(20_000);
  });

  it("a team has so many calls under way at once, and is told to come back", async () => {
    const crowd = await Promise.all([owner.newMachine(), owner.newMachine()]);
    for (const each of crowd) await each.accept("categorize_cloud");
    let open = () => {};
    anthropic.gate = new Promise((resolve) => (open = resolve));
    anthropic.mostAtOnce = 0;
    const answers = Array.from({ length: 12 }, (_, n) => categorize(PROMPT, crowd[n % 2]));
    const first = await Promise.all(
      answers.map((answer) => Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 700))])),
    );
    open();
    anthropic.gate = Promise.resolve();
    const all = await Promise.all(answers);
    expect(first.filter((answer) => answer === undefined)).toHaveLength(3);
    expect(all.filter(({ status }) => status === 200)).toHaveLength(3);
    const others = all.filter(({ status }) => status !== 200);
    expect(others.every(({ status, retryAfter }) => status === 429 && retryAfter > 0)).toBe(true);
    expect(anthropic.mostAtOnce).toBe(3);
  });
});

describe("what it costs", () => {
  it("is counted by list prices, also when the answer was of no use", async () => {
    const before = await cost();
    anthropic.usage = {
      input_tokens: 1_000,
      output_tokens: 100,
      cache_read_input_tokens: 2_000,
      cache_creation_input_tokens: 400,
      cache_creation: { ephemeral_5m_input_tokens: 400, ephemeral_1h_input_tokens: 0 },
      service_tier: "standard",
      inference_geo: "global",
    };
    anthropic.next({ kind: "says", text: "no JSON" });
    await categorize(PROMPT, await another());
    const once = await cost();
    // USD for a million tokens: 0.1 in, 0.5 out, 0.01 read, 0.125 written.
    const picodollars = 1_000 * 100_000 + 100 * 500_000 + 2_000 * 10_000 + 400 * 125_000;
    expect(BigInt(once.cost) - BigInt(before.cost)).toBe(BigInt(picodollars));
    expect(once.calls).toBe(before.calls + 1);
    anthropic.usage = { input_tokens: 900, output_tokens: 50 };
  });

  it("adds up when many come at once", async () => {
    const before = await cost();
    const crowd = await another();
    const answers: Answered[] = [];
    for (let round = 0; round < 4; round += 1) {
      answers.push(...(await Promise.all([1, 2, 3].map(() => categorize(PROMPT, crowd)))));
    }
    const paid = answers.filter(({ status }) => status === 200).length;
    const after = await cost();
    expect(paid).toBeGreaterThan(3);
    expect(after.calls - before.calls).toBe(paid);
    expect(BigInt(after.cost) - BigInt(before.cost)).toBe(BigInt(paid) * (900n * 100_000n + 50n * 500_000n));
  });

  it("is known for no call that was cut off", async () => {
    const before = await cost();
    anthropic.next({ kind: "stalls" });
    await categorize(PROMPT, await another());
    const after = await cost();
    expect([after.unknownCalls - before.unknownCalls, after.cost]).toEqual([1, before.cost]);
  });

  it("never passes the team's limit: then the rules decide", async () => {
    await owner.ask("PUT", "/api/team/categorize-cap", { cents: 0 });
    anthropic.calls.splice(0);
    expect(await categorize(PROMPT, await another())).toMatchObject({ status: 402, code: "over_cap" });
    expect(anthropic.calls).toEqual([]);
    await owner.ask("PUT", "/api/team/categorize-cap", { cents: 10_000 });
    expect((await categorize(PROMPT, await another())).status).toBe(200);
    expect(await cost()).toMatchObject({ cap: "100000000000000", capIsDefault: false });
    await owner.ask("PUT", "/api/team/categorize-cap", { cents: null });
    expect(await cost()).toMatchObject({ cap: "10000000000000", capIsDefault: true });
  });
});

it("the prompt is nowhere but in what the model was sent: no file, no database, no output", async () => {
  await categorize(PROMPT, await another());
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await workers.kill();
  const places = { output: Buffer.from(workers.output) };
  expect(findLeaks([`${workers.folder}/state`], [CANARY, "Umbrella"], places)).toEqual([]);
  expect(findLeaks([`${workers.folder}/state`], [API_KEY], places)).toEqual([]);
});
