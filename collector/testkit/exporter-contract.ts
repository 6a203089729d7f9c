import { inspect } from "node:util";
import { describe, it } from "vitest";
import type * as z from "zod";
import type { ExporterFactory } from "#component/component.ts";
import { logsRequest, testSettings } from "./fakes.ts";

const CANARY = "canary-9b1f3e";

/**
 * Promises every exporter keeps. Call it once from each exporter's `factory.test.ts`. With `failingConfig` every
 * request must fail: only then is looked at what a failure tells.
 */
export function describeExporterContract<S extends z.ZodType>(
  factory: ExporterFactory<S>,
  failingConfig: unknown,
): void {
  describe(`${factory.type} keeps the exporter contract`, () => {
    const create = () => {
      const settings = testSettings();
      return { settings, exporter: factory.create(settings, factory.config.parse(failingConfig)) };
    };
    const soon = () => AbortSignal.timeout(10_000);

    it("shuts down twice without having started", async ({ expect }) => {
      const { exporter } = create();
      await exporter.shutdown(soon());
      await expect(exporter.shutdown(soon())).resolves.toBeUndefined();
    });

    it("shuts down twice after it has worked", async ({ expect }) => {
      const { exporter } = create();
      await exporter.start();
      await exporter.send(logsRequest(1), soon());
      await exporter.shutdown(soon());
      await expect(exporter.shutdown(soon())).resolves.toBeUndefined();
    });

    it("starts anew after another of the same configuration has shut down", async ({ expect }) => {
      for (const { exporter } of [create(), create()]) {
        await exporter.start();
        await expect(exporter.shutdown(soon())).resolves.toBeUndefined();
      }
    });

    it("answers `retry` to a request whose signal was aborted before", async ({ expect }) => {
      const { exporter } = create();
      await exporter.start();
      const result = await exporter.send(logsRequest(1), AbortSignal.abort());
      await exporter.shutdown(soon());
      expect(result.kind).toBe("retry");
    });

    it("answers to requests after it was shut down", async ({ expect }) => {
      const { exporter } = create();
      await exporter.start();
      await exporter.shutdown(soon());
      expect((await exporter.send(logsRequest(1), soon())).kind).toBe("retry");
    });

    it("tells nothing of a failed request, neither in its reason nor in logs or counters", async ({
      expect,
    }) => {
      const { exporter, settings } = create();
      await exporter.start();
      const result = await exporter.send(logsRequest(2, { [CANARY]: CANARY }), soon());
      await exporter.shutdown(soon());
      expect(result.kind).not.toBe("delivered");
      expect(`${inspect(result, { depth: 9 })} ${settings.said()}`).not.toContain(CANARY);
    });

    it("tells a destination that upserts from one that does not", ({ expect }) => {
      const { destination, corrections } = factory.delivery(factory.config.parse(failingConfig));
      expect(destination !== "talos" || corrections).toBe(true);
    });
  });
}
