import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { ConfigError } from "./errors.ts";
import { type Layer, layerOf, managedConfigFile } from "./layers.ts";
import { combine, loadConfig, type LoadedConfig } from "./load.ts";
import type { Home } from "./paths.ts";
import { find, placeOf } from "./tree.ts";

const home: Home = { os: "linux", homeDir: "/home/someone", env: { MODE: "full" } };
const BASE = `receivers:
  claude_code: { start_at: end }
processors:
  cwd_hash: { salt: a-salt-of-16-characters }
  redaction: { mode: "off" }
exporters:
  file: { path: a.jsonl, rotation: { max_files: 3 } }
service:
  state_dir: state
  batch: { timeout: 1m }
  pipelines:
    logs: { receivers: [claude_code], processors: [cwd_hash, redaction], exporters: [file] }
`;

const user = (text: string, name = "mine.yaml") => layerOf(text, path.join("/etc/team", name));
const base = () => layerOf(BASE, "/etc/base/base.yaml");
const managed = (text: string) => layerOf(text, "/etc/talos-auditor/config.yaml", "managed");
const merged = (...layers: Layer[]): LoadedConfig => combine(layers, home);

/** Problems of every kind, as a user reads them. */
function problemsOf(...layers: Layer[]): string {
  try {
    const config = merged(...layers);
    return config.problems.map(config.describe).join("\n");
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join("\n");
    throw error;
  }
}

it("merges maps, replaces lists and values, and lets the last file win", () => {
  const more = `exporters:
  file: { rotation: { max_size: 1MB } }
  debug: {}
service:
  batch: { timeout: 5s }
  pipelines: { logs: { exporters: [debug, file] } }
`;
  const config = merged(base(), user(more));
  expect(config.exporters).toEqual({
    file: { path: "a.jsonl", rotation: { max_files: 3, max_size: "1MB" } },
    debug: {},
  });
  expect(config.service.batch.timeout).toBe(5_000);
  expect(config.service.pipelines["logs"]).toEqual({
    receivers: ["claude_code"],
    processors: ["cwd_hash", "redaction"],
    exporters: ["debug", "file"],
  });
  expect(config.problems).toEqual([]);
});

it("knows of every value where it was written, and what it stands before", () => {
  const { tree } = merged(base(), user("\nservice: { batch: { timeout: 5s } }\n"));
  const leaf = find(tree, ["service", "batch", "timeout"]);
  expect(leaf && placeOf(leaf.origin)).toBe("/etc/team/mine.yaml:2");
  expect(leaf).toMatchObject({ value: "5s", lost: [{ value: "1m", why: "a later file says otherwise" }] });
  const path0 = find(tree, ["exporters", "file", "path"]);
  expect(path0 && placeOf(path0.origin)).toBe("/etc/base/base.yaml:7");
});

it("takes relative folders from the file that names them", () => {
  const config = merged(base(), user("service: { config_dir: here }\n"));
  expect(config.baseDirOf(["service", "state_dir"])).toBe("/etc/base");
  expect(config.baseDirOf(["service", "config_dir"])).toBe("/etc/team");
});

it("reads ${file:} relative to the file that names it", () => {
  const dirs = ["one", "two"].map((name) => mkdtempSync(path.join(os.tmpdir(), `config-${name}-`)));
  const files = dirs.map((dir, i) => {
    writeFileSync(path.join(dir, "token"), `token-${i}\n`);
    const file = path.join(dir, "config.yaml");
    writeFileSync(file, i === 0 ? BASE : 'exporters: { debug: { token: "${file:token}" } }\n');
    return file;
  });
  const config = loadConfig(files, home);
  expect(config.exporters["debug"]).toEqual({ token: "token-1" });
  expect(config.files).toEqual([...files, path.join(dirs[1] ?? "", "token")]);
});

it.each([
  ["a component", "receivers:\n  claude_code:\n", ["receivers", "claude_code", "start_at"], "end"],
  [
    "a component with settings of its own",
    "processors:\n  redaction:\n",
    ["processors", "redaction", "mode"],
    "off",
  ],
])("keeps what an earlier file says of %s that a later one only names", (_name, text, at, want) => {
  const config = merged(base(), user(text));
  expect([problemsOf(base(), user(text)), find(config.tree, at)]).toMatchObject(["", { value: want }]);
});

it("lets null take away an ordinary setting, so that the default stands", () => {
  const config = merged(
    base(),
    user("service: { batch: { timeout: null } }\nexporters: { file: { rotation: { max_files: } } }\n"),
  );
  expect(config.service.batch.timeout).toBe(300_000);
  expect(config.exporters["file"]).toEqual({ path: "a.jsonl", rotation: {} });
});

it.each([
  [
    "a mode",
    "processors:\n  redaction:\n    mode:\n",
    /^processors\.redaction\.mode \(\/etc\/team\/mine\.yaml:3\): cannot be taken away: \/etc\/base\/base\.yaml:5/,
  ],
  [
    "a salt",
    "processors:\n  cwd_hash: { salt: null }\n",
    /processors\.cwd_hash\.salt \(.*mine\.yaml:2\): cannot be taken away/,
  ],
  [
    "the processors of a pipeline",
    "service:\n  pipelines:\n    logs:\n      processors: ~\n",
    /service\.pipelines\.logs\.processors \(.*:4\): cannot be taken away/,
  ],
  [
    "a pipeline",
    "service:\n  pipelines:\n    logs:\n",
    /service\.pipelines\.logs \(.*:3\): cannot be taken away/,
  ],
  ["all pipelines", "service:\n  pipelines:\n", /service\.pipelines \(.*:2\): cannot be taken away/],
  ["all processors", "processors:\n", /^processors \(.*mine\.yaml:1\): is empty/],
  ["all receivers", "exporters:\n  debug: {}\nreceivers:\n", /^receivers \(.*mine\.yaml:3\): is empty/],
  ["the service", "service:\n", /^service \(.*mine\.yaml:1\): is empty/],
  [
    "a group of settings",
    "service:\n  batch:\n",
    /^service\.batch \(.*mine\.yaml:2\): is empty, and would take away all that .*base\.yaml:10 says/,
  ],
])("never lets null delete %s", (_name, text, says) => {
  expect(problemsOf(base(), user(text))).toMatch(says);
  const config = (() => {
    try {
      return merged(base(), user(text));
    } catch {
      return undefined;
    }
  })();
  expect(config === undefined || config.service.pipelines["logs"]?.processors).not.toEqual([]);
});

it.each(["receivers", "processors", "exporters", "service"])(
  "names an empty section %s of a single file",
  (section) => {
    const text = BASE.replace(new RegExp(`^${section}:\n( .*\n)+`, "m"), `${section}:\n`);
    expect(problemsOf(user(text))).toMatch(
      new RegExp(`^${section} \\(line \\d+\\): is empty; remove the line`),
    );
  },
);

it.each([
  ["a later file may not loosen", "full", "off"],
  ["a later file may not loosen by a reference", "${env:MODE}", "off"],
  ["a later file may tighten", "off", "off", "categorize_local"],
])("%s the mode", (_name, later, want, earlier = "off") => {
  const text = `processors: { redaction: { mode: "${later}" } }\n`;
  const config = merged(layerOf(BASE.replace('"off"', earlier), "/etc/base/base.yaml"), user(text));
  expect(config.processors["redaction"]).toEqual({ mode: want });
  const leaf = find(config.tree, ["processors", "redaction", "mode"]);
  expect(leaf).toMatchObject({ lost: [{ why: "the strictest wins" }] });
});

it("shows a mode that is none, rather than passing over it", () => {
  const config = merged(base(), user("processors: { redaction: { mode: of } }\n"));
  expect(config.processors["redaction"]).toEqual({ mode: "of" });
});

it("refuses a later list that leaves out a processor", () => {
  const text = "service: { pipelines: { logs: { processors: [cwd_hash] } } }\n";
  expect(problemsOf(base(), user(text))).toBe(
    'service.pipelines.logs.processors (/etc/team/mine.yaml:1): leaves out "redaction", which /etc/base/base.yaml:12 names; a later file may add processors, not remove them',
  );
  expect(problemsOf(base(), user(text.replace("[cwd_hash]", "[cwd_hash, redaction, more]")))).toBe("");
});

it("locks each value of the managed configuration by itself", () => {
  const config = merged(
    base(),
    managed("service: { batch: { timeout: 2m } }\nexporters: { file: { path: theirs } }\n"),
  );
  expect(config.service.batch.timeout).toBe(120_000);
  expect(config.exporters["file"]).toEqual({ path: "theirs", rotation: { max_files: 3 } });
  expect(find(config.tree, ["exporters", "file", "path"])).toMatchObject({
    lost: [{ value: "a.jsonl", why: "locked by the managed configuration" }],
  });
});

it("binds every processor by the managed mode, whatever it is called", () => {
  const mine = BASE.replace("redaction: { mode", "redaction/mine: { mode: full }\n  redaction: { mode");
  const limit = managed("processors: { redaction: { mode: categorize_local } }\n");
  const config = merged(layerOf(mine, "/etc/base/base.yaml"), limit);
  expect(config.processors).toMatchObject({
    "redaction/mine": { mode: "categorize_local" },
    redaction: { mode: "off" },
  });
});

it("lets the managed configuration choose a pipeline's processors", () => {
  const config = merged(base(), managed("service: { pipelines: { logs: { processors: [cwd_hash] } } }\n"));
  expect([config.service.pipelines["logs"]?.processors, config.problems]).toEqual([["cwd_hash"], []]);
});

it("works with the managed configuration alone", () => {
  expect(merged(managed(BASE)).exporters).toHaveProperty("file");
});

it.each([
  ["linux", "/etc/talos-auditor/config.yaml"],
  ["darwin", "/Library/Application Support/talos-auditor/config.yaml"],
  ["win32", "C:\\Program Files\\talos-auditor\\config.yaml"],
] as const)("looks for the managed configuration of %s where only administrators write", (system, want) => {
  expect(managedConfigFile(system)).toBe(want);
});

it("goes on without a managed configuration, and stops at one that it cannot read", () => {
  const dir = mkdtempSync(path.join(os.tmpdir(), "config-managed-"));
  const file = path.join(dir, "base.yaml");
  writeFileSync(file, BASE);
  expect(
    loadConfig(file, home, { managed: path.join(dir, "none", "config.yaml") }).service.batch.timeout,
  ).toBe(60_000);
  expect(() => loadConfig(file, home, { managed: dir })).toThrow(
    /cannot read the managed configuration \(EISDIR\)/,
  );
});

it("names file and line of a problem when there are several files", () => {
  expect(problemsOf(base(), user("\n\nservice: { batch: { timeout: soon } }\n"))).toMatch(
    /^service\.batch\.timeout \(\/etc\/team\/mine\.yaml:3\): expected a duration/,
  );
  expect(problemsOf(base(), user("- a list\n"))).toMatch(/^the file as a whole \(/);
});

it("never shows a value that was beaten or refused", () => {
  const canary = "CANARY-SALT-0123456789";
  const text = `processors: { cwd_hash: { salt: ${canary} }, redaction: { mode: ${canary} } }\nservice: { batch: { size: ${canary} }, outbox: }\n`;
  expect(problemsOf(base(), user(text))).not.toContain(canary);
});
