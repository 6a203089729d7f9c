import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { ConfigError } from "./errors.ts";
import { loadConfig, parseConfigText } from "./load.ts";
import type { Home } from "./paths.ts";

const dir = mkdtempSync(path.join(os.tmpdir(), "config-"));
const home: Home = { os: "linux", homeDir: "/home/someone", env: { SALT: "0123: not yaml", PORT: "0123" } };
const service = "service:\n  pipelines:\n    logs: { receivers: [a], exporters: [b] }\n";
const parse = (text: string) => parseConfigText(text, path.join(dir, "config.yaml"), home);

function problemsOf(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

it.each([
  {
    name: "an unknown section",
    text: `watchers: {}\n${service}`,
    says: /^watchers \(line 1\): unknown setting$/,
  },
  {
    name: "a slip in a section, with a guess",
    text: `receivrs: {}\n${service}`,
    says: /receivrs \(line 1\): unknown setting; did you mean "receivers"\?/,
  },
  {
    name: "an unknown key deep inside, with its full path",
    text: "service:\n  outbox:\n    key_sorce: file\n  pipelines:\n    logs: { receivers: [a], exporters: [b] }\n",
    says: /^service\.outbox\.key_sorce \(line 3\): unknown setting; did you mean "key_source"\?$/,
  },
  {
    name: "no pipeline at all",
    text: "service: { pipelines: {} }\n",
    says: /service\.pipelines .*at least one pipeline/,
  },
  {
    name: "a pipeline of another signal",
    text: "service: { pipelines: { metrics: { receivers: [a], exporters: [b] } } }",
    says: /logs/,
  },
  { name: "no service", text: "receivers: {}\n", says: /service\.pipelines/ },
  {
    name: "a duplicate key",
    text: "receivers: {}\nreceivers: {}\n",
    says: /line 2, column \d+: the same key stands twice/,
  },
  { name: "text that is not YAML", text: "receivers: [\n", says: /line \d+, column \d+/ },
  { name: "a list where a map belongs", text: "- receivers\n", says: /expected/ },
  { name: "nothing", text: "", says: /service\.pipelines/ },
])("names $name", ({ text, says }) => {
  expect(problemsOf(text).join("\n")).toMatch(says);
});

it("lists every problem at once", () => {
  const text =
    "receivrs: {}\nservice:\n  batch: { timeout: soon, size: big }\n  pipelines:\n    logs: { receivers: [], exporters: [b] }\n";
  const problems = problemsOf(text).join("\n");
  for (const part of ["receivrs", "service.batch.timeout", "service.batch.size", "logs.receivers"]) {
    expect(problems).toContain(part);
  }
});

it("keeps what ${env:} brings as text, whatever it looks like", () => {
  const { exporters } = parse(
    `exporters:\n  otlp_http: { salt: "\${env:SALT}", port: "\${env:PORT}" }\n${service}`,
  );
  expect(exporters).toEqual({ otlp_http: { salt: "0123: not yaml", port: "0123" } });
});

it("reads ${file:} relative to the configuration, without its last line break", () => {
  writeFileSync(path.join(dir, "token"), "secret-token\n");
  const { exporters } = parse(`exporters:\n  otlp_http: { token: "Bearer \${file:token}" }\n${service}`);
  expect(exporters).toEqual({ otlp_http: { token: "Bearer secret-token" } });
});

it.each([
  {
    name: "an unset variable",
    value: "${env:NOT_SET}",
    says: /exporters\.otlp_http\.token \(line 2\).*NOT_SET is not set/,
  },
  {
    name: "a file that is not there",
    value: "${file:nowhere}",
    says: /cannot read the file nowhere \(ENOENT\)/,
  },
  { name: "another scheme", value: "${vault:x}", says: /is not known/ },
])("says so for $name", ({ value, says }) => {
  const config = parse(`exporters:\n  otlp_http: { token: "${value}" }\n${service}`);
  expect(config.problems.map(config.describe).join("\n")).toMatch(says);
});

it.each([
  ["${env:NOT_SET:-fallback}", "fallback"],
  ["$${env:SALT}", "${env:SALT}"],
])("turns %s into %s", (value, want) => {
  expect(parse(`exporters:\n  file: { path: "${value}" }\n${service}`).exporters).toEqual({
    file: { path: want },
  });
});

it("names a file that cannot be read", () => {
  expect(() => loadConfig(path.join(dir, "none.yaml"), home)).toThrow(/none\.yaml[\s\S]*ENOENT/);
});

it("never repeats the file's text in a problem with its syntax", () => {
  const canary = "CANARY-SECRET-1234";
  expect(problemsOf(`token: "${canary}\nreceivers: [`).join("\n")).not.toContain(canary);
});

it.each([
  { name: "an alias that names nothing", text: "exporters: { a: *SUPERSECRET }\n" },
  { name: "an alias that holds itself", text: "exporters: &a { b: *a }\n" },
  {
    name: "a value in the place of a time",
    text: "service: { batch: { timeout: SUPERSECRET, size: SUPERSECRET } }\n",
  },
])("tells of $name without repeating it", ({ text }) => {
  const problems = problemsOf(text);
  expect(problems.length).toBeGreaterThan(0);
  expect(problems.join("\n")).not.toContain("SUPERSECRET");
});

it("says of a file that is no map what is wrong with the file", () => {
  expect(problemsOf("just text")[0]).toMatch(/^the file as a whole: /);
});
