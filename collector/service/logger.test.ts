import { expect, it } from "vitest";
import { createLogger } from "./logger.ts";

function lines(
  format: "text" | "json",
  level: "debug" | "warn" = "debug",
): { log: ReturnType<typeof createLogger>; out: string[] } {
  const out: string[] = [];
  return { log: createLogger({ level, format, now: () => 0, write: (line) => out.push(line) }), out };
}

it("writes a constant message and its fields on one line", () => {
  const { log, out } = lines("text");
  log.warn("delivery failed", { exporter: "otlp_http/talos", reason: "POST answered 503", wait_ms: 5 });
  expect(out).toEqual([
    '1970-01-01T00:00:00.000Z warn  delivery failed exporter=otlp_http/talos reason="POST answered 503" wait_ms=5\n',
  ]);
});

it("writes JSON that a log pipeline can read", () => {
  const { log, out } = lines("json");
  log.info("started", { pipelines: 1 });
  expect(JSON.parse(out[0] ?? "")).toEqual({
    time: "1970-01-01T00:00:00.000Z",
    level: "info",
    message: "started",
    pipelines: 1,
  });
});

it("leaves out what is below its level", () => {
  const { log, out } = lines("text", "warn");
  log.debug("a");
  log.info("b");
  log.error("c");
  expect(out).toHaveLength(1);
});
