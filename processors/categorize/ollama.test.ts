import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SourceRecord } from "#component/record.ts";
import { CATEGORIES } from "#proto/categories.ts";
import { FakeOllama, type OllamaFault } from "#testkit/fake-ollama.ts";
import { type TestSettings, testSettings } from "#testkit/fakes.ts";
import { HttpFaultServer } from "#testkit/http-fault-server.ts";
import { HOSTILE_HINTS } from "../../proto/testdata/hostile-hints.ts";
import { categorizeFactory } from "./factory.ts";
import { lookAtOllama, OllamaModel } from "./ollama.ts";
import { CategorizeProcessor } from "./processor.ts";
import { promptRecord } from "./testing.ts";

const CANARY = "canaryprompt77";
const PROMPT = `Fix the ${CANARY} login page, it shows an empty list.`;
const never = new AbortController().signal;

let ollama: FakeOllama;
let settings: TestSettings;
/** The library prints what it cannot parse. */
const printed: unknown[][] = [];

beforeEach(async () => {
  ollama = await FakeOllama.start();
  settings = testSettings({ id: "categorize" });
  for (const way of ["log", "warn", "error", "info", "debug"] as const) {
    vi.spyOn(console, way).mockImplementation((...words) => void printed.push(words));
  }
});
afterEach(async () => {
  await ollama.close();
  vi.restoreAllMocks();
  if (settings.said().includes(CANARY) || printed.length > 0) throw new Error("the prompt was said");
});

function processor(config: object = {}) {
  const parsed = categorizeFactory.config.parse({
    provider: "ollama",
    endpoint: ollama.url,
    pause_on_battery: false,
    ...config,
  });
  return categorizeFactory.create(settings, parsed);
}

async function categorize(prompt = PROMPT, made = processor()): Promise<SourceRecord> {
  const resolved = await made.later?.resolve(promptRecord(prompt), never, "categorize_local");
  if (resolved?.kind !== "done") throw new Error(`not done: ${resolved?.kind}`);
  return resolved.record;
}

const labels = ({ attributes }: SourceRecord) => Object.fromEntries(attributes);

describe("a model on this computer", () => {
  it("is shown the prompt, and its answer becomes attributes", async () => {
    ollama.answer = () => ({
      category: "bugfix",
      task_hint: "Repair an empty list on the sign-in page",
      project_hint: "web application",
      confidence: 0.87,
    });
    expect(labels(await categorize())).toEqual({
      "talos.category": "bugfix",
      "talos.category.confidence": 0.9,
      "talos.category.method": "ollama",
      "talos.task_hint": "Repair an empty list on the sign-in page",
      "talos.project_hint": "web application",
    });
    expect(ollama.learned).toContain(CANARY);
    expect(ollama.asked).toEqual(["/api/show", "/api/chat"]);
    expect(settings.counts.get("processor_categorize_by_ollama")).toBe(1);
  });

  it("is told to answer by a schema with the closed list, and nothing about the machine", async () => {
    await categorize();
    const chat = JSON.parse(ollama.learned.slice(ollama.learned.indexOf("}") + 1)) as {
      format: { properties: { category: { enum: string[] } } };
      stream: boolean;
      options: { temperature: number };
    };
    expect(chat.format.properties.category.enum).toEqual(CATEGORIES);
    expect(chat).toMatchObject({ stream: false, options: { temperature: 0 } });
    expect(ollama.heads).toMatch(/user-agent\ntalos-auditor\/\d/i);
    expect(ollama.heads).not.toMatch(/node\.js|linux|darwin|authorization/i);
  });

  it("is asked one prompt at a time", async () => {
    const made = processor();
    await Promise.all(Array.from({ length: 6 }, () => categorize(PROMPT, made)));
    expect(ollama.mostAtOnce).toBe(1);
    expect(ollama.asked.filter((path) => path === "/api/chat")).toHaveLength(6);
  });

  it("is shown the beginning and the end of a long prompt", async () => {
    await categorize(`${CANARY}-head ${"x ".repeat(500_000)} ${CANARY}-tail`);
    expect(ollama.learned).toContain(`${CANARY}-head`);
    expect(ollama.learned).toContain(`${CANARY}-tail`);
    expect(ollama.learned.length).toBeLessThan(20_000);
  });

  it.each([
    ["a hint that quotes", { task_hint: `fix ${CANARY}` }, ["talos.project_hint"]],
    ["hints of other types", { task_hint: 7, project_hint: ["x"] }, []],
    ["no hints", { task_hint: undefined, project_hint: undefined }, []],
    ["empty hints", { task_hint: "", project_hint: " " }, []],
  ])("keeps the category beside %s", async (_what, over, kept) => {
    ollama.answer = () => ({ category: "bugfix", project_hint: "web shop", confidence: 1, ...over });
    const record = await categorize();
    expect(record.attributes.get("talos.category")).toBe("bugfix");
    expect([...record.attributes.keys()].filter((name) => name.endsWith("_hint"))).toEqual(kept);
  });

  it.each([
    [0.4821339, 0.5],
    [1, 1],
    [0, 0],
    [95, 0.5],
    [-1, 0.5],
    ["high", 0.5],
    [undefined, 0.5],
    [Number.NaN, 0.5],
  ])("its confidence %s is taken as %s", async (given, taken) => {
    ollama.answer = () => ({ category: "docs", confidence: given });
    expect((await categorize()).attributes.get("talos.category.confidence")).toBe(taken);
  });
});

describe("no order in a prompt widens what leaves", () => {
  it.each(HOSTILE_HINTS)("$trick", async ({ prompt, task, project = "" }) => {
    // This model obeys.
    ollama.answer = () => ({ category: "other", task_hint: task, project_hint: project, confidence: 1 });
    const { attributes } = await categorize(prompt);
    const hints = [attributes.get("talos.task_hint"), attributes.get("talos.project_hint")];
    expect(hints.filter((hint) => hint !== undefined).length).toBeLessThan(
      [task, project].filter((hint) => hint !== "").length,
    );
    expect(
      [...settings.counts.keys()].some((name) => name.startsWith("processor_categorize_dropped_hints_")),
    ).toBe(true);
  });

  it.each([
    [{ category: CANARY, confidence: 1 }],
    [{ category: `bugfix ${CANARY}` }],
    [{ category: ["bugfix"] }],
    [{ category: "" }],
    [{}],
    [[]],
    ["null"],
    ["bugfix"],
    [`{"category": "bugfix", "task_hint": "${CANARY}`],
    [`Sure! {"category": "bugfix"}`],
  ])("an answer that is none, %j, is left to the rules", async (answer) => {
    ollama.answer = () => answer;
    expect(labels(await categorize())).toEqual({
      "talos.category": "bugfix",
      "talos.category.confidence": expect.any(Number),
      "talos.category.method": "rules",
    });
    expect(settings.counts.get("processor_categorize_without_model_bad_answer")).toBe(1);
  });
});

describe("when Ollama fails, the rules decide at once", () => {
  it.each<[OllamaFault, string]>([
    ["streams", "bad_answer"],
    ["half", "bad_answer"],
    ["half_content", "bad_answer"],
    ["not_json", "bad_answer"],
    ["server_error", "failed"],
    ["huge", "bad_answer"],
    ["reset", "unreachable"],
  ])("%s", async (fault, reason) => {
    ollama.next(fault);
    const record = await categorize();
    expect(labels(record)).toMatchObject({ "talos.category": "bugfix", "talos.category.method": "rules" });
    expect(settings.counts.get(`processor_categorize_without_model_${reason}`)).toBe(1);
  });

  it.each<OllamaFault>(["stalls", "never_answers"])(
    "%s: after the time limit, and it is left alone for a while",
    async (fault) => {
      ollama.next(fault);
      const made = processor({ timeout: "30s" });
      const first = categorize(PROMPT, made);
      await vi.waitFor(() => expect(ollama.asked).toContain("/api/chat"));
      await settings.clock.advance(30_000);
      expect((await first).attributes.get("talos.category.method")).toBe("rules");
      expect(settings.counts.get("processor_categorize_without_model_late")).toBe(1);
      const before = ollama.asked.length;
      await categorize(PROMPT, made);
      expect(ollama.asked).toHaveLength(before);
      await settings.clock.advance(10 * 60_000);
      expect((await categorize(PROMPT, made)).attributes.get("talos.category.method")).toBe("ollama");
      expect(settings.clock.waiting).toBe(0);
    },
  );

  it("follows no redirect", async () => {
    const elsewhere = await HttpFaultServer.start();
    try {
      ollama.redirectTo(`${elsewhere.url}/api/chat`);
      ollama.next("redirect");
      expect((await categorize()).attributes.get("talos.category.method")).toBe("rules");
      expect(elsewhere.received).toEqual([]);
    } finally {
      await elsewhere.close();
    }
  });

  it("says once, with the two commands, that nobody answers, and once that somebody does", async () => {
    const { port } = ollama;
    const made = processor();
    await ollama.close();
    for (let n = 0; n < 3; n += 1) {
      expect((await categorize(PROMPT, made)).attributes.get("talos.category.method")).toBe("rules");
    }
    expect(settings.lines).toEqual([
      {
        level: "warn",
        message: expect.stringContaining("Ollama does not answer"),
        fields: { processor: "categorize", start: "ollama serve", get: "ollama pull llama3.1:8b" },
      },
    ]);
    ollama = await FakeOllama.start(port);
    expect((await categorize(PROMPT, made)).attributes.get("talos.category.method")).toBe("ollama");
    expect(settings.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
  });

  it("says the same for a model that was not pulled, and uses it once it is there", async () => {
    const made = processor({ model: "qwen2.5:3b" });
    expect((await categorize(PROMPT, made)).attributes.get("talos.category.method")).toBe("rules");
    expect(settings.lines[0]?.message).toContain("does not have the model");
    expect(settings.lines[0]?.fields).toMatchObject({ start: "ollama serve", get: "ollama pull qwen2.5:3b" });
    expect(ollama.learned).not.toContain(CANARY);
    ollama.models.set("qwen2.5:3b", {});
    expect((await categorize(PROMPT, made)).attributes.get("talos.category.method")).toBe("ollama");
  });

  it("never shows a prompt to a model that Ollama would pass on to another computer", async () => {
    ollama.models.set("llama3.1:8b", { remoteHost: "https://ollama.com:443" });
    expect((await categorize()).attributes.get("talos.category.method")).toBe("rules");
    expect(ollama.asked).toEqual(["/api/show"]);
    expect(ollama.learned).not.toContain(CANARY);
    expect(settings.lines[0]?.message).toContain("does not run on this computer");
  });
});

it("asks no proxy, whatever the environment says", async () => {
  const proxy = await HttpFaultServer.start();
  const names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "NODE_USE_ENV_PROXY"];
  for (const name of names) vi.stubEnv(name, name === "NODE_USE_ENV_PROXY" ? "1" : proxy.url);
  try {
    expect((await categorize()).attributes.get("talos.category.method")).toBe("ollama");
    expect(proxy.received).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
    await proxy.close();
  }
});

it("reaches localhost without asking anybody where that is", async () => {
  const made = processor({ endpoint: `http://localhost:${ollama.port}` });
  expect((await categorize(PROMPT, made)).attributes.get("talos.category.method")).toBe("ollama");
});

it.each(["stalls", "never_answers"] as const)("stops at once when the collector does: %s", async (fault) => {
  ollama.next(fault);
  const stop = new AbortController();
  const record = promptRecord(PROMPT);
  const resolved = processor().later?.resolve(record, stop.signal, "categorize_local");
  await vi.waitFor(() => expect(ollama.asked).toContain("/api/chat"));
  stop.abort();
  expect(await resolved).toMatchObject({ kind: "retry" });
  expect(record.attributes.size).toBe(0);
  expect(record.body).toBe(PROMPT);
});

it("waits for the mains", async () => {
  let power: "battery" | "mains" = "battery";
  const model = new OllamaModel({
    clock: settings.clock,
    endpoint: new URL(ollama.url),
    model: "llama3.1:8b",
    timeoutMs: 1_000,
    power: async () => power,
  });
  const made = new CategorizeProcessor(settings, [model]);
  const first = await made.later.resolve(promptRecord(PROMPT), never, "categorize_local");
  expect(first).toEqual({ kind: "retry", afterMs: 300_000, reason: "on_battery" });
  expect(ollama.asked).toEqual([]);
  power = "mains";
  expect((await made.later.resolve(promptRecord(PROMPT), never, "categorize_local")).kind).toBe("done");
});

/** Where a real one answers, it must understand what it is sent. */
const real = await realOllama();

describe.skipIf(real === undefined)("a real Ollama", () => {
  it("answers by the schema, or is told which model to get", { timeout: 300_000 }, async () => {
    const made = processor({ endpoint: real, timeout: "4m" });
    const record = await categorize("Write unit tests for the parser.", made);
    const method = record.attributes.get("talos.category.method");
    const isMissing = settings.counts.get("processor_categorize_without_model_no_model") === 1;
    expect([method, isMissing]).toEqual(isMissing ? ["rules", true] : ["ollama", false]);
    expect(CATEGORIES).toContain(record.attributes.get("talos.category"));
  });
});

async function realOllama(): Promise<string | undefined> {
  const host = process.env["OLLAMA_HOST"] ?? "";
  if (host === "") return undefined;
  const url = host.includes("://") ? host : `http://${host}`;
  try {
    const answer = await fetch(`${url}/api/version`, { signal: AbortSignal.timeout(1_000) });
    return answer.ok ? url : undefined;
  } catch {
    return undefined;
  }
}

it("a look that is not answered in time says so", async () => {
  const silent = await HttpFaultServer.start();
  silent.next({ kind: "never_answers" });
  const endpoint = new URL(silent.url);
  expect(await lookAtOllama({ endpoint, model: "llama3.1:8b" }, AbortSignal.timeout(50))).toBe("late");
  await silent.close();
});
