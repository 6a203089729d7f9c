import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { FakeClock } from "#testkit/fakes.ts";
import { writeClaudeHome } from "#testkit/corpus/home.ts";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Component } from "#component/component.ts";
import { ClaudeCodeConfig } from "./config.ts";
import { ClaudeCodeReceiver } from "./receiver.ts";
import { FakeHost, FakeStore } from "#testkit/fake-host.ts";
import { readOnce, receiverOf, receiverSettings } from "./testkit.ts";

type Json = Record<string, unknown>;
const never = new AbortController().signal;
const running: Component[] = [];
let home = "";
let project = "";

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "claude-"));
  project = path.join(home, "projects", "-p");
  mkdirSync(project, { recursive: true });
});
afterEach(async () => {
  for (const receiver of running.splice(0)) await receiver.shutdown(never);
  rmSync(home, { recursive: true, force: true });
});

let minute = 0;
const time = () => new Date(Date.UTC(2026, 9, 5) + (minute += 1) * 60_000).toISOString();
function answer(id: string, output = 10, own: Json = {}): string {
  const { stop_reason = "end_turn", content = [], ...more } = own;
  const message = {
    id,
    model: "claude-opus-5",
    stop_reason,
    content,
    usage: { input_tokens: 1, output_tokens: output },
  };
  return `${JSON.stringify({ parentUuid: null, sessionId: "s", cwd: "/w", type: "assistant", timestamp: time(), message, ...more })}\n`;
}
const prompt = (uuid: string, own: Json = {}) =>
  `${JSON.stringify({ type: "user", uuid, sessionId: "s", timestamp: time(), promptSource: "typed", message: { content: "CANARY" }, ...own })}\n`;
const end = () => `${JSON.stringify({ type: "system", subtype: "turn_duration", sessionId: "s" })}\n`;
const file = (name = "a.jsonl") => path.join(project, name);
const ids = (store: FakeStore) => store.requests.map((r) => r.local.request).toSorted();

async function live(host: FakeHost, over: Parameters<typeof receiverOf>[2] = {}): Promise<Component> {
  const receiver = receiverOf(home, host, over);
  running.push(receiver);
  await receiver.start();
  return receiver;
}

async function until(isTrue: () => boolean, ms = 3000): Promise<number> {
  const started = performance.now();
  while (!isTrue()) {
    if (performance.now() - started > ms) throw new Error("did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - started;
}

it.each([1, 2, 3])("finds exactly the requests, tokens, prompts and searches of corpus %d", async (seed) => {
  const truth = writeClaudeHome(home, { bytes: 4_000_000, seed });
  const store = await readOnce(home, { config: { start_at: "beginning" } });
  expect({
    requests: store.requests.length,
    prompts: store.prompts.length,
    output: store.sum("gen_ai.usage.output_tokens"),
    input: store.sum("gen_ai.usage.input_tokens"),
    searches: store.sum("talos.usage.web_search_requests"),
    partial: store.requests.filter((r) => r.attributes.has("talos.usage.partial")).length,
    models: Object.fromEntries(
      Object.keys(truth.models).map((m) => [
        m,
        store.requests.filter((r) => r.attributes.get("gen_ai.response.model") === m).length,
      ]),
    ),
    lines: store.counts.get("receiver_read_lines"),
    open: store.open,
  }).toEqual({
    requests: truth.requests,
    prompts: truth.prompts,
    output: truth.output,
    input: truth.input + truth.cacheRead + truth.cacheWrite5m + truth.cacheWrite1h,
    searches: truth.searches,
    partial: truth.partial,
    models: Object.fromEntries(Object.entries(truth.models).map(([m, counts]) => [m, counts.requests])),
    lines: truth.lines,
    open: 0,
  });
});

it("reads a backlog on threads with the same result", async () => {
  const truth = writeClaudeHome(home, { bytes: 36_000_000, seed: 9 });
  const store = await readOnce(home, { config: { start_at: "beginning" } });
  expect([store.requests.length, store.prompts.length, store.sum("gen_ai.usage.output_tokens")]).toEqual([
    truth.requests,
    truth.prompts,
    truth.output,
  ]);
});

it("sends nothing new when it reads the same again", async () => {
  writeClaudeHome(home, { bytes: 1_000_000, seed: 4 });
  const store = await readOnce(home, { config: { start_at: "beginning" } });
  const before = [store.records.size, store.counts.get("receiver_read_bytes")];
  await readOnce(home, { config: { start_at: "beginning" }, store });
  expect([store.records.size, store.counts.get("receiver_read_bytes")]).toEqual(before);
});

it("keeps the totals exact when it is killed anywhere, again and again", async () => {
  const whole = mkdtempSync(path.join(tmpdir(), "claude-whole-"));
  const truth = writeClaudeHome(whole, { bytes: 1_500_000, seed: 5 });
  const files = (readdirSync(path.join(whole, "projects"), { recursive: true }) as string[]).filter((f) =>
    f.endsWith(".jsonl"),
  );
  const store = new FakeStore();
  const steps = 12;
  for (let step = 1; step <= steps; step += 1) {
    for (const name of files) {
      const bytes = readFileSync(path.join(whole, "projects", name));
      const target = path.join(home, "projects", name);
      mkdirSync(path.dirname(target), { recursive: true });
      const part = (n: number) => Math.floor((bytes.length * n) / steps);
      appendFileSync(target, bytes.subarray(part(step - 1), part(step)));
    }
    const clock = new FakeClock(Date.now());
    const host = new FakeHost({ store });
    const receiver = receiverOf(home, host, { clock, config: { start_at: "beginning" } });
    await receiver.start();
    await until(() => store.units > 0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    // A kill stores nothing more: no shutdown, and what is still in memory is gone.
    host.crashed = true;
    void receiver.shutdown(AbortSignal.abort());
    store.units = 0;
  }
  const last = await readOnce(home, { store, config: { start_at: "beginning" } });
  expect([
    last.requests.length,
    last.prompts.length,
    last.sum("gen_ai.usage.output_tokens"),
    last.sum("talos.usage.web_search_requests"),
  ]).toEqual([truth.requests, truth.prompts, truth.output, truth.searches]);
  rmSync(whole, { recursive: true });
});

it.each(["linux", "darwin"] as const)(
  "as on %s, sees lines appended, new files and new folders within a second",
  async (os) => {
    writeFileSync(file(), prompt("old"));
    utimesSync(file(), 1, 1);
    const host = new FakeHost({ isFirstStart: true, firstStartMs: Date.UTC(2026, 9, 1) });
    await live(host, { platform: { os } });
    await until(() => host.store.positions.size === 1);
    appendFileSync(file(), answer("msg_1") + end());
    expect(await until(() => host.store.records.has("msg_1"))).toBeLessThan(1000);
    writeFileSync(file("b.jsonl"), answer("msg_2") + end());
    expect(await until(() => host.store.records.has("msg_2"))).toBeLessThan(1000);
    const deep = path.join(home, "projects", "-new", "sid", "subagents");
    mkdirSync(deep, { recursive: true });
    writeFileSync(path.join(deep, "agent-1.jsonl"), answer("msg_3") + end());
    expect(await until(() => host.store.records.has("msg_3"))).toBeLessThan(1000);
    appendFileSync(path.join(deep, "agent-1.jsonl"), answer("msg_4") + end());
    expect(await until(() => host.store.records.has("msg_4"))).toBeLessThan(1000);
    expect(host.store.records.has("prompt:old")).toBe(false);
  },
);

it("notices a root that appears later", async () => {
  rmSync(path.join(home, "projects"), { recursive: true });
  const host = new FakeHost();
  await live(host);
  await new Promise((resolve) => setTimeout(resolve, 100));
  mkdirSync(project, { recursive: true });
  writeFileSync(file(), answer("msg_1") + end());
  expect(await until(() => host.store.records.has("msg_1"))).toBeLessThan(3000);
});

it.each([
  { what: "no transcripts are there", text: "", mode: 0o600, says: /no transcripts found/ },
  { what: "a transcript cannot be read", text: answer("msg_a"), mode: 0o000, says: /cannot be read/ },
])("says that $what", async ({ text, mode, says }) => {
  if (text !== "") writeFileSync(file(), text, { mode });
  const host = new FakeHost({ once: true });
  const settings = receiverSettings(new FakeClock(Date.now()));
  const config = ClaudeCodeConfig.parse({ include: [`${home}/projects/**/*.jsonl`] });
  const receiver = new ClaudeCodeReceiver(settings, config, host);
  await receiver.start();
  await host.done;
  await receiver.shutdown(never);
  const said = inspect(settings.said);
  const readsAll = mode === 0 && process.getuid?.() === 0;
  expect(readsAll ? says.source : said).toMatch(says);
  expect(said).not.toContain(home);
});

it("corrects in the next `run --once` what was cut short by the end of this one", async () => {
  const now = () => new Date().toISOString();
  const search = { type: "tool_use", id: "toolu_1", name: "WebSearch", input: {} };
  const store = new FakeStore();
  const first = now();
  writeFileSync(
    file(),
    answer("msg_search", 10, { timestamp: now(), stop_reason: "tool_use", content: [search] }) +
      answer("msg_half", 1, { timestamp: first, stop_reason: null }),
  );
  await readOnce(home, { store });
  expect(store.requests.filter(({ weight }) => weight.final)).toHaveLength(1);
  const result = {
    type: "user",
    uuid: "result",
    sessionId: "s",
    timestamp: now(),
    message: { content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "CANARY" }] },
    toolUseResult: { searchCount: 2 },
  };
  appendFileSync(file(), `${JSON.stringify(result)}\n${answer("msg_half", 9, { timestamp: now() })}${end()}`);
  await readOnce(home, { store });
  const [half, searched] = ["msg_half", "msg_search"].map((id) => store.records.get(id));
  expect(half).toMatchObject({ timeMs: Date.parse(first), weight: { final: true, output: 9 } });
  expect(searched?.weight.webSearches).toBe(2);
  const lines = store.counts.get("receiver_read_lines");
  await readOnce(home, { store });
  expect(store.counts.get("receiver_read_lines")).toBe(lines);
});

it.each([0, 300])("follows a root that was deleted and made again %d ms later", async (pauseMs) => {
  const host = new FakeHost();
  writeFileSync(file(), answer("msg_a") + end());
  await live(host);
  await until(() => host.store.requests.length === 1);
  rmSync(path.join(home, "projects"), { recursive: true });
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  mkdirSync(project, { recursive: true });
  writeFileSync(file(), answer("msg_b") + end());
  await until(() => host.store.requests.length === 2);
  mkdirSync(path.join(home, "projects", "-later"));
  writeFileSync(path.join(home, "projects", "-later", "c.jsonl"), answer("msg_c") + end());
  await until(() => host.store.requests.length === 3);
  expect(ids(host.store)).toEqual(["msg_a", "msg_b", "msg_c"]);
});

it("polls where it is told to", async () => {
  const host = new FakeHost();
  await live(host, { config: { watch: "poll", poll_interval: "50ms" } });
  writeFileSync(file(), answer("msg_1") + end());
  expect(await until(() => host.store.records.has("msg_1"))).toBeLessThan(3000);
});

/** A receiver on a clock that moves by hand: `tick` lets it notice what changed. */
async function byHand(host: FakeHost, config: Json = {}) {
  const clock = new FakeClock(Date.UTC(2026, 9, 6));
  await live(host, { clock, config: { watch: "poll", ...config } });
  const tick = async (ms = 1000) => {
    const { units } = host.store;
    await clock.advance(ms);
    for (let i = 0; i < 20 && host.store.units === units; i += 1) await new Promise((r) => setTimeout(r, 2));
    await clock.advance(110);
    await new Promise((r) => setTimeout(r, 20));
  };
  await tick(1);
  return { clock, tick };
}

it("holds a request until it is final, and gives up an unfinished one as partial", async () => {
  writeFileSync(file(), "");
  const host = new FakeHost();
  const { tick } = await byHand(host);
  appendFileSync(file(), answer("msg_1"));
  await tick();
  expect([ids(host.store), host.store.open]).toEqual([[], 1]);
  await tick(2100);
  expect([ids(host.store), host.store.open]).toEqual([["msg_1"], 0]);
  appendFileSync(file(), answer("msg_2", 3, { stop_reason: null }));
  await tick();
  await tick(10_000);
  expect(ids(host.store)).toEqual(["msg_1"]);
  await tick(25_000);
  expect(host.store.records.get("msg_2")?.attributes.get("talos.usage.partial")).toBe(true);
  appendFileSync(file(), answer("msg_2", 500) + end());
  await tick();
  expect(host.store.records.get("msg_2")?.attributes.get("gen_ai.usage.output_tokens")).toBe(500);
  expect(host.store.records.get("msg_2")?.attributes.has("talos.usage.partial")).toBe(false);
  expect(host.store.improved).toBe(1);
});

it("keeps the position before an open request, so that a crash cannot halve it", async () => {
  const first = answer("msg_1") + end();
  writeFileSync(file(), first + answer("msg_2", 3, { stop_reason: null }));
  const host = new FakeHost();
  await byHand(host);
  expect([...host.store.positions.values()].map((p) => p.offset)).toEqual([first.length]);
  host.crashed = true;
  appendFileSync(file(), answer("msg_2", 77) + end());
  await readOnce(home, { store: host.store });
  expect(host.store.sum("gen_ai.usage.output_tokens")).toBe(87);
});

it("waits for the results of web searches, and not for ever", async () => {
  const call = (id: string) => ({ content: [{ type: "tool_use", name: "WebSearch", id, input: {} }] });
  const result = {
    type: "user",
    sessionId: "s",
    message: { content: [{ type: "tool_result", tool_use_id: "t1" }] },
    toolUseResult: { searchCount: 4 },
  };
  writeFileSync(file(), answer("msg_1", 5, call("t1")) + end() + answer("msg_2", 5, call("t2")) + end());
  const host = new FakeHost();
  const { tick } = await byHand(host);
  expect([ids(host.store), host.store.open]).toEqual([[], 2]);
  appendFileSync(file(), `${JSON.stringify(result)}\n`);
  await tick();
  expect(host.store.records.get("msg_1")?.attributes.get("talos.usage.web_search_requests")).toBe(4);
  await tick(31 * 60_000);
  expect(ids(host.store)).toEqual(["msg_1", "msg_2"]);
  expect(host.store.counts.get("receiver_search_results_missing")).toBe(1);
});

it.each([
  ["truncated", () => truncateSync(file(), 0)],
  ["shorter", () => writeFileSync(file(), answer("msg_9") + end())],
  ["longer, with another head", () => writeFileSync(file(), answer("msg_9") + end().repeat(90))],
  [
    "longer, with the same head",
    () =>
      writeFileSync(
        file(),
        `${readFileSync(file(), "utf8").slice(0, 1100)}\n${answer("msg_9")}${end().repeat(90)}`,
      ),
  ],
  [
    "replaced",
    () => (writeFileSync(file("t.tmp"), answer("msg_9") + end()), renameSync(file("t.tmp"), file())),
  ],
])("reads a file again that is %s, and doubles nothing", async (_how, change) => {
  const lines = Array.from({ length: 12 }, (_, i) => answer(`msg_${i + 10}`)).join("");
  writeFileSync(file(), lines + end());
  const host = new FakeHost();
  const { tick } = await byHand(host);
  expect(host.store.requests).toHaveLength(12);
  change();
  await tick();
  appendFileSync(file(), answer("msg_9") + end());
  await tick();
  expect(host.store.requests).toHaveLength(13);
  expect(host.store.sum("gen_ai.usage.output_tokens")).toBe(130);
});

it("goes on where it was when a file is renamed, also while it was not looking", async () => {
  writeFileSync(file(), answer("msg_1") + end());
  const host = new FakeHost();
  const { tick } = await byHand(host);
  renameSync(file(), file("moved.jsonl"));
  appendFileSync(file("moved.jsonl"), answer("msg_2") + end());
  await tick();
  expect(ids(host.store)).toEqual(["msg_1", "msg_2"]);
  const bytes = host.store.counts.get("receiver_read_bytes");
  renameSync(file("moved.jsonl"), file("again.jsonl"));
  await readOnce(home, { store: host.store });
  expect(host.store.counts.get("receiver_read_bytes")).toBe(bytes);
});

it("recognises a file whose head was still growing", async () => {
  writeFileSync(file(), end());
  const host = new FakeHost();
  const { tick } = await byHand(host);
  for (let i = 0; i < 9; i += 1) {
    appendFileSync(file(), answer(`msg_${i}`) + end());
    await tick();
  }
  expect([...host.store.positions.values()].map((p) => p.headBytes)).toEqual([1024]);
  expect(host.store.counts.get("receiver_rewritten_files")).toBeUndefined();
  expect(host.store.requests).toHaveLength(9);
});

it("forgets a file that stays away", async () => {
  writeFileSync(file(), answer("msg_1") + end());
  const host = new FakeHost();
  const { tick } = await byHand(host);
  rmSync(file());
  await tick();
  expect(host.store.positions.size).toBe(1);
  await tick(11 * 60_000);
  expect(host.store.positions.size).toBe(0);
});

it("skips what is older than the first start in any file", async () => {
  const firstStartMs = Date.parse(time());
  minute += 5;
  const old = { timestamp: "2026-01-01T00:00:00.000Z" };
  writeFileSync(
    file("fork.jsonl"),
    prompt("u_old", old) + answer("msg_old", 9, old) + answer("msg_new") + prompt("u_new") + end(),
  );
  const store = await readOnce(home, { firstStartMs });
  expect([...store.records.keys()].toSorted()).toEqual(["msg_new", "prompt:u_new"]);
  expect(store.drops.get("historical")).toBe(2);
  const all = await readOnce(home, { firstStartMs, config: { start_at: "beginning" } });
  expect(all.records.size).toBe(4);
});

it("follows existing files from their end at the first start, to the last newline", async () => {
  const half = answer("msg_half");
  writeFileSync(file(), answer("msg_1") + half.slice(0, 50));
  utimesSync(file(), 1, 1);
  writeFileSync(file("early.jsonl"), answer("msg_early") + end());
  const host = new FakeHost({ isFirstStart: true, firstStartMs: 2_000 });
  const { tick } = await byHand(host);
  appendFileSync(file(), half.slice(50) + end());
  await tick();
  // The second file was written between the first start and the first look.
  expect(ids(host.store)).toEqual(["msg_early", "msg_half"]);
});

it("loses nothing when the disk refuses", async () => {
  writeFileSync(file(), answer("msg_1") + prompt("u1") + end());
  const host = new FakeHost();
  host.refusals = 3;
  const { clock, tick } = await byHand(host);
  for (let i = 0; i < 4; i += 1) {
    await clock.advance(2000);
    await tick();
  }
  expect([...host.store.records.keys()].toSorted()).toEqual(["msg_1", "prompt:u1"]);
});

it("costs nothing while 1,000 files are idle", async () => {
  for (let i = 0; i < 1000; i += 1) writeFileSync(file(`${i}.jsonl`), end());
  const clock = new FakeClock(Date.now());
  const host = new FakeHost({ isFirstStart: true });
  await live(host, { clock });
  await until(() => host.store.positions.size === 1000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(clock.waiting).toBe(1);
  const { units } = host.store;
  await clock.advance(60_001);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(host.store.units).toBe(units);
});

it("prefers the original to its copies, whichever is read first", async () => {
  const lines = { timestamp: "2026-10-05T00:00:00.000Z" };
  writeFileSync(
    file("1.jsonl"),
    answer("msg_1", 3, { ...lines, stop_reason: null, sessionId: "fork", session_id: "s" }),
  );
  writeFileSync(file("2.jsonl"), answer("msg_1", 30, lines) + end());
  const store = await readOnce(home);
  expect(store.records.get("msg_1")).toMatchObject({ local: { session: "s" }, weight: { output: 30 } });
});

it("says nothing of paths, ids or texts", async () => {
  writeFileSync(
    file("secret-name.jsonl"),
    `${prompt("u1")}broken CANARY {\n{"type":"CANARY-type"}\n${answer("msg_1")}${end()}`,
  );
  const settings = receiverSettings({ now: () => Date.now(), after: () => () => {} });
  const host = new FakeHost({ once: true });
  host.refusals = 0;
  const config = ClaudeCodeConfig.parse({ include: [`${home}/projects/**/*.jsonl`] });
  const receiver = new ClaudeCodeReceiver(settings, config, host);
  await receiver.start();
  await host.done;
  await receiver.shutdown(never);
  const { records: _records, ...rest } = host.store;
  expect(
    inspect([settings.said, rest, [...host.store.counts], [...host.store.positions]], { depth: 9 }),
  ).not.toMatch(/CANARY|secret-name|msg_1|claude-/);
  expect(host.store.counts.get("receiver_malformed_lines")).toBe(1);
  expect(host.store.counts.get("receiver_unknown_types")).toBe(1);
});

it("does not step over what it could not store when it stops", async () => {
  writeFileSync(file(), answer("msg_1") + end() + answer("msg_2"));
  const host = new FakeHost();
  host.refusals = 2;
  const clock = new FakeClock(Date.now());
  const receiver = await live(host, { clock });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await receiver.shutdown(never);
  expect([host.store.records.size, host.store.positions.size]).toEqual([0, 0]);
  await readOnce(home, { store: host.store });
  expect(ids(host.store)).toEqual(["msg_1", "msg_2"]);
});
