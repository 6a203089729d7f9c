/** The bundle that people send to others: by real processes, unpacked by the system's tar. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { noTerminal, Terminal } from "#testkit/terminal.ts";
import { Machine, until } from "./testing.ts";

const MAIN = path.resolve(import.meta.dirname, "main.ts");
const TIMEOUT_MS = 120_000;
const reason = noTerminal();
const ENTRIES = ["configuration.yaml", "counters.json", "doctor.json", "status.json", "versions.json"];

let machine: Machine;
let out: string;
beforeEach(() => {
  machine = new Machine();
  out = path.join(machine.dir, "bundle.tar.gz");
});
afterEach(() => machine.dispose());

function unpack(): Map<string, string> {
  const dir = path.join(machine.dir, "unpacked");
  mkdirSync(dir);
  expect(spawnSync("tar", ["-xzf", out, "-C", dir], { encoding: "utf8" })).toMatchObject({
    status: 0,
    stderr: "",
  });
  const folder = path.join(dir, "talos-support");
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), "utf8")]));
}

function parsed(files: Map<string, string>, name: string): Record<string, unknown> {
  return JSON.parse(files.get(name) ?? "") as Record<string, unknown>;
}

it("lists what it writes, and writes it for its owner alone", { timeout: TIMEOUT_MS }, async () => {
  machine.request("one", { output: 7 });
  expect((await machine.talos("run", "--once")).code).toBe(0);
  const { code, stdout, stderr } = await machine.talos("support-bundle", "--yes", "--out", out);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(statSync(out).mode & 0o777).toBe(0o600);
  const files = unpack();
  expect([...files.keys()].toSorted()).toEqual(ENTRIES);
  for (const [name, text] of files)
    expect(stdout).toMatch(new RegExp(`${name} +${Buffer.byteLength(text)} bytes`));
  expect(parsed(files, "status.json")).toMatchObject({
    running: false,
    paused: false,
    process: "not answering",
    balance: { balanced: true },
  });
  expect(parsed(files, "versions.json")).toMatchObject({ node: process.versions.node, arch: process.arch });
  expect(Object.keys(parsed(files, "counters.json"))).toContain("receiver_read_bytes");
  const found = JSON.parse(files.get("doctor.json") ?? "") as object[];
  expect(found).toContainEqual({ id: "folders", status: "ok" });
  expect(found).toContainEqual(expect.objectContaining({ id: "formats", detail: expect.any(String) }));
  const configuration = files.get("configuration.yaml");
  expect(configuration).toMatch(/include: \["\[path\]"\] # config\.yaml:3/);
  expect(configuration).toMatch(/timeout: 1s # config\.yaml:\d+/);
  expect(configuration).toMatch(/mode: off # config\.yaml:\d+/);
});

it("holds the last log lines of the collector that runs", { timeout: TIMEOUT_MS }, async () => {
  machine.run();
  await until(async () => (await machine.talos("tap")).code === 0, "the collector answers");
  expect((await machine.talos("support-bundle", "--yes", "--out", out)).code).toBe(0);
  const files = unpack();
  expect(files.get("log.jsonl")).toContain('"message":"collector started"');
  const status = parsed(files, "status.json");
  expect(status["process"]).toHaveProperty("rssBytes");
  expect(status).not.toHaveProperty("pid");
});

it("overwrites nothing", async () => {
  writeFileSync(out, "mine");
  const { code, stderr } = await machine.talos("support-bundle", "--yes", "--out", out);
  expect(code).toBe(1);
  expect(stderr).toContain("--out");
  expect(readFileSync(out, "utf8")).toBe("mine");
});

it("writes nothing where nobody can be asked, and says what to add", async () => {
  const { code, stdout, stderr } = await machine.talos("support-bundle", "--out", out);
  expect(code).toBe(2);
  expect(stdout).toContain("configuration.yaml");
  expect(stderr).toContain("--yes");
  expect(existsSync(out)).toBe(false);
});

it("says where it cannot write", async () => {
  const nowhere = path.join(machine.dir, "none", "bundle.tar.gz");
  const { code, stderr } = await machine.talos("support-bundle", "--yes", "--out", nowhere);
  expect(code).toBe(1);
  expect(stderr).toContain("ENOENT");
});

it.skipIf(reason !== undefined).each([
  { name: "no", answer: "n\r", isWritten: false },
  { name: "nothing", answer: "\r", isWritten: false },
  { name: "Ctrl-C", answer: "\u0003", isWritten: false },
  { name: "yes", answer: "y\r", isWritten: true },
])("after $name, is it written: $isWritten", { timeout: TIMEOUT_MS }, async ({ answer, isWritten }) => {
  const terminal = new Terminal(
    [process.execPath, MAIN, "support-bundle", "--out", out, "--config", machine.configFile],
    { env: { ...process.env, HOME: machine.dir, TERM: "xterm" }, dir: machine.dir },
  );
  await until(() => terminal.text.includes("[y/N]"), "the question");
  terminal.type(answer);
  expect(await terminal.ended).toBe(isWritten ? 0 : 1);
  expect(existsSync(out)).toBe(isWritten);
  expect(terminal.text).toContain(isWritten ? "Written to" : "Nothing is written.");
});

it("holds no secret, no place and no person", { timeout: TIMEOUT_MS }, async () => {
  const home = path.join(machine.dir, "canary-home");
  const configDir = path.join(home, "canary-config");
  const secretFile = path.join(home, "canary-secret-file");
  mkdirSync(configDir, { recursive: true });
  writeFileSync(secretFile, "canary-password-in-a-file", { mode: 0o600 });
  writeFileSync(path.join(configDir, "exclude"), "~/canary-excluded/**\n");
  writeFileSync(machine.configFile, canaryConfig(machine, configDir, secretFile));
  machine.request("canary-session", { output: 7, cwd: `${home}/canary-project` });
  machine.run();
  await until(async () => (await machine.talos("tap")).code === 0, "the collector answers");
  await machine.talos("pause", "1h");
  const ran = await machine.talosAlone("support-bundle", "-y", "-o", out, "-c", machine.configFile);
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  const files = unpack();
  expect(files.size).toBe(6);
  const all = [...files.values()].join("\n");
  expect(all).not.toMatch(/\(process /);
  expect(all).not.toMatch(/canary/i);
  expect(all).not.toContain(path.basename(machine.dir));
  expect(all).not.toContain("talos-machine");
  expect(all).not.toMatch(/[0-9a-f]{16}/);
  const kept = readdirSync(configDir).map((name) => readFileSync(path.join(configDir, name), "utf8"));
  const ids = kept.join("\n").match(/[0-9a-f-]{32,}/g) ?? [];
  expect(ids.length).toBeGreaterThan(0);
  for (const id of ids) expect(all).not.toContain(id);
  expect(parsed(files, "status.json")["paused"]).toBe(true);
  expect(files.get("configuration.yaml")).toMatch(/logs_endpoint: https:\/\/127\.0\.0\.1:9\/\[path\]/);
});

function canaryConfig({ home, stateDir }: Machine, configDir: string, secretFile: string): string {
  return `receivers:
  claude_code:
    include: ["${home}/projects/**/*.jsonl"]
    exclude: ["/srv/canary-excluded/**"]
    scope: { exclude: ["~/canary-scope", { remote: "github.com/canary-team/*" }] }
    start_at: beginning
processors:
  cwd_hash: { salt: canary-salt-of-32-characters-0123456789 }
  redaction: { mode: "off" }
exporters:
  otlp_http/talos:
    logs_endpoint: https://127.0.0.1:9/canary-path/v1/logs
    token: canary-token-0123456789
    headers: { x-team: canary-header }
    proxy: { url: "http://127.0.0.1:9", username: canary-user, password: "\${file:${secretFile}}" }
service:
  state_dir: ${stateDir}
  config_dir: ${configDir}
  outbox: { key_source: file }
  pipelines:
    logs: { receivers: [claude_code], processors: [cwd_hash, redaction], exporters: [otlp_http/talos] }
`;
}
