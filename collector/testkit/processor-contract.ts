import { describe, it } from "vitest";
import type { ProcessorFactory } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import { testSettings } from "./fakes.ts";

const CANARY = "CANARY-processor";

/** Promises every processor keeps. Call it once from each processor's `factory.test.ts`. */
export function describeProcessorContract(factory: ProcessorFactory, example: unknown): void {
  describe(`${factory.type} keeps the processor contract`, () => {
    const create = () => {
      const settings = testSettings({ id: factory.type });
      return { settings, processor: factory.create(settings, factory.config.parse(example)) };
    };

    it("shuts down twice, and without having started", async ({ expect }) => {
      const { processor } = create();
      await processor.shutdown(AbortSignal.timeout(1_000));
      await expect(processor.shutdown(AbortSignal.timeout(1_000))).resolves.toBeUndefined();
    });

    it("returns the records it was given, or fewer, and invents none", ({ expect }) => {
      const { processor } = create();
      const given = [sample("a"), sample("b")];
      const identities = new Set(given);
      expect(processor.process([...given]).every((record) => identities.has(record))).toBe(true);
    });

    it("holds nothing: each call hands over all that it keeps", ({ expect }) => {
      const { processor } = create();
      const first = processor.process([sample("a")]);
      expect(processor.process([])).toEqual([]);
      expect(processor.process([sample("b")])).toHaveLength(first.length);
    });

    it("says nothing of what it sees", ({ expect }) => {
      const { processor, settings } = create();
      processor.process([sample(CANARY)]);
      expect(settings.said()).not.toContain(CANARY);
    });

    it("refuses settings that it does not know", ({ expect }) => {
      const { success } = factory.config.safeParse({ ...Object(example), no_such_setting: 1 });
      expect(success).toBe(false);
    });
  });
}

function sample(text: string): SourceRecord {
  return {
    eventName: "talos.prompt",
    source: "claude_code",
    timeMs: 1,
    lastTimeMs: 1,
    local: { request: text, session: text, turn: text },
    cwd: `/home/${text}`,
    body: text,
    attributes: new Map([["talos.source", "claude_code"]]),
    weight: { final: true, output: 0, input: 0, webSearches: 0 },
    range: { fileKey: "0".repeat(32), from: 0, to: 1 },
  };
}
