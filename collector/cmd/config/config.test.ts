import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { layerOf } from "#config/layers.ts";
import { combine } from "#config/load.ts";
import { yamlText } from "#config/yaml-text.ts";
import { components } from "../components.ts";
import { Machine } from "../testing.ts";
import { effectiveSettings, type Setting, shown } from "./effective.ts";
import { explainKey, explainText } from "./explain.ts";
import { configSchema } from "./json-schema.ts";
import { rootNode } from "./schema-node.ts";

const CANARY = "CANARY-SECRET-4711-abcdef";
const home = { os: "linux", homeDir: "/home/someone", env: { TALOS_SALT: CANARY } } as const;
const BASE = `receivers:
  claude_code:
processors:
  cwd_hash: { salt: "\${env:TALOS_SALT}" }
  redaction: { mode: "off" }
exporters:
  otlp_http/a.b:
    endpoint: https://talos.example.com/?key=${CANARY}
    token: ${CANARY}
    proxy: { url: http://proxy:3128, username: kim, password: ${CANARY} }
    headers: { X-One: ${CANARY}, X-Two: "\${file:two}", X-Three: "\${env:NONE:-${CANARY}}" }
service:
  pipelines:
    logs: { receivers: [claude_code], processors: [cwd_hash, redaction], exporters: [otlp_http/a.b] }
`;
const MINE = `processors: { redaction: { mode: full } }\nservice: { batch: { timeout: 10s } }\n`;
const MANAGED = `service: { batch: { size: 1KiB } }\nexporters: { otlp_http/a.b: { token: managed-${CANARY} } }\n`;

const schema = rootNode(components);
const config = combine(
  [layerOf(BASE, "base.yaml"), layerOf(MINE, "mine.yaml"), layerOf(MANAGED, "managed.yaml", "managed")],
  home,
);
const settings = effectiveSettings(config, { schema });
const of = (key: string): Setting | undefined => settings.find((each) => each.path.join(".") === key);
const explained = (key: string) => {
  const found = explainKey(key, { schema, tree: config.tree, settings });
  return "guess" in found ? `guess: ${found.guess ?? "none"}` : explainText(found);
};

it.each([
  ["service.batch.timeout", "10s", "mine.yaml:2", "file"],
  ["service.batch.size", "1KiB", "managed.yaml:1", "managed"],
  ["service.outbox.max_size", "256MiB", "default", "default"],
  ["processors.redaction.mode", "off", "base.yaml:5", "file"],
  ["receivers.claude_code.start_at", "end", "default", "default"],
  ["exporters.otlp_http/a.b.encoding", "proto", "default", "default"],
])("says that %s is %s, from %s", (key, value, origin, from) => {
  expect(of(key)).toMatchObject({ value, origin, from });
});

it("shows every default of a component that is only named", () => {
  const shownKeys = settings.filter(({ path: [, id] }) => id === "claude_code").map((each) => each.path[2]);
  expect(shownKeys).toContain("max_line_size");
});

it.each([
  ["a secret", CANARY, { writeOnly: true }, "[secret]"],
  ["a reference to a secret", "${env:TOKEN}", { writeOnly: true }, "${env:TOKEN}"],
  ["a reference to a file", "${file:~/token}", { writeOnly: true }, "${file:~/token}"],
  ["a secret beside a reference", `Bearer \${env:TOKEN}`, { writeOnly: true }, "[secret]"],
  ["a secret as a reference's default", `\${env:TOKEN:-${CANARY}}`, { writeOnly: true }, "[secret]"],
  ["what no schema tells of", CANARY, undefined, "[secret]"],
  ["secrets in a list", [CANARY], { items: { writeOnly: true } }, ["[secret]"]],
  ["a password in an address", `https://kim:${CANARY}@host/x`, {}, "https://[secret]@host/x"],
  ["a key in an address", `https://host/x?key=${CANARY}`, {}, "https://host/x?[secret]"],
  ["an ordinary reference", "${env:HOST}", {}, "${env:HOST}"],
])("shows of %s no more than may be seen", (_name, value, node, want) => {
  expect(shown(value, node)).toEqual(want);
});

it("prints YAML that is the same configuration, secrets aside", () => {
  const text = yamlText(
    settings.map(({ path: at, value, origin }) => ({ path: at, value, comment: origin })),
  );
  const again = combine([layerOf(text.replaceAll("[secret]", "x".repeat(20)), "again.yaml")], {
    ...home,
    env: { TALOS_SALT: CANARY },
  });
  expect(again.problems).toMatchObject([{ message: /cannot read the file two/ }]);
  expect(again.service).toEqual(config.service);
  expect(text).toContain("timeout: 10s # mine.yaml:2");
  expect(parse(text)).toHaveProperty(["exporters", "otlp_http/a.b", "token"], "[secret]");
});

it("explains a privacy setting with the file that lost, and why", () => {
  const text = explained("processors.redaction.mode");
  expect(text).toMatch(/^processors\.redaction\.mode = off\n {2}from +base\.yaml:5\n/);
  expect(text).toMatch(/beats +full +mine\.yaml:1 +\(the strictest wins\)/);
  expect(text).toMatch(/default +off/);
  expect(text).toMatch(/meaning +What may leave this machine/);
});

it.each([
  ["a locked setting", "service.batch.size", /from +managed\.yaml:1 +locked/],
  [
    "a locked secret, masked on both sides",
    "exporters.otlp_http/a.b.token",
    /= \[secret\][\s\S]*beats +\[secret\] +base\.yaml:9/,
  ],
  [
    "a setting that nobody wrote",
    "service.logs.level",
    /= info\n {2}from +default[\s\S]*choices +debug, info/,
  ],
  ["a setting without a value", "exporters.file.path", /^exporters\.file\.path is not set/],
  ["a group", "service.batch", /timeout = 10s +\(mine\.yaml:2\)\n {2}size = 1KiB/],
  ["a component whose name holds a dot", "exporters.otlp_http/a.b", /encoding = proto/],
  ["a slip", "service.batch.timout", /guess: service\.batch\.timeout/],
  ["nothing that there is", "no.such.thing", /guess: none/],
])("explains %s", (_name, key, says) => {
  expect(explained(key)).toMatch(says);
});

it("never shows a secret, whatever is asked", () => {
  const keys = [
    "",
    ...settings.map((each) => each.path.join(".")),
    "exporters",
    "exporters.otlp_http/a.b.headers",
  ];
  const all = [
    JSON.stringify(settings.map((each) => ({ ...each, node: undefined }))),
    ...keys.map((key) => explained(key)),
  ];
  expect(all.join("\n")).not.toContain(CANARY);
});

const editor = z.fromJSONSchema(configSchema(components) as Parameters<typeof z.fromJSONSchema>[0]);

it.each([
  ["the example", {}, true],
  [
    "a reference where only some texts are allowed",
    { processors: { redaction: { mode: "${env:MODE}" } } },
    true,
  ],
  ["a component without settings", { receivers: { claude_code: null } }, true],
  ["a named component", { exporters: { "file/archive": { path: "x" } } }, true],
  ["a type that is not there", { exporters: { files: { path: "x" } } }, false],
  ["a setting that is not there", { exporters: { file: { path: "x", pth: 1 } } }, false],
  ["a choice that is not there", { service: { logs: { level: "loud" }, pipelines: {} } }, false],
  ["a section that is not there", { watchers: {} }, false],
  [
    "a pipeline of another signal",
    { service: { pipelines: { metrics: { receivers: ["a"], exporters: ["b"] } } } },
    false,
  ],
])("lets an editor accept or refuse %s as the program does", (_name, change, good) => {
  const example = { ...(parse(BASE) as object), ...change };
  expect(editor.safeParse(example).success).toBe(good);
});

it("has patterns that every editor can read", () => {
  const patterns = [...JSON.stringify(configSchema(components)).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)];
  expect(patterns.length).toBeGreaterThan(1);
  for (const [, text = ""] of patterns)
    expect(() => new RegExp(JSON.parse(text) as string, "u")).not.toThrow();
});

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.dispose());

const file = (name: string, text: string): string => {
  writeFileSync(path.join(machine.dir, name), text);
  return path.join(machine.dir, name);
};

it("merges the files that are named, as the commands say", async () => {
  const mine = file(
    "mine.yaml",
    "service: { batch: { timeout: 7s } }\nexporters: { file: { rotation: { max_files: 2 } } }\n",
  );
  const print = await machine.talosAlone("config", "print", "--origin", "-c", machine.configFile, "-c", mine);
  expect([print.code, print.stderr]).toEqual([0, ""]);
  expect(print.stdout).toContain(`timeout: 7s # ${mine}:1`);
  expect(print.stdout).toContain(`max_files: 2 # ${mine}:2`);
  expect(print.stdout).toContain('salt: "[secret]"');
  const json = await machine.talosAlone("config", "print", "--json", "-c", machine.configFile, "-c", mine);
  expect(JSON.parse(json.stdout)).toMatchObject({
    service: { batch: { timeout: "7s" }, state_dir: machine.stateDir },
  });
  const one = await machine.talos("config", "explain", "service.batch.timeout", "-c", mine);
  expect(one.stdout).toMatch(/service\.batch\.timeout = 1s[\s\S]*beats +7s +.*mine\.yaml:1 +\(a later file/);
  const both = await machine.talos("validate", "-c", mine);
  expect(both.stdout).toContain("are valid");
});

it("says what is wrong, and where, with an exit code for scripts", async () => {
  const bad = file(
    "bad.yaml",
    `service:\n  batch:\nprocessors: { cwd_hash: { salt: ${CANARY} }, redaction: { mode: } }\n`,
  );
  const print = await machine.talosAlone("config", "print", "-c", machine.configFile, "-c", bad);
  expect([print.code, print.stdout]).toEqual([2, ""]);
  expect(print.stderr).toMatch(/service\.batch \(.*bad\.yaml:2\): is empty/);
  expect(print.stderr).toMatch(/processors\.redaction\.mode \(.*bad\.yaml:3\): cannot be taken away/);
  expect(print.stderr).not.toContain(CANARY);
  const slip = await machine.talos("config", "explain", "service.batch.timout");
  expect([slip.code, slip.stderr]).toEqual([
    2,
    expect.stringContaining('did you mean "service.batch.timeout"'),
  ]);
  expect((await machine.talosAlone("config")).code).toBe(2);
});

it("prints the schema that the docs hold", async () => {
  const { stdout } = await machine.talosAlone("config", "schema");
  expect(stdout).toBe(
    readFileSync(path.resolve(import.meta.dirname, "../../../docs/config.schema.json"), "utf8"),
  );
});
