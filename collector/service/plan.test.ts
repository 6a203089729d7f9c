import { expect, it } from "vitest";
import { ConfigError } from "#config/errors.ts";
import { parseConfigText } from "#config/load.ts";
import type { Home } from "#config/paths.ts";
import { components } from "../cmd/components.ts";
import { planService } from "./plan.ts";

const home: Home = { os: "linux", homeDir: "/home/someone", env: {} };
const plan = (text: string) =>
  planService(parseConfigText(text, "/etc/talos/config.yaml", home), components, home);

const GOOD = `
receivers:
  claude_code: {}
processors:
  cwd_hash: { salt: a-salt-of-16-characters }
  redaction: { mode: "off" }
  categorize: {}
exporters:
  file: { path: /tmp/out.jsonl }
  debug: {}
  debug/again: {}
service:
  pipelines:
    logs:
      receivers: [claude_code]
      processors: [cwd_hash, redaction]
      exporters: [file, debug]
`;

function problemsOf(text: string): string {
  try {
    plan(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join("\n");
    throw error;
  }
  return "";
}

it("takes a good configuration, and leaves out what no pipeline uses", () => {
  const { receivers, exporters, pipelines, stateDir, configDir } = plan(GOOD);
  expect(receivers.map(({ id }) => id)).toEqual(["claude_code"]);
  expect(exporters.map(({ id }) => id)).toEqual(["file", "debug"]);
  expect(pipelines[0]).toMatchObject({ name: "logs", mode: "off" });
  expect([stateDir, configDir]).toEqual([
    "/home/someone/.local/state/talos-auditor",
    "/home/someone/.config/talos-auditor",
  ]);
});

it("keeps the moment of the first start in a state folder of one's own", () => {
  const { stateDir, configDir } = plan(GOOD.replace("service:", "service:\n  state_dir: state"));
  expect([stateDir, configDir]).toEqual(["/etc/talos/state", "/etc/talos/state"]);
});

it.each([
  {
    name: "a type that is not there",
    change: ["claude_code: {}", "claude_cod: {}"],
    says: /receivers\.claude_cod \(line 3\).*did you mean "claude_code"/,
  },
  {
    name: "an id that is no id",
    change: ["debug/again", "debug/a b"],
    says: /an id is "type" or "type\/name"/,
  },
  {
    name: "a setting of a component, with its path",
    change: ["{ path:", "{ pth: x, path:"],
    says: /exporters\.file\.pth \(line 9\): unknown setting; did you mean "path"/,
  },
  {
    name: "a reference to nothing",
    change: ["[file, debug]", "[file, debgu]"],
    says: /pipelines\.logs\.exporters\.1 \(line \d+\): "debgu" is not configured under exporters; did you mean "debug"/,
  },
  {
    name: "an exporter that stands twice",
    change: ["[file, debug]", "[file, file]"],
    says: /"file" stands twice/,
  },
  {
    name: "a limit for nobody",
    change: ["service:\n", "service:\n  outbox: { limits: { fil: { max_size: 1MiB } } }\n"],
    says: /outbox\.limits\.fil \(line \d+\): "fil" is not configured under exporters; did you mean "file"/,
  },
  {
    name: "a pipeline without cwd_hash",
    change: ["[cwd_hash, redaction]", "[redaction]"],
    says: /needs cwd_hash/,
  },
  {
    name: "a mode that there is not",
    change: ['mode: "off"', 'mode: "on"'],
    says: /processors\.redaction\.mode/,
  },
  {
    name: "a reader of texts before secrets are taken out",
    change: ["processors: [cwd_hash, redaction]", "processors: [cwd_hash, categorize, redaction]"],
    says: /"categorize" reads texts: redaction must stand before it/,
  },
])("names $name", ({ change: [from = "", to = ""], says }) => {
  expect(problemsOf(GOOD.replace(from, to))).toMatch(says);
});

it("names every problem of every component at once", () => {
  const text = GOOD.replace("salt: a-salt-of-16-characters", "salt: short")
    .replace("{ path:", "{ pth:")
    .replace("debug: {}", "debug: { verbosity: loud }");
  const problems = problemsOf(text);
  for (const part of ["processors.cwd_hash.salt", "exporters.file.pth", "exporters.debug.verbosity"])
    expect(problems).toContain(part);
});

it("refuses two pipelines that bring the same records to the same exporter", () => {
  const twice = `${GOOD}    logs/second:\n      receivers: [claude_code]\n      processors: [cwd_hash]\n      exporters: [file]\n`;
  expect(problemsOf(twice)).toContain("claude_code → file is also in the pipeline logs");
});
