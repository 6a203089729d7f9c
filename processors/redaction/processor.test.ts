import { expect, it } from "vitest";
import type { SourceRecord } from "#component/record.ts";
import { testSettings } from "#testkit/fakes.ts";
import { RedactionConfig } from "./config.ts";
import { RedactionProcessor } from "./processor.ts";

function withBody(body: string | undefined): SourceRecord {
  return {
    eventName: "talos.prompt",
    source: "claude_code",
    timeMs: 0,
    lastTimeMs: 0,
    local: { request: "r" },
    attributes: new Map(),
    ...(body !== undefined && { body }),
    weight: { final: true, output: 0, input: 0, webSearches: 0 },
    range: { fileKey: "", from: 0, to: 0 },
  };
}

it("removes every text in mode off, and counts how many", () => {
  const settings = testSettings();
  const processor = new RedactionProcessor(settings, RedactionConfig.parse({}));
  const records = processor.process([withBody("CANARY"), withBody(undefined), withBody("CANARY")]);
  expect(records.every((record) => record.body === undefined)).toBe(true);
  expect(settings.counts.get("processor_redaction_removed_bodies")).toBe(2);
});

it.each([
  { mode: "categorize_local", event: "talos.prompt", kept: true },
  { mode: "categorize_cloud", event: "talos.completion", kept: false },
  { mode: "full", event: "talos.prompt", kept: true },
  { mode: "full", event: "talos.completion", kept: true },
] as const)("keeps in mode $mode the text of $event: $kept", ({ mode, event, kept }) => {
  const processor = new RedactionProcessor(testSettings(), RedactionConfig.parse({ mode }));
  const [record] = processor.process([{ ...withBody("text"), eventName: event }]);
  expect(record?.body === "text").toBe(kept);
});

it("refuses a mode that there is not", () => {
  expect(RedactionConfig.safeParse({ mode: "none" }).success).toBe(false);
});

const KEY = "sk-ant-api03-CANARYq7Zt0LmN4vBx2Kp9RsWcYd";
const never = new AbortController().signal;

function create(config: object = {}) {
  const settings = testSettings();
  return { settings, processor: new RedactionProcessor(settings, RedactionConfig.parse(config)) };
}

it.each([
  ["a text", withBody("hello"), true],
  ["neither a text nor a hint", withBody(undefined), false],
  ["a hint", withHint("fixes a form"), true],
])("asks later for a record with %s: %s", (_, record, wanted) => {
  expect(create().processor.later.wants(record)).toBe(wanted);
});

it("replaces secrets in the text and in both hints, and counts by rule", async () => {
  const { processor, settings } = create();
  const record = withHint(`mail jane@corp.io about ${KEY}`);
  record.attributes.set("talos.project_hint", "in /home/jane/shop");
  record.body = `the key is ${KEY}`;
  const answer = await processor.later.resolve(record, never, "full");
  expect(answer).toEqual({ kind: "done", record });
  expect(record.body).toBe("the key is [redacted:anthropic_key]");
  expect(Object.fromEntries(record.attributes)).toEqual({
    "talos.task_hint": "mail [redacted:email] about [redacted:anthropic_key]",
    "talos.project_hint": "in /home/[redacted:home_path]/shop",
  });
  expect(Object.fromEntries(settings.counts)).toEqual({
    processor_redaction_anthropic_key: 2,
    processor_redaction_email: 1,
    processor_redaction_home_path: 1,
  });
  expect(settings.said()).not.toMatch(/CANARY|jane/);
});

it("removes what it may not look at in full, and lets the record go on", async () => {
  const { processor, settings } = create({ max_text: 20 });
  const record = withHint("fixes a form");
  record.body = `the key is ${KEY}`;
  expect((await processor.later.resolve(record, never, "full")).kind).toBe("done");
  expect(record.body).toBeUndefined();
  expect(record.attributes.get("talos.task_hint")).toBe("fixes a form");
  expect(Object.fromEntries(settings.counts)).toEqual({ processor_redaction_dropped_too_long: 1 });
});

it("leaves the record as it was when it is stopped meanwhile", async () => {
  const { processor } = create();
  const record = withBody(`${KEY} `.repeat(5_000));
  const stop = new AbortController();
  const answer = processor.later.resolve(record, stop.signal, "full");
  stop.abort();
  expect((await answer).kind).toBe("retry");
  expect(record.body).toContain(KEY);
});

it("removes hints that no text goes with, because nothing would look at them later", () => {
  const { processor, settings } = create();
  const [record] = processor.process([withHint(KEY)]);
  expect(record?.attributes.size).toBe(0);
  expect(settings.counts.get("processor_redaction_removed_hints")).toBe(1);
});

function withHint(hint: string): SourceRecord {
  const record = withBody(undefined);
  record.attributes.set("talos.task_hint", hint);
  return record;
}
