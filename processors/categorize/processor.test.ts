import { describe, expect, it } from "vitest";
import { testSettings } from "#testkit/fakes.ts";
import type { Asked, Model } from "./model.ts";
import { CategorizeProcessor } from "./processor.ts";
import { promptRecord } from "./testing.ts";

const never = new AbortController().signal;

function withModel(ask: () => Promise<Asked>, method: Model["method"] = "ollama") {
  const settings = testSettings();
  const model = { method, ask, start: async () => {}, close: () => {} };
  return { settings, processor: new CategorizeProcessor(settings, [model]) };
}

const ANSWER: Asked = {
  kind: "answer",
  answer: { category: "plan", confidence: 0.72, task: "Plan a rollout", project: undefined },
};

describe("what it has to do with", () => {
  const { later } = new CategorizeProcessor(testSettings(), []);

  it.each([
    ["a prompt with its text", promptRecord("x"), true],
    ["a prompt with an empty text", promptRecord(""), true],
    ["an answer's text", { ...promptRecord("x"), eventName: "talos.completion" as const }, false],
    [
      "a prompt that has a category",
      { ...promptRecord("x"), attributes: new Map([["talos.category", "docs"]]) },
      false,
    ],
  ])("%s: %s", (_what, record, wanted) => {
    expect(later.wants(record)).toBe(wanted);
  });

  it("a prompt without a text", () => {
    const record = promptRecord("x");
    delete record.body;
    expect(later.wants(record)).toBe(false);
  });
});

it("leaves the text to those who know the mode", async () => {
  const { processor } = withModel(async () => ANSWER);
  const record = promptRecord("Plan the rollout with me.");
  await processor.later.resolve(record, never, "full");
  expect(record.body).toBe("Plan the rollout with me.");
});

it("without a model, the rules decide, and that is no failure", async () => {
  const settings = testSettings();
  const processor = new CategorizeProcessor(settings, []);
  const record = promptRecord("Write unit tests for the parser.");
  expect(await processor.later.resolve(record, never, "categorize_local")).toEqual({ kind: "done", record });
  expect(Object.fromEntries(record.attributes)).toEqual({
    "talos.category": "test",
    "talos.category.confidence": expect.any(Number),
    "talos.category.method": "rules",
  });
  expect(Object.fromEntries(settings.counts)).toEqual({ processor_categorize_by_rules: 1 });
  expect(settings.lines).toEqual([]);
});

it.each([
  ["ollama", "categorize_local", 1],
  ["ollama", "full", 1],
  ["ollama", "categorize_cloud", 0],
  ["ollama", "off", 0],
  ["haiku", "categorize_cloud", 1],
  ["haiku", "full", 1],
  ["haiku", "categorize_local", 0],
  ["haiku", "off", 0],
] as const)("%s in mode %s is asked %i times: the contract names who may be", async (method, mode, times) => {
  let asked = 0;
  const { processor } = withModel(async () => {
    asked += 1;
    return ANSWER;
  }, method);
  const record = promptRecord("x");
  await processor.later.resolve(record, never, mode);
  expect(asked).toBe(times);
  expect(record.attributes.get("talos.category.method")).toBe(times === 1 ? method : "rules");
});

it("a bug in one turn does not keep the next from its own", async () => {
  const answers = [Promise.reject(new Error("a bug")), Promise.resolve(ANSWER)];
  const { processor } = withModel(() => answers.shift() ?? Promise.resolve(ANSWER));
  const first = processor.later.resolve(promptRecord("x"), never, "full");
  const second = processor.later.resolve(promptRecord("x"), never, "full");
  await expect(first).rejects.toThrow("a bug");
  expect((await second).kind).toBe("done");
});

it.each([
  ["categorize_local", "ollama"],
  ["categorize_cloud", "haiku"],
  ["full", "haiku"],
  ["off", "rules"],
] as const)("of two models, mode %s takes %s", async (mode, method) => {
  const asked: string[] = [];
  const models = (["haiku", "ollama"] as const).map((each): Model => ({
    method: each,
    start: async () => {},
    close: () => {},
    ask: async () => {
      asked.push(each);
      return ANSWER;
    },
  }));
  const record = promptRecord("x");
  await new CategorizeProcessor(testSettings(), models).later.resolve(record, never, mode);
  expect(record.attributes.get("talos.category.method")).toBe(method);
  expect(asked).toEqual(method === "rules" ? [] : [method]);
});
