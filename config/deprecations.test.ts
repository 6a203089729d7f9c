import { expect, it } from "vitest";
import type { Deprecation } from "./deprecations.ts";
import { ConfigError } from "./errors.ts";
import { layerOf } from "./layers.ts";
import { combine } from "./load.ts";

const home = { os: "linux", homeDir: "/home/someone", env: {} } as const;
const SERVICE = "service:\n  pipelines:\n    logs: { receivers: [a], exporters: [b] }\n";

const TABLE: Deprecation[] = [
  {
    path: ["service", "flush"],
    to: ["service", "batch", "timeout"],
    effect: "moved",
    hint: "is called service.batch.timeout",
  },
  {
    path: ["exporters", "otlp_http/*", "url"],
    to: ["exporters", "*", "endpoint"],
    effect: "moved",
    hint: "is called endpoint",
  },
  { path: ["exporters", "*", "workers"], effect: "ignored", hint: "does nothing any more" },
];

const load = (...texts: string[]) =>
  combine(
    texts.map((text, i) => layerOf(text, `/etc/${i}.yaml`)),
    home,
    { deprecations: TABLE },
  );

it("takes a value under its old name, and says where it is called so", () => {
  const config = load(
    `${SERVICE}  flush: 7s\nexporters:\n  otlp_http/x: { url: "https://x" }\n  file: { url: y }\n`,
  );
  expect(config.service.batch.timeout).toBe(7_000);
  expect(config.exporters).toEqual({ "otlp_http/x": { endpoint: "https://x" }, file: { url: "y" } });
  expect(config.notices).toEqual([
    { key: "service.flush", hint: "is called service.batch.timeout", place: "/etc/0.yaml:4" },
    { key: "exporters.otlp_http/*.url", hint: "is called endpoint", place: "/etc/0.yaml:6" },
  ]);
});

it("lets the new name win in the same file, and the later file win whatever name it uses", () => {
  expect(load(`${SERVICE}  flush: 7s\n  batch: { timeout: 8s }\n`).service.batch.timeout).toBe(8_000);
  expect(load(`${SERVICE}  batch: { timeout: 8s }\n`, "service: { flush: 9s }\n").service.batch.timeout).toBe(
    9_000,
  );
});

it("steps over what does nothing any more", () => {
  const config = load(`${SERVICE}exporters: { file: { workers: 3, path: x } }\n`);
  expect(config.exporters).toEqual({ file: { path: "x" } });
  expect(config.notices).toMatchObject([{ key: "exporters.*.workers", hint: "does nothing any more" }]);
});

it.each([
  [
    "exporters: { otlp_http: { sending_queue: {} } }",
    /^exporters\.otlp_http\.sending_queue \(line 4\): every destination has a queue/,
  ],
  ["exporters: { otlphttp/x: {} }", /the type is called otlp_http/],
  ["processors: { batch: {} }", /service\.batch\.timeout/],
])("says to people from the OpenTelemetry Collector what to write instead of %s", (text, says) => {
  const config = combine([layerOf(`${SERVICE}${text}\n`, "/etc/x.yaml")], home);
  expect(config.problems.map(config.describe).join("\n")).toMatch(says);
});

it("never repeats the value", () => {
  const secret = "CANARY-TOKEN-77";
  const config = load(`${SERVICE}exporters: { file: { workers: ${secret} } }\n`);
  expect(JSON.stringify(config.notices)).not.toContain(secret);
  expect(() =>
    combine([layerOf(`exporters: { file: { sending_queue: ${secret} } }`, "/etc/x.yaml")], home),
  ).toThrow(ConfigError);
});
