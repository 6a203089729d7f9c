/** categorize_cloud with everything that really runs: `talos run`, both Workers, and an Anthropic API on this computer. */
import { appendFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CategoryReport } from "../backend/domain/category-report.ts";
import { FakeAnthropic } from "../backend/test/harness/fake-anthropic.ts";
import { Machine, until } from "../collector/cmd/testing.ts";
import { LocalBackend } from "./backend.ts";
import { findLeaks } from "./leaks.ts";
import { type Sent, startWire, type Wire } from "./wire.ts";

const API_KEY = "sk-ant-canary-8c21";
const CANARY = "CANARY-8c21";
const SECRET = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
const PROMPT = `${CANARY}: the invoice page of Umbrella Corp shows an empty list, fix it. Token ${SECRET}`;

const anthropic = new FakeAnthropic();
const machines: Machine[] = [];
let backend: LocalBackend;
let wire: Wire;

beforeAll(async () => {
  await anthropic.start();
  backend = await LocalBackend.start({ ANTHROPIC_BASE_URL: anthropic.url, ANTHROPIC_API_KEY: API_KEY });
  wire = await startWire(backend.url);
  await backend.ask("PUT", "/api/team/mode", { mode: "categorize_cloud", confirm: "categorize_cloud" });
});
afterAll(async () => {
  for (const machine of machines) await machine.dispose();
  await wire.close();
  await backend.close();
  await anthropic.close();
});

/** A machine of the team that follows its home, and whose developer accepted that prompts go this way. */
async function accepting(): Promise<Machine> {
  const { secret } = await backend.ask<{ secret: string }>("POST", "/api/enrolment-tokens", {
    kind: "person",
  });
  const machine = new Machine();
  machines.push(machine);
  rmSync(machine.configFile);
  const enrolled = await machine.talosAlone("enroll", secret, "--endpoint", wire.url, "--unattended");
  expect(enrolled.code).toBe(0);
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  expect((await machine.talosAlone("consent", "categorize_cloud", "--yes")).code).toBe(0);
  return machine;
}

/** What the person wrote, and the answer. */
function dialogue(machine: Machine, session: string): void {
  const folder = path.join(machine.dir, ".claude/projects/-srv-work");
  mkdirSync(folder, { recursive: true });
  const common = { sessionId: session, cwd: `/srv/${CANARY}/app`, version: "2.1.330", isSidechain: false };
  const timestamp = new Date().toISOString();
  const lines = [
    {
      ...common,
      timestamp,
      type: "user",
      uuid: `user-${session}`,
      promptId: `prompt-${session}`,
      promptSource: "typed",
      message: { role: "user", content: PROMPT },
    },
    {
      ...common,
      timestamp,
      type: "assistant",
      uuid: `answer-${session}`,
      requestId: `req_${session}`,
      message: {
        id: `msg_${session}`,
        model: "claude-sonnet-5-5",
        content: [{ type: "text", text: `${CANARY} is done.` }],
        stop_reason: "end_turn",
        usage: { input_tokens: 10, output_tokens: 20 },
      },
    },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  appendFileSync(path.join(folder, `${session}.jsonl`), text);
}

const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

async function methods(): Promise<CategoryReport["methods"]> {
  return (await backend.get<CategoryReport>(`/api/categories?from=${day(-1)}&to=${day(1)}`)).methods;
}

const requests = async () => (await backend.report(day(-1), day(1))).totals.requests;

/** Where the prompt went by: the paths, each as often as it was there. */
function pathsWith(text: string, sent: readonly Sent[] = wire.sent): string[] {
  return sent
    .filter(({ bytes }) => findLeaks([], [text], { bytes }).length > 0)
    .map(({ path: each }) => each);
}

/** All that the machine keeps beside the transcripts themselves, all that the Workers keep, and all that was printed. */
function leaks(machine: Machine): string[] {
  const own = readdirSync(machine.dir).filter((name) => name !== ".claude");
  const places = [backend.folder.root, ...own.map((name) => path.join(machine.dir, name))];
  return findLeaks(places, [CANARY, "Umbrella", SECRET], { output: Buffer.from(machine.output) });
}

it("the prompt is in exactly two requests, and nowhere else", async () => {
  const machine = await accepting();
  dialogue(machine, "a");
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  await until(async () => (await methods())?.haiku === 1, "the category is stored");
  expect([await requests(), pathsWith(CANARY), pathsWith(SECRET)]).toEqual([1, ["/v1/categorize"], []]);
  expect(anthropic.calls).toHaveLength(1);
  const [call] = anthropic.calls;
  expect([call?.text.includes("Umbrella Corp"), call?.text.includes(SECRET)]).toEqual([true, false]);
  expect(leaks(machine)).toEqual([]);
  expect(findLeaks([backend.folder.workers], [API_KEY])).toEqual([]);
});

it("with Anthropic failing it waits on the machine alone, encrypted; counts do not wait, and it is delivered later", async () => {
  const machine = await accepting();
  const before = { requests: await requests(), haiku: (await methods())?.haiku ?? 0 };
  wire.sent.splice(0);
  anthropic.calls.splice(0);
  const failing = { kind: "error", status: 529, retryAfter: "1" } as const;
  anthropic.next(failing);
  machine.followAlone();
  await until(() => machine.output.includes("collector started"), "it runs");
  dialogue(machine, "b");
  await until(async () => (await requests()) === before.requests + 1, "the counts are there");
  await until(() => anthropic.calls.length === 1, "Anthropic was asked");
  await machine.stop("SIGKILL");
  expect((await methods())?.haiku ?? 0).toBe(before.haiku);
  expect(leaks(machine)).toEqual([]);

  machine.followAlone();
  await until(async () => (await methods())?.haiku === before.haiku + 1, "the category came after all");
  expect([anthropic.calls.length, new Set(pathsWith(CANARY))]).toEqual([2, new Set(["/v1/categorize"])]);
  expect(await requests()).toBe(before.requests + 1);
  await machine.stop();
  expect(leaks(machine)).toEqual([]);
});

it("over the team's limit the rules decide, and nobody outside the machine reads the prompt's text", async () => {
  await backend.ask("PUT", "/api/team/categorize-cap", { cents: 0 });
  const machine = await accepting();
  anthropic.calls.splice(0);
  dialogue(machine, "c");
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  await until(async () => (await methods())?.rules === 1, "the category is stored");
  expect(anthropic.calls).toEqual([]);
  expect(leaks(machine)).toEqual([]);
});
