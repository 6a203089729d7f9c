/** Each privacy mode from a prompt on a developer's machine to the database, through everything that really runs. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FakeOllama } from "#testkit/fake-ollama.ts";
import type { Mode } from "#proto/egress.ts";
import { FakeAnthropic } from "../backend/test/harness/fake-anthropic.ts";
import type { CategoryReport } from "../backend/domain/category-report.ts";
import { Machine, until } from "../collector/cmd/testing.ts";
import type { Way } from "../collector/proof/canaries.ts";
import { filesBelow } from "../collector/proof/search.ts";
import { LocalBackend } from "./backend.ts";
import { findLeaks } from "./leaks.ts";
import { configure, writeDialogue } from "./machines.ts";
import { ModesProof } from "./modes-proof.ts";
import { openCollector, openWorkers } from "./opened.ts";
import { startWire, type Wire } from "./wire.ts";

let backend: LocalBackend;
let wire: Wire;
let ollama: FakeOllama;
const anthropic = new FakeAnthropic();
const machines: Machine[] = [];

beforeAll(async () => {
  await anthropic.start();
  ollama = await FakeOllama.start();
  backend = await LocalBackend.start({ ANTHROPIC_BASE_URL: anthropic.url, ANTHROPIC_API_KEY: "sk-ant-test" });
  wire = await startWire(backend.url);
});
afterAll(async () => {
  for (const machine of machines) await machine.dispose();
  await wire.close();
  await backend.close();
  await ollama.close();
  await anthropic.close();
});

/** A machine of the team that follows its home, from now on. `reader`: who reads prompts there, in place of the usual. */
async function following(reader?: string): Promise<Machine> {
  const { secret } = await backend.ask<{ secret: string }>("POST", "/api/enrolment-tokens", {
    kind: "person",
  });
  const machine = new Machine();
  machines.push(machine);
  rmSync(machine.configFile);
  if (reader !== undefined) configure(machine, { endpoint: wire.url, reader });
  const ran = await machine.talosAlone("enroll", secret, "--endpoint", wire.url, "--unattended");
  expect(ran.code).toBe(0);
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  return machine;
}

const byOllama = () => `provider: ollama, endpoint: "${ollama.url}", pause_on_battery: false`;
const byBackend = () => `provider: auto, endpoint: "${wire.url}", token: TOKEN`;

const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
const requests = async () => (await backend.report(day(-1), day(1))).totals.requests;
async function categories(): Promise<{ rules: number; ollama: number; haiku: number }> {
  const { methods } = await backend.get<CategoryReport>(`/api/categories?from=${day(-1)}&to=${day(1)}`);
  return methods ?? { rules: 0, ollama: 0, haiku: 0 };
}

const WAYS: ReadonlyMap<string, Way> = new Map([
  ["/v1/logs", "records"],
  ["/v1/categorize", "categorize"],
]);

/** Names the customer that a prompt names, as a model does that was talked into it. */
function answerNaming(prompt: string): object {
  const name = /the customer (\p{L}+)/u.exec(prompt)?.[1];
  return {
    category: "bugfix",
    confidence: 0.9,
    task_hint: name === undefined ? "make a page faster" : `speed up the page of ${name}`,
    project_hint: "web application",
  };
}

const CANARY = "CANARY-5d41 rename the customer table of Umbrella Corp";

const dialogue = (machine: Machine, session: string, prompt: string) =>
  writeDialogue(machine, {
    session,
    cwd: "/srv/CANARY-5d41/app",
    prompt,
    answer: [{ type: "text", text: "CANARY-5d41 is renamed." }],
  });

interface Balance {
  destinations: { exporter: string; acknowledged: number; rejected: number; balanced: boolean }[];
}

async function sentBy(machine: Machine, exporter: string): Promise<number> {
  const { stdout } = await machine.talosAlone("status", "--json");
  const { balance } = JSON.parse(stdout) as { balance: Balance };
  expect(balance.destinations.every(({ balanced, rejected }) => balanced && rejected === 0)).toBe(true);
  return balance.destinations.find((each) => each.exporter === exporter)?.acknowledged ?? 0;
}

/** What the ledger says of requests with records or prompts: each that was there. */
async function receiptsOf(machine: Machine): Promise<string[]> {
  const { stdout } = await machine.talosAlone("ledger", "--json");
  const { requests: all, problems } = JSON.parse(stdout) as {
    requests: { path: string; receipt: string }[];
    problems: unknown[];
  };
  expect(problems).toEqual([]);
  const named = all.filter((each) => WAYS.has(each.path)).map((each) => `${each.path} ${each.receipt}`);
  return [...new Set(named)].toSorted((a, b) => (a < b ? -1 : 1));
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
  await backend.ask("PUT", "/api/team/mode", { mode: "full", confirm: "full" });
  const machine = await following();
  dialogue(machine, "a", CANARY);
  expect((await machine.talosAlone("run", "--once")).code).toBe(0);
  expect([await sentBy(machine, "otlp_http/talos"), await sentBy(machine, "otlp_http/talos:text")]).toEqual([
    2, 0,
  ]);
  expectNoLeak(machine);
});

it("categorize_local: a category leaves in place of the text; what was written before leaves nothing", async () => {
  await backend.ask("PUT", "/api/team/mode", { mode: "categorize_local", confirm: "categorize_local" });
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

it("Ollama hangs, ends in the middle and comes back: counts never wait, and each prompt gets one category", async () => {
  const machine = await following(byOllama());
  await machine.talosAlone("consent", "categorize_local", "--yes");
  const before = { requests: await requests(), ...(await categories()) };
  const { port } = ollama;
  machine.followAlone();
  await until(() => machine.output.includes("collector started"), "it runs");
  ollama.next("never_answers");
  dialogue(machine, "f", CANARY);
  await until(async () => (await requests()) === before.requests + 1, "the counts are there");
  await until(() => ollama.asked.includes("/api/chat"), "Ollama was asked");
  await ollama.close();
  await until(async () => (await categories()).rules === before.rules + 1, "the rules decided");
  dialogue(machine, "g", CANARY);
  await until(async () => (await categories()).rules === before.rules + 2, "the rules decided again");

  ollama = await FakeOllama.start(port);
  ollama.next("never_answers");
  dialogue(machine, "h", CANARY);
  await until(() => ollama.asked.includes("/api/chat"), "it is asked again");
  await until(async () => (await requests()) === before.requests + 3, "all counts are there");
  await machine.stop("SIGKILL");
  expectNoLeak(machine);
  const waiting = openCollector(machine.dir).filter(({ name }) => name === "queue text:logs");
  expect(findLeaks([], ["CANARY-5d41"], { queue: Buffer.concat(waiting.map(({ bytes }) => bytes)) })).toEqual(
    ["CANARY-5d41 in queue"],
  );
  machine.followAlone();
  await until(async () => (await categories()).ollama === before.ollama + 1, "the model decided");
  await machine.stop();
  expect([await requests(), (await categories()).rules]).toEqual([before.requests + 3, before.rules + 2]);
  expect([await sentBy(machine, "otlp_http/talos"), await sentBy(machine, "otlp_http/talos:text")]).toEqual([
    3, 3,
  ]);
  expectNoLeak(machine);
});

describe("with something planted everywhere", () => {
  const proof = new ModesProof();

  it.each<{ mode: Mode; method?: "ollama" | "haiku"; reader: () => string }>([
    { mode: "off", reader: byBackend },
    { mode: "categorize_local", method: "ollama", reader: byOllama },
    { mode: "categorize_cloud", method: "haiku", reader: byBackend },
    { mode: "full", method: "haiku", reader: byBackend },
  ])("$mode: all counts arrive, and all categories by whoever may read", async ({ mode, method, reader }) => {
    await backend.ask("PUT", "/api/team/mode", { mode, confirm: mode });
    const machine = await following(reader());
    const accepted = mode === "off" ? undefined : await machine.talosAlone("consent", mode, "--yes");
    expect(accepted?.code ?? 0).toBe(0);
    const before = { requests: await requests(), ...(await categories()) };
    ollama.answer = answerNaming;
    const prompts = proof.plant(mode, path.join(machine.dir, ".claude"));
    expect((await machine.talosAlone("run", "--once")).code).toBe(0);
    await until(async () => (await requests()) === before.requests + prompts, "the counts are there");
    const { rules, ollama: local, haiku } = before;
    const expected = { rules, ollama: local, haiku, ...(method && { [method]: before[method] + prompts }) };
    const isThere = async () => isDeepStrictEqual(await categories(), expected);
    await until(isThere, "the categories are there");
    expect(await receiptsOf(machine)).toEqual(
      method === "haiku" ? ["/v1/categorize signed", "/v1/logs signed"] : ["/v1/logs signed"],
    );
    for (const file of stateOf(machine).flatMap((place) => filesBelow(place)))
      proof.see("a file", "file", file, file, readFileSync(file));
    for (const { name, bytes } of openCollector(machine.dir))
      proof.see("an opened file", "file", name, bytes);
    proof.see("a terminal", "log", mode, machine.output);
  });

  it("what the contract permits is on the wire, with the models, in D1 and in R2, and nothing else is anywhere", async () => {
    await backend.stop();
    const { rows, texts, others } = openWorkers(backend.folder);
    for (const { path: url, head, bytes } of wire.sent)
      proof.see("wire", WAYS.get(url) ?? "other", url, head, bytes);
    for (const { headers, text } of anthropic.calls)
      proof.see("Anthropic", "categorize", "a call", JSON.stringify(headers), text);
    proof.see("Ollama", "model", "all calls", ollama.heads, ollama.learned);
    for (const { name, bytes } of rows) proof.see("D1", "file", name, bytes);
    for (const { name, bytes } of texts) proof.see("R2", "records", name, bytes);
    for (const { name, bytes } of others) proof.see("an opened file", "file", name, bytes);
    for (const file of filesBelow(backend.folder.root))
      proof.see("a file", "file", file, file, readFileSync(file));
    expect(proof.judge()).toEqual({ leaks: [], missing: [] });

    const stored = rows
      .filter(({ name }) => name === "categories")
      .map(({ bytes }) => bytes.toString("latin1"));
    const having = (text: string) => stored.filter((row) => row.includes(text)).length;
    // Half of what Ollama said names a customer.
    expect([having("\nmake a page faster\n"), having("the page of")]).toEqual([3, 0]);
    expect([having("\nhaiku\n"), having("\nrepair an empty list on the sign-in page\n")]).toEqual([12, 12]);
    expect(texts).toHaveLength(12);
  });
});
