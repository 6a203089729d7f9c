/** Mode full from a transcript on a developer's machine to the page of a session, through everything that really runs. */
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FakeAnthropic } from "../backend/test/harness/fake-anthropic.ts";
import { Machine, until } from "../collector/cmd/testing.ts";
import { LocalBackend } from "./backend.ts";
import { findLeaks } from "./leaks.ts";
import { configure, writeDialogue } from "./machines.ts";
import { openCollector, openWorkers } from "./opened.ts";

const CANARY = "CANARY-8c17";
const PROMPT = "CANARY-8c17 please rename the customer table of Umbrella Corp";
const ANSWER = "CANARY-8c17 is renamed, as Umbrella Corp asked.";
const THINKING = "CANARY-8c17-thinking";
const TOOL = "CANARY-8c17-tool";

let backend: LocalBackend;
const machine = new Machine();
/** In this mode prompts get a category too. */
const anthropic = new FakeAnthropic();

beforeAll(async () => {
  await anthropic.start();
  backend = await LocalBackend.start({ ANTHROPIC_BASE_URL: anthropic.url, ANTHROPIC_API_KEY: "sk-ant-test" });
});
afterAll(async () => {
  await machine.dispose();
  await backend.close();
  await anthropic.close();
});

/** A prompt, and an answer that also thinks and uses a tool. */
const dialogue = (name: string) =>
  writeDialogue(machine, {
    session: name,
    cwd: `/srv/${CANARY}/app`,
    prompt: PROMPT,
    answer: [
      { type: "thinking", thinking: THINKING, signature: "" },
      { type: "text", text: ANSWER },
      { type: "tool_use", id: "t", name: "Bash", input: { command: TOOL } },
    ],
  });

interface Timeline {
  texts: number;
  items: { kind: string; text?: { state: string; value: string | null } }[];
}

let session = "";
const timeline = (query = "", of = session) => backend.get<Timeline>(`/api/sessions/${of}/timeline${query}`);

const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
const requests = async () => (await backend.report(day(-1), day(1))).totals.requests;
async function sessions(): Promise<string[]> {
  const route = `/api/sessions?from=${day(-1)}&to=${day(1)}`;
  return (await backend.get<{ sessions: { id: string }[] }>(route)).sessions.map(({ id }) => id);
}
/** Of all sessions, by what the timelines say. */
async function storedTexts(): Promise<number> {
  const timelines = await Promise.all((await sessions()).map((id) => timeline("", id)));
  return timelines.reduce((sum, { texts }) => sum + texts, 0);
}

/** All of the machine but the transcripts, and all that the Workers keep. */
function expectNoLeak(): void {
  const own = readdirSync(machine.dir).filter((name) => name !== ".claude");
  const places = [backend.folder.root, ...own.map((name) => path.join(machine.dir, name))];
  const outputs = { output: Buffer.from(machine.output) };
  expect(findLeaks(places, [CANARY, "Umbrella"], outputs)).toEqual([]);
}

interface Destination {
  exporter: string;
  acknowledged: number;
  balanced: boolean;
}

async function textsSent(): Promise<number | undefined> {
  const { stdout } = await machine.talosAlone("status", "--json");
  const { balance } = JSON.parse(stdout) as { balance: { destinations: Destination[] } };
  expect(balance.destinations.every(({ balanced }) => balanced)).toBe(true);
  return balance.destinations.find(({ exporter }) => exporter === "otlp_http/talos:text")?.acknowledged;
}

it("a prompt and its answer come back only through an audited read, and lie nowhere in the clear", async () => {
  await backend.ask("PUT", "/api/team/mode", { mode: "full", confirm: "full" });
  const { secret } = await backend.ask<{ secret: string }>("POST", "/api/enrolment-tokens", {
    kind: "person",
  });
  rmSync(machine.configFile);
  const reader = `provider: auto, endpoint: "${backend.url}", token: TOKEN`;
  configure(machine, { endpoint: backend.url, reader });
  const enrolled = await machine.talosAlone("enroll", secret, "--endpoint", backend.url, "--unattended");
  expect(enrolled.code).toBe(0);
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  const accepted = await machine.talosAlone("consent", "full", "--yes");
  expect([accepted.code, accepted.stderr]).toEqual([0, expect.any(String)]);
  dialogue("s");
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);

  await until(async () => {
    [session = ""] = await sessions();
    return session !== "" && (await timeline()).texts === 2;
  }, "both texts are stored");

  const trail = () => backend.get<{ entries: { target: string }[] }>("/api/audit?action=content.read");
  expect((await timeline()).items.flatMap(({ text }) => text?.value ?? [])).toEqual([]);
  expect((await trail()).entries).toEqual([]);
  const { items } = await timeline("?text=yes");
  expect(items.map(({ kind, text }) => [kind, text?.value])).toEqual([
    ["prompt", PROMPT],
    ["request", undefined],
    ["completion", ANSWER],
  ]);
  expect((await trail()).entries).toMatchObject([{ target: session }]);

  expectNoLeak();
});

it("after a crash of the Workers the texts are there, and another run sends nothing twice", async () => {
  backend.kill();
  await backend.up();
  expect((await timeline("?text=yes")).items.flatMap(({ text }) => text?.value ?? [])).toEqual([
    PROMPT,
    ANSWER,
  ]);
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  expect(await textsSent()).toBe(2);
});

/** Takes the disk away from R2, so that it fails inside workerd. Returns what gives it back. */
function breakR2(): () => void {
  const blobs = path.join(backend.folder.workers, "v3/r2/talos-content/blobs");
  renameSync(blobs, `${blobs}-away`);
  writeFileSync(blobs, "");
  return () => {
    rmSync(blobs);
    renameSync(`${blobs}-away`, blobs);
  };
}

it("R2 fails in the middle: counts do not wait, texts wait on the machine alone, and each arrives once", async () => {
  machine.followAlone();
  await until(() => machine.output.includes("collector started"), "it runs");
  dialogue("t");
  await until(async () => (await storedTexts()) === 4, "texts are stored");
  const restore = breakR2();
  dialogue("u");
  await until(async () => (await requests()) === 3, "the counts are there");
  await until(() => /POST answered 503/.test(machine.output), "the texts were refused");
  dialogue("v");
  await until(async () => (await requests()) === 4, "more counts are there");
  expect([await storedTexts(), await textsSent()]).toEqual([4, 4]);
  await machine.stop("SIGKILL");
  expectNoLeak();
  const waiting = openCollector(machine.dir).filter(({ name }) => name === "queue otlp_http/talos:text");
  expect(findLeaks([], [CANARY], { queue: Buffer.concat(waiting.map(({ bytes }) => bytes)) })).toHaveLength(
    1,
  );

  restore();
  machine.followAlone();
  await until(async () => (await storedTexts()) === 8, "the texts are there");
  await machine.stop();
  expect([await requests(), await textsSent()]).toEqual([4, 8]);
  await backend.stop();
  const texts = openWorkers(backend.folder).texts.map(({ bytes }) => bytes.toString("utf8"));
  expect(texts.toSorted()).toEqual([...Array(4).fill(ANSWER), ...Array(4).fill(PROMPT)]);
  expectNoLeak();
});
