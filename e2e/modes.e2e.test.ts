/** Each privacy mode from a prompt on a developer's machine to the database, through everything that really runs. */
import { appendFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Machine, until } from "../collector/cmd/testing.ts";
import { LocalBackend } from "./backend.ts";
import { findLeaks } from "./leaks.ts";

let backend: LocalBackend;
let cookie: string;
const machines: Machine[] = [];

beforeAll(async () => {
  backend = await LocalBackend.start();
  const code = new URL(await backend.signInLink()).hash.slice(1);
  const response = await fetch(`${backend.url}/api/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: backend.url },
    body: JSON.stringify({ code }),
  });
  cookie = (response.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
});
afterAll(async () => {
  for (const machine of machines) await machine.dispose();
  await backend.close();
});

async function api<T>(method: string, route: string, body?: object): Promise<T> {
  const response = await fetch(`${backend.url}${route}`, {
    method,
    headers: { cookie, origin: backend.url, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect([method, route, response.ok]).toEqual([method, route, true]);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** A machine of the team that follows its home, from now on. */
async function following(): Promise<Machine> {
  const { secret } = await api<{ secret: string }>("POST", "/api/enrolment-tokens", { kind: "person" });
  const machine = new Machine();
  machines.push(machine);
  rmSync(machine.configFile);
  const ran = await machine.talosAlone("enroll", secret, "--endpoint", backend.url, "--unattended");
  expect(ran.code).toBe(0);
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  return machine;
}

const CANARY = "CANARY-5d41 rename the customer table of Umbrella Corp";

/** What the person wrote, and the answer. */
function dialogue(machine: Machine, session: string, prompt: string): void {
  const folder = path.join(machine.dir, ".claude/projects/-srv-work");
  mkdirSync(folder, { recursive: true });
  const common = { sessionId: session, cwd: "/srv/CANARY-5d41/app", version: "2.1.330", isSidechain: false };
  const lines = [
    {
      ...common,
      type: "user",
      uuid: `user-${session}`,
      timestamp: new Date().toISOString(),
      promptId: `prompt-${session}`,
      promptSource: "typed",
      message: { role: "user", content: prompt },
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
        content: [{ type: "text", text: "CANARY-5d41 is renamed." }],
        stop_reason: "end_turn",
        usage: { input_tokens: 10, output_tokens: 20 },
      },
    },
  ];
  appendFileSync(
    path.join(folder, `${session}.jsonl`),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
  );
}

interface Balance {
  destinations: { exporter: string; acknowledged: number; rejected: number; balanced: boolean }[];
}

async function sentBy(machine: Machine, exporter: string): Promise<number> {
  const { stdout } = await machine.talosAlone("status", "--json");
  const { balance } = JSON.parse(stdout) as { balance: Balance };
  expect(balance.destinations.every(({ balanced, rejected }) => balanced && rejected === 0)).toBe(true);
  return balance.destinations.find((each) => each.exporter === exporter)?.acknowledged ?? 0;
}

function expectNoLeak(machine: Machine): void {
  const places = [backend.folder.root, ...stateOf(machine)];
  expect(findLeaks(places, ["CANARY-5d41", "Umbrella"], { output: Buffer.from(machine.output) })).toEqual([]);
}

/** All of the machine but the transcripts themselves. */
function stateOf(machine: Machine): string[] {
  return readdirSync(machine.dir, { withFileTypes: true })
    .filter(({ name }) => name !== ".claude")
    .map(({ name }) => path.join(machine.dir, name));
}

it("nothing of a text is read before the developer accepts, whatever the team allows", async () => {
  await api("PUT", "/api/team/mode", { mode: "full", confirm: "full" });
  const machine = await following();
  dialogue(machine, "a", CANARY);
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  expect([await sentBy(machine, "otlp_http/talos"), await sentBy(machine, "otlp_http/talos:text")]).toEqual([
    2, 0,
  ]);
  expectNoLeak(machine);
});

it("categorize_local: a category leaves in place of the text; what was written before leaves nothing", async () => {
  await api("PUT", "/api/team/mode", { mode: "categorize_local", confirm: "categorize_local" });
  const machine = await following();
  dialogue(machine, "b", CANARY);
  const { code } = await machine.talosAlone("consent", "categorize_local", "--yes");
  expect(code).toBe(0);
  dialogue(machine, "c", CANARY);
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  // Session b's prompt and answer, session c's answer; and session c's prompt with its category.
  expect([await sentBy(machine, "otlp_http/talos"), await sentBy(machine, "otlp_http/talos:text")]).toEqual([
    3, 1,
  ]);
  expectNoLeak(machine);
});

it("taken back while the collector runs: what comes then leaves as numbers alone", async () => {
  const machine = await following();
  await machine.talosAlone("consent", "categorize_local", "--yes");
  machine.followAlone();
  dialogue(machine, "d", CANARY);
  await until(async () => (await sentBy(machine, "otlp_http/talos:text")) === 1, "a category was sent");
  expect((await machine.talosAlone("consent", "off")).code).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  dialogue(machine, "e", CANARY);
  await until(async () => (await sentBy(machine, "otlp_http/talos")) === 3, "numbers were sent");
  expect(await sentBy(machine, "otlp_http/talos:text")).toBe(1);
  expectNoLeak(machine);
});

it("a looser mode than the team's is refused before anything is signed", async () => {
  const machine = await following();
  const ran = await machine.talosAlone("consent", "full", "--yes");
  expect([ran.code, ran.stderr]).toEqual([
    1,
    expect.stringContaining("the team allows up to categorize_local"),
  ]);
});
