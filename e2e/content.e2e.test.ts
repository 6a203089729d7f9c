/** Mode full from a transcript on a developer's machine to the page of a session, through everything that really runs. */
import { appendFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FakeAnthropic } from "../backend/test/harness/fake-anthropic.ts";
import { Machine, until } from "../collector/cmd/testing.ts";
import { LocalBackend } from "./backend.ts";
import { findLeaks } from "./leaks.ts";

const PROMPT = "CANARY-8c17 please rename the customer table of Umbrella Corp";
const ANSWER = "CANARY-8c17 is renamed, as Umbrella Corp asked.";
const THINKING = "CANARY-8c17-thinking";
const TOOL = "CANARY-8c17-tool";

let backend: LocalBackend;
let cookie: string;
const machine = new Machine();
/** In this mode prompts get a category too. */
const anthropic = new FakeAnthropic();

beforeAll(async () => {
  await anthropic.start();
  backend = await LocalBackend.start({ ANTHROPIC_BASE_URL: anthropic.url, ANTHROPIC_API_KEY: "sk-ant-test" });
  const code = new URL(await backend.signInLink()).hash.slice(1);
  const response = await fetch(`${backend.url}/api/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: backend.url },
    body: JSON.stringify({ code }),
  });
  cookie = (response.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "";
});
afterAll(async () => {
  await machine.dispose();
  await backend.close();
  await anthropic.close();
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

/** A prompt, and an answer that also thinks and uses a tool. */
function dialogue(): void {
  const folder = path.join(machine.dir, ".claude/projects/-srv-work");
  mkdirSync(folder, { recursive: true });
  const common = {
    sessionId: "s",
    cwd: "/srv/app",
    version: "2.1.330",
    isSidechain: false,
    timestamp: new Date().toISOString(),
  };
  const lines = [
    {
      ...common,
      type: "user",
      uuid: "u",
      promptId: "p",
      promptSource: "typed",
      message: { role: "user", content: PROMPT },
    },
    {
      ...common,
      type: "assistant",
      uuid: "a",
      requestId: "req_s",
      message: {
        id: "msg_s",
        model: "claude-sonnet-5-5",
        content: [
          { type: "thinking", thinking: THINKING, signature: "" },
          { type: "text", text: ANSWER },
          { type: "tool_use", id: "t", name: "Bash", input: { command: TOOL } },
        ],
        stop_reason: "end_turn",
        usage: { input_tokens: 10, output_tokens: 20 },
      },
    },
  ];
  appendFileSync(path.join(folder, "s.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

interface Timeline {
  texts: number;
  items: { kind: string; text?: { state: string; value: string | null } }[];
}

let session = "";
const timeline = (query = "") => api<Timeline>("GET", `/api/sessions/${session}/timeline${query}`);

it("a prompt and its answer come back only through an audited read, and lie nowhere in the clear", async () => {
  await api("PUT", "/api/team/mode", { mode: "full", confirm: "full" });
  const { secret } = await api<{ secret: string }>("POST", "/api/enrolment-tokens", { kind: "person" });
  rmSync(machine.configFile);
  const enrolled = await machine.talosAlone("enroll", secret, "--endpoint", backend.url, "--unattended");
  expect(enrolled.code).toBe(0);
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  const accepted = await machine.talosAlone("consent", "full", "--yes");
  expect([accepted.code, accepted.stderr]).toEqual([0, expect.any(String)]);
  dialogue();
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);

  const days = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  await until(async () => {
    const { sessions } = await api<{ sessions: { id: string }[] }>(
      "GET",
      `/api/sessions?from=${days(-1)}&to=${days(1)}`,
    );
    session = sessions[0]?.id ?? "";
    return session !== "" && (await timeline()).texts === 2;
  }, "both texts are stored");

  const trail = () => api<{ entries: { target: string }[] }>("GET", "/api/audit?action=content.read");
  expect((await timeline()).items.flatMap(({ text }) => text?.value ?? [])).toEqual([]);
  expect((await trail()).entries).toEqual([]);
  const { items } = await timeline("?text=yes");
  expect(items.map(({ kind, text }) => [kind, text?.value])).toEqual([
    ["prompt", PROMPT],
    ["request", undefined],
    ["completion", ANSWER],
  ]);
  expect((await trail()).entries).toMatchObject([{ target: session }]);

  const machines = readdirSync(machine.dir).filter((name) => name !== ".claude");
  const places = [backend.folder.root, ...machines.map((name) => path.join(machine.dir, name))];
  const outputs = { output: Buffer.from(machine.output) };
  expect(findLeaks(places, ["CANARY-8c17", "Umbrella"], outputs)).toEqual([]);
});

it("after a crash of the Workers the texts are there, and another run sends nothing twice", async () => {
  backend.kill();
  await backend.up();
  expect((await timeline("?text=yes")).items.flatMap(({ text }) => text?.value ?? [])).toEqual([
    PROMPT,
    ANSWER,
  ]);
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  const { stdout } = await machine.talosAlone("status", "--json");
  const { balance } = JSON.parse(stdout) as {
    balance: { destinations: { exporter: string; acknowledged: number; balanced: boolean }[] };
  };
  expect(balance.destinations.every(({ balanced }) => balanced)).toBe(true);
  const sent = balance.destinations.find(({ exporter }) => exporter === "otlp_http/talos:text");
  expect(sent?.acknowledged).toBe(2);
});
