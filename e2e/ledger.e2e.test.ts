/** `talos ledger` of an enrolled machine, with receipts that the Workers really signed. */
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Machine } from "../collector/cmd/testing.ts";
import { LocalBackend, PROJECT } from "./backend.ts";
import { findLeaks } from "./leaks.ts";

const CANARY = "CANARY-7e90";
let backend: LocalBackend;
let machine: Machine;

beforeAll(async () => {
  backend = await LocalBackend.start();
  await backend.ask("PUT", "/api/team/mode", { mode: "full", confirm: "full" });
  const { secret } = await backend.ask<{ secret: string }>("POST", "/api/enrolment-tokens", {
    kind: "person",
  });
  machine = new Machine();
  rmSync(machine.configFile);
  configure();
  await machine.talosAlone("enroll", secret, "--endpoint", backend.url, "--unattended");
});
afterAll(async () => {
  await machine.dispose();
  await backend.close();
});

const home = () => path.join(machine.dir, ".config/talos-auditor");
const tokenOf = () => readFileSync(path.join(home(), "enrolment/token"), "utf8").trim();

/** As an enrolled machine's own, with a key that outlives the process. */
function configure(): void {
  mkdirSync(home(), { recursive: true });
  writeFileSync(
    path.join(home(), "config.yaml"),
    `receivers: { claude_code: {} }
processors:
  cwd_hash: { salt: "\${file:enrolment/salt}" }
  redaction: { mode: full }
exporters:
  otlp_http/talos: { endpoint: "${backend.url}", token: "\${file:enrolment/token}", destination: talos }
service:
  outbox: { key_source: file }
  pipelines: { logs: { receivers: [claude_code], processors: [cwd_hash, redaction], exporters: [otlp_http/talos] } }
`,
  );
}

function dialogue(session: string): void {
  const folder = path.join(machine.dir, ".claude/projects/-srv-work");
  mkdirSync(folder, { recursive: true });
  const common = { sessionId: session, cwd: "/srv/app", version: "2.1.330", isSidechain: false };
  const lines = [
    {
      ...common,
      type: "user",
      uuid: `user-${session}`,
      timestamp: new Date().toISOString(),
      promptId: `prompt-${session}`,
      promptSource: "typed",
      message: { role: "user", content: `${CANARY} rename the table` },
    },
    {
      ...common,
      type: "assistant",
      uuid: `answer-${session}`,
      timestamp: new Date().toISOString(),
      requestId: `req_${session}`,
      message: {
        id: `msg_${session}`,
        model: "claude-sonnet-5-5",
        content: [{ type: "text", text: `${CANARY} is renamed.` }],
        stop_reason: "end_turn",
        usage: { input_tokens: 10, output_tokens: 20 },
      },
    },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  appendFileSync(path.join(folder, `${session}.jsonl`), text);
}

interface Listed {
  requests: {
    n: number;
    destination: string;
    path: string;
    outcome: string;
    receipt: string;
    text?: true;
    masked?: true;
    places?: unknown[];
  }[];
  problems: unknown[];
}
const listed = async () => JSON.parse((await machine.talosAlone("ledger", "--json")).stdout) as Listed;

it("numbers and words left, and the team's key signed for both under the head of the chain", async () => {
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  expect((await machine.talosAlone("consent", "full", "--yes")).code).toBe(0);
  dialogue("a");
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  const { requests, problems } = await listed();
  expect(problems).toEqual([]);
  expect(requests.every(({ outcome }) => outcome === "taken")).toBe(true);
  const logs = requests.filter((each) => each.path === "/v1/logs");
  expect(new Set(logs.map(({ receipt }) => receipt))).toEqual(new Set(["signed"]));
  const words = logs.filter(({ text }) => text === true);
  expect(words.length).toBeGreaterThan(0);
  expect(words.every(({ places = [] }) => places.length > 0)).toBe(true);
  expect(logs.length).toBeGreaterThan(words.length);
  expect(new Set(requests.map((each) => each.path))).toEqual(
    new Set([
      "/v1/enroll",
      "/v1/agent/config",
      "/v1/agent/status",
      "/v1/agent/consent/nonce",
      "/v1/agent/consent",
      "/v1/logs",
    ]),
  );
  expect(requests.filter(({ masked }) => masked === true).map((each) => each.path)).toEqual(["/v1/enroll"]);
});

it("the words are not in it any more, and the agent token never was", async () => {
  const exported = await machine.talosAlone("ledger", "export", "--content");
  expect(exported.code).toBe(0);
  const bodies = exported.stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { body?: string }).body ?? "")
    .map((body) => Buffer.from(body, "base64").toString("latin1"));
  expect(bodies.some((body) => body.includes("claude-sonnet-5-5"))).toBe(true);
  for (const canary of [CANARY, tokenOf()]) expect(exported.stdout + bodies.join("\n")).not.toContain(canary);
  const places = readdirSync(machine.dir, { withFileTypes: true })
    .filter(({ name }) => name !== ".claude")
    .map(({ name }) => path.join(machine.dir, name));
  expect(findLeaks(places, [CANARY], { output: Buffer.from(machine.output) })).toEqual([]);
});

it("anybody can check the export with what docs/ledger.md gives, by the fingerprint of the team", async () => {
  const { fingerprint } = JSON.parse(readFileSync(path.join(home(), "enrolment/enrolment.json"), "utf8")) as {
    fingerprint: string;
  };
  const file = path.join(machine.dir, "ledger.ndjson");
  writeFileSync(file, (await machine.talosAlone("ledger", "export")).stdout);
  const check = path.join(machine.dir, "check.mjs");
  const page = readFileSync(path.join(PROJECT, "docs/ledger.md"), "utf8");
  writeFileSync(check, /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? "");
  const run = (pinned: string) => spawnSync(process.execPath, [check, file, pinned], { encoding: "utf8" });
  expect(run(fingerprint).stdout).toMatch(/^intact: \d+ entries, [1-9]\d* receipts\n$/);
  expect(run("0".repeat(64)).status).toBe(1);
  const verified = await machine.talosAlone("ledger", "verify");
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringMatching(/\nintact\n$/)]);
});
