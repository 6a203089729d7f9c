import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import type { LogsRequest } from "#proto/logs.ts";
import { logsRequest, testSettings } from "#testkit/fakes.ts";
import { DebugConfig } from "./config.ts";
import { DebugExporter } from "./exporter.ts";

async function printed(request: LogsRequest, verbosity: string): Promise<string> {
  const output = new PassThrough();
  const exporter = new DebugExporter(testSettings({ id: "debug" }), DebugConfig.parse({ verbosity }), output);
  await exporter.start();
  expect(await exporter.send(request, AbortSignal.timeout(5_000))).toEqual({
    kind: "delivered",
    rejected: 0,
  });
  await exporter.shutdown();
  output.end();
  return text(output);
}

it("prints one line a request when basic", async () => {
  expect(await printed(logsRequest(3), "basic")).toBe("debug: 3 records\n");
  expect(await printed(logsRequest(1), "basic")).toBe("debug: 1 record\n");
});

it("prints time, model and tokens of each record when normal", async () => {
  expect(await printed(logsRequest(2), "normal")).toBe(
    [
      "debug: 2026-05-28T20:26:40.000Z gen_ai.client.inference.operation.details model=claude-opus-4-5 input=1000 output=10",
      "debug: 2026-05-28T20:26:40.000Z gen_ai.client.inference.operation.details model=claude-opus-4-5 input=1001 output=11",
      "",
    ].join("\n"),
  );
});

it("prints every attribute when detailed", async () => {
  const page = await printed(logsRequest(1, { "talos.cwd.hash": "ab12" }), "detailed");
  for (const line of [
    "debug: resource",
    "debug:   service.name: talos-auditor",
    "debug: scope talos.receiver.claude_code 0.1.0",
    "debug:   gen_ai.usage.input_tokens: 1000",
    "debug:   talos.cwd.hash: ab12",
  ]) {
    expect(page.split("\n")).toContain(line);
  }
});

it.each(["basic", "normal", "detailed"])("prints no body when %s", async (verbosity) => {
  const request = logsRequest(1);
  const [record] = request.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
  Object.assign(record ?? {}, { body: { stringValue: "canary" } });
  const page = await printed(request, verbosity);
  expect(page).not.toContain("canary");
  expect(page.includes("body: 6 characters")).toBe(verbosity === "detailed");
});

it("escapes what could move a terminal's cursor or turn its text", async () => {
  const page = await printed(logsRequest(1, { "a\u001b[2J": "b\n\u202ec\u009b" }), "detailed");
  expect(page).toContain("  a\\u{1b}[2J: b\\u{a}\\u{202e}c\\u{9b}\n");
});

it("prints values of every kind", async () => {
  const request = logsRequest(1);
  request.resourceLogs[0]?.scopeLogs[0]?.logRecords[0]?.attributes.push(
    { key: "large", value: { intValue: 9_007_199_254_740_993n } },
    { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }, { boolValue: true }, {}] } } },
    { key: "map", value: { kvlistValue: { values: [{ key: "k", value: { doubleValue: 0.5 } }] } } },
    { key: "bytes", value: { bytesValue: Uint8Array.of(1, 2) } },
  );
  const page = await printed(request, "detailed");
  expect(page).toContain("  large: 9007199254740993\n");
  expect(page).toContain('  list: ["a",true,null]\n');
  expect(page).toContain('  map: {"k":0.5}\n');
  expect(page).toContain("  bytes: 2 bytes\n");
});
