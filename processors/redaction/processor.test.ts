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

it.each(["categorize_local", "categorize_cloud", "full", "none"])(
  "refuses mode %s, which this version lacks",
  (mode) => {
    expect(RedactionConfig.safeParse({ mode }).error?.issues[0]?.message).toContain("not available");
  },
);
