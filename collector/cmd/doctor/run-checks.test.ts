import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CursorHome, uuid } from "#testkit/cursor/home.ts";
import { type Fault, HttpFaultServer } from "#testkit/http-fault-server.ts";
import { Machine } from "../testing.ts";
import { type CheckOptions, runChecks } from "./run-checks.ts";
import { renderChecks } from "./text.ts";

const CANARY = "canary-71ad";
const ID = "otlp_http/talos";

let machine: Machine;
let server: HttpFaultServer;
beforeEach(async () => {
  machine = new Machine();
  server = await HttpFaultServer.start();
  sendTo(server.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await machine.dispose();
});

function sendTo(endpoint: string, more = ""): void {
  machine.configure({
    exporter: { id: ID, yaml: `{ endpoint: "${endpoint}", token: ${CANARY}-token${more} }` },
  });
}

/** In the default order the first request is the one without records, the second asks for the time. */
const answers = (...faults: Fault[]) => server.next(...faults);

const check = (options: Omit<CheckOptions, "config"> = {}) =>
  runChecks({ ...options, config: [machine.configFile] });

it("finds nothing to mend where all is as it should be", async () => {
  machine.request("one", { output: 1, cwd: `/srv/${CANARY}` });
  const results = await check();
  expect(results.map(({ id, status }) => [id, status])).toEqual([
    ["configuration", "ok"],
    ["folders", "ok"],
    ["formats", "ok"],
    ["cursor", "skip"],
    ["watches", process.platform === "linux" ? "ok" : "skip"],
    ["instance", "warn"],
    ["keychain", "skip"],
    ["disk", "ok"],
    ["modes", "ok"],
    ["proxy", "ok"],
    ["authorities", "skip"],
    ["endpoint", "ok"],
    ["clock", "ok"],
    ["ollama", "skip"],
  ]);
  const detail = (id: string) => results.find((result) => result.id === id)?.detail;
  expect(detail("folders")).toBe(`${machine.home}/projects: 1 transcript`);
  expect(detail("formats")).toBe("Claude Code 2.1.330; no lines of unknown types");
  expect(detail("endpoint")).toBe(`${ID}: reached, speaks OTLP, takes the token`);
  expect(server.received[0]?.logs).toEqual({ resourceLogs: [] });
  expect(server.received[1]?.headers.authorization).toBeUndefined();
});

it.each<{
  name: string;
  id: string;
  status: "warn" | "fail" | "skip";
  detail: string;
  fix: string;
  breakIt: () => CheckOptions["machine"] | void;
}>([
  {
    name: "a wrong token",
    id: "endpoint",
    status: "fail",
    detail: "the token is refused (POST answered 401)",
    fix: `exporters.${ID}.token`,
    breakIt: () => answers({ kind: "answer", status: 401, body: CANARY }),
  },
  {
    name: "a login page",
    id: "endpoint",
    status: "fail",
    detail: "something else answers in its place",
    fix: "sign in to this network",
    breakIt: () => answers({ kind: "html200" }),
  },
  {
    name: "an address that is not OTLP's",
    id: "endpoint",
    status: "fail",
    detail: "there is no OTLP at this address",
    fix: "without /v1/logs",
    breakIt: () => answers({ kind: "answer", status: 404, body: CANARY }),
  },
  {
    name: "a busy destination",
    id: "endpoint",
    status: "warn",
    detail: "busy (POST answered 503)",
    fix: "wait",
    breakIt: () => answers({ kind: "answer", status: 503, body: CANARY }),
  },
  {
    name: "a destination that wants records",
    id: "endpoint",
    status: "warn",
    detail: "refuses a request without records (POST answered 400)",
    fix: "talos status",
    breakIt: () => answers({ kind: "answer", status: 400, body: CANARY }),
  },
  {
    name: "nobody there",
    id: "endpoint",
    status: "fail",
    detail: "cannot be reached (connection failed: ECONNREFUSED)",
    fix: `exporters.${ID}.endpoint`,
    breakIt: () => sendTo("http://127.0.0.1:9"),
  },
  {
    name: "a missing file of authorities",
    id: "authorities",
    status: "fail",
    detail: "`tls.ca_file` cannot be used",
    fix: `exporters.${ID}.tls.ca_file`,
    breakIt: () => sendTo("https://127.0.0.1:9", `, tls: { ca_file: /nowhere/${CANARY}.pem }`),
  },
  {
    name: "a clock that is ahead",
    id: "clock",
    status: "warn",
    detail: "ahead of the destination's",
    fix: "set its clock",
    breakIt: () => ({ now: () => Date.now() + 600_000 }),
  },
  {
    name: "a missing folder",
    id: "folders",
    status: "warn",
    detail: "is not there",
    fix: "mend `include`",
    breakIt: () => rmSync(path.join(machine.home, "projects"), { recursive: true }),
  },
  {
    name: "a full disk",
    id: "disk",
    status: "fail",
    detail: "1 MiB free",
    fix: "free some space",
    breakIt: () => ({ freeBytes: () => 1_048_576 }),
  },
  {
    name: "a disk with less room than the queue may take",
    id: "disk",
    status: "warn",
    detail: "less than a full queue takes",
    fix: "free some space",
    breakIt: () => ({ freeBytes: () => 100 * 1_048_576 }),
  },
  {
    name: "a key that others can read",
    id: "modes",
    status: "fail",
    detail: "outbox.key",
    fix: "chmod 600",
    breakIt: () => {
      mkdirSync(machine.stateDir, { recursive: true });
      const file = path.join(machine.stateDir, "outbox.key");
      writeFileSync(file, CANARY);
      chmodSync(file, 0o644);
    },
  },
  {
    name: "a token's file that others can read",
    id: "modes",
    status: "fail",
    detail: "token file",
    fix: String.raw`token\ file`,
    breakIt: () => {
      const file = path.join(machine.dir, "token file");
      writeFileSync(file, `${CANARY}-token`);
      chmodSync(file, 0o640);
      machine.configure({
        exporter: { id: ID, yaml: `{ endpoint: "${server.url}", token: "\${file:${file}}" }` },
      });
    },
  },
  {
    name: "a keychain that does not answer",
    id: "keychain",
    status: "warn",
    detail: "no keychain answers",
    fix: "key_source: file",
    breakIt: () => {
      writeConfig((text) => text.replace("key_source: file", "key_source: keychain"));
      return { keychain: () => Promise.reject(new Error(CANARY)) };
    },
  },
  {
    name: "a damaged state",
    id: "instance",
    status: "fail",
    detail: "could not be looked at (corrupt)",
    fix: "state folder",
    breakIt: () => {
      mkdirSync(machine.stateDir, { recursive: true });
      writeFileSync(path.join(machine.stateDir, "state.db"), CANARY.repeat(1_000), { mode: 0o600 });
    },
  },
])("tells of $name, and how to mend it", async ({ id, status, detail, fix, breakIt }) => {
  machine.request("one", { output: 1, cwd: `/srv/${CANARY}` });
  const parts = breakIt();
  const results = await check(parts === undefined ? {} : { machine: parts });
  const result = results.find((each) => each.id === id);
  expect(result).toMatchObject({
    status,
    detail: expect.stringContaining(detail) as string,
    fix: expect.stringContaining(fix) as string,
  });
  expect(JSON.stringify(results) + renderChecks(results, true)).not.toMatch(
    new RegExp(`${CANARY}|An answer|-srv-work|Please sign`),
  );
});

it(
  "counts lines of unknown types and shows versions that are three numbers, nothing else of a line",
  { timeout: 60_000 },
  async () => {
    machine.request("one", { output: 1, cwd: `/srv/${CANARY}` });
    const file = path.join(machine.home, "projects", "-srv-work", "one.jsonl");
    appendFileSync(file, `${JSON.stringify({ type: `new-${CANARY}`, version: `2.1.331-${CANARY}` })}\n`);
    appendFileSync(
      file,
      `${JSON.stringify({ type: "user", toolUseResult: { version: "9.9.9" } })}\n{"type":"us`,
    );
    await machine.talos("run", "--once");
    const results = await check({ offline: true });
    expect(results.find(({ id }) => id === "formats")).toMatchObject({
      status: "warn",
      detail: "Claude Code 2.1.330; 1 line of types that this version does not know",
      fix: expect.stringContaining("update Talos Auditor") as string,
    });
    expect(JSON.stringify(results)).not.toContain(CANARY);
  },
);

it("an invalid configuration is told with every problem, and nothing else is tried", async () => {
  writeConfig((text) => text.replace("receivers:", "receiver:").replace("timeout: 1s", "timeout: never"));
  const [configuration, ...others] = await check();
  expect(configuration).toMatchObject({
    status: "fail",
    fix: expect.stringContaining("talos validate") as string,
  });
  expect(configuration?.detail).toMatch(/receiver.*unknown setting.*; .*timeout/);
  expect(new Set(others.map(({ status }) => status))).toEqual(new Set(["skip"]));
  expect(server.received).toEqual([]);
});

it("offline, nothing is sent", async () => {
  const results = await check({ offline: true });
  expect(results.filter(({ detail }) => detail.includes("--offline")).map(({ id }) => id)).toEqual([
    "endpoint",
    "clock",
  ]);
  expect(server.connections).toBe(0);
});

it("tells of a proxy in the environment, and of a variable that names none, never what they hold", async () => {
  sendTo("https://destination.example.com");
  vi.stubEnv("https_proxy", `http://${CANARY}:${CANARY}@127.0.0.1:9`);
  const used = (await check({ offline: true })).find(({ id }) => id === "proxy");
  expect(used).toMatchObject({ status: "ok", detail: `${ID}: by the environment` });
  vi.stubEnv("https_proxy", `socks5://${CANARY}`);
  const unusable = (await check({ offline: true })).find(({ id }) => id === "proxy");
  expect(unusable).toMatchObject({ status: "warn", fix: "set https_proxy to http://host:port" });
  expect(JSON.stringify([used, unusable])).not.toContain(CANARY);
});

it("tells that a proxy is used, never which password it wants", async () => {
  sendTo(
    "https://127.0.0.2.example.com",
    `, proxy: { url: "http://127.0.0.1:9", username: ${CANARY}-user, password: ${CANARY}-password }`,
  );
  const results = await check({ offline: true });
  expect(results.find(({ id }) => id === "proxy")?.detail).toBe(`${ID}: by the configuration`);
  expect(JSON.stringify(results)).not.toContain(CANARY);
});

it("tells what of Cursor is here and can be read, and nothing that is in it", async () => {
  const home = new CursorHome(machine.dir);
  const pattern = `${machine.dir}/.cursor/projects/**/*.jsonl`;
  const receiver = `cursor: { include: ["${pattern}"], user_dir: "${home.userDir}" }`;
  writeConfig((text) =>
    text.replace("receivers:", `receivers:\n  ${receiver}`).replace("[claude_code]", "[claude_code, cursor]"),
  );
  const turns = [{ atMs: Date.now(), prompt: CANARY, answer: CANARY }];
  home.write({ id: uuid("one"), folder: `/srv/${CANARY}`, model: "default", turns });
  home.close();
  const results = await check({ offline: true });
  const found = (id: string) => results.find((result) => result.id === id);
  expect(found("folders")?.detail).toContain(`${machine.dir}/.cursor/projects: 1 transcript`);
  expect(found("cursor")?.detail).toContain(
    "its database can be read: with a write-ahead log, a version that lists conversations",
  );
  expect(found("cursor")).toMatchObject({
    status: "warn",
    detail: expect.stringContaining("they are not known") as string,
    fix: expect.stringContaining("talos cursor-hooks install") as string,
  });
  const file = path.join(home.userDir, "globalStorage", "state.vscdb");
  rmSync(file);
  const unknown = new DatabaseSync(file);
  unknown.exec(
    `CREATE TABLE cursorDiskKV (name TEXT, content TEXT); INSERT INTO cursorDiskKV VALUES ('${CANARY}', '')`,
  );
  unknown.close();
  expect((await check({ offline: true })).find(({ id }) => id === "cursor")).toMatchObject({
    status: "warn",
    detail: expect.stringContaining("transcripts are read alone") as string,
  });
  expect(JSON.stringify(results)).not.toMatch(new RegExp(`${CANARY}|${uuid("one")}`));
});

function writeConfig(change: (text: string) => string): void {
  const text = readFileSync(machine.configFile, "utf8");
  writeFileSync(machine.configFile, change(text));
}
