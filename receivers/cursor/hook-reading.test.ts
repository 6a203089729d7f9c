import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type InventedConversation, uuid } from "#testkit/cursor/home.ts";
import { FakeHost, FakeStore } from "#testkit/fake-host.ts";
import { COUNTS, HookLog, readOnce, receiverOf, stopOf } from "./testkit.ts";

const CANARY = "CANARY-of-an-invented-user";
const FOLDER = `/home/dev/${CANARY}`;
const DAY_MS = 86_400_000;
const TODAY = Date.now() - 60_000;
const LONG_AGO = TODAY - 3 * DAY_MS;

let home = "";
let log: HookLog;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "cursor-"));
  log = new HookLog(path.join(home, "state"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const conversation = (atMs: number, own: Partial<InventedConversation> = {}): InventedConversation => ({
  id: uuid("a"),
  folder: FOLDER,
  model: "claude-sonnet-5",
  turns: [0, 1, 2].map((n) => ({ atMs: atMs + n * 10_000, prompt: "", answer: "" })),
  ...own,
});
const once = (store = new FakeStore(), config: Record<string, unknown> = {}) =>
  readOnce(home, { store, stateDir: log.stateDir, config });
const places = (store: FakeStore) =>
  store.requests.map(({ local }) => Number(local.request.split(":")[1])).toSorted((a, b) => a - b);

it("makes its folder for the user alone, with the same key at every start", async () => {
  await once();
  const key = () => readFileSync(path.join(log.folder, "key.pub"), "utf8");
  const first = key();
  expect(first).toMatch(/^[A-Za-z0-9_-]{43}\n$/);
  expect(statSync(log.folder).mode & 0o777).toBe(0o700);
  expect(statSync(path.join(log.folder, "key.pub")).mode & 0o777).toBe(0o600);
  writeFileSync(path.join(log.folder, "key.pub"), "another\n");
  await once();
  expect(key()).toBe(first);
  expect(readdirSync(log.folder)).toEqual(["key.pub"]);
});

it("makes and reads nothing where the setting is off, or the collector has no such folder", async () => {
  log.write(stopOf(conversation(TODAY), 0));
  expect((await once(new FakeStore(), { hooks: false })).records.size).toBe(0);
  expect((await readOnce(home)).records.size).toBe(0);
  expect(existsSync(path.join(log.folder, "key.pub"))).toBe(false);
});

it("knows the working directory that was sealed to it, and no other one", async () => {
  await once();
  for (const [n, cwd] of [log.seal(FOLDER), log.seal("not/absolute"), "AQID".repeat(40)].entries()) {
    log.write(stopOf(conversation(TODAY), n, { cwd }));
  }
  const store = await once();
  expect(store.requests.map(({ cwd }) => cwd)).toEqual([FOLDER, undefined, undefined]);
  expect(store.counts.get("receiver_unopened_folders")).toBe(2);
  const other = new HookLog(path.join(home, "other"));
  await readOnce(home, { stateDir: other.stateDir });
  log.write(stopOf(conversation(TODAY, { id: uuid("b") }), 0, { cwd: other.seal(FOLDER) }));
  expect((await once()).requests.at(-1)?.cwd).toBeUndefined();
});

it("steps over what is torn, unknown, too long or hostile, and counts it once", async () => {
  const line = JSON.stringify(stopOf(conversation(TODAY), 0));
  const hostile = { conversation: `../${CANARY}`, model: CANARY.repeat(9), input: -1, at: 9e15 };
  log.writeText(`${line.slice(0, 40)}\n`, TODAY);
  for (const [name, value] of Object.entries(hostile)) {
    log.writeText(`${JSON.stringify({ ...stopOf(conversation(TODAY), 0), [name]: value })}\n`, TODAY);
  }
  log.writeText(
    `{"v":2,"what":"${CANARY}"}\n[1]\nnull\n\n${JSON.stringify({ x: CANARY.repeat(900) })}\n`,
    TODAY,
  );
  log.write(stopOf(conversation(TODAY), 0, { model: CANARY, version: CANARY }));
  log.writeText(line.slice(0, 60), TODAY);
  const store = await once();
  await once(store);
  expect(Object.fromEntries(store.counts)).toMatchObject({
    receiver_malformed_lines: 7,
    receiver_unknown_types: 1,
    receiver_oversize_lines: 1,
    receiver_read_lines: 9,
  });
  expect(places(store)).toEqual([0]);
  const { attributes } = store.requests[0] ?? {};
  expect(attributes?.get("gen_ai.request.model")).not.toContain(CANARY);
  expect(inspect([...(attributes ?? [])])).not.toContain(CANARY);
});

it("looks at plain files of days alone", async () => {
  const real = path.join(home, "real.jsonl");
  writeFileSync(real, `${JSON.stringify(stopOf(conversation(TODAY), 0))}\n`);
  mkdirSync(log.folder, { recursive: true });
  symlinkSync(real, log.segment(TODAY));
  writeFileSync(path.join(log.folder, "other.jsonl"), readFileSync(real));
  mkdirSync(log.segment(LONG_AGO));
  expect((await once()).records.size).toBe(0);
  expect(readdirSync(log.folder)).toHaveLength(4);
});

it("counts what the recorder could not keep, once", async () => {
  await once();
  for (const [reason, bytes] of [
    ["full", 3],
    ["foreign", 2],
    ["malformed", 1],
  ] as const) {
    writeFileSync(path.join(log.folder, `dropped-${reason}`), ".".repeat(bytes));
  }
  const store = await once();
  await once(store);
  expect(Object.fromEntries(store.counts)).toMatchObject({
    receiver_lost_hooks: 3,
    receiver_foreign_hooks: 2,
    receiver_malformed_hooks: 1,
  });
  expect(readdirSync(log.folder)).toEqual(["key.pub"]);
});

it("puts days aside that are read, stored and over; the places of what comes later follow", async () => {
  const old = conversation(LONG_AGO);
  const now = conversation(TODAY);
  for (const n of [0, 1]) log.write(stopOf(old, n));
  const store = await once();
  const aside = `read-${path.basename(log.segment(LONG_AGO))}`;
  expect([places(store), readdirSync(log.folder)]).toEqual([
    [0, 1],
    ["key.pub", aside],
  ]);
  log.write(stopOf(now, 2, { generation: uuid("later") }));
  // The same turn once more, when its line is gone.
  log.write(stopOf(old, 1), TODAY);
  await once(store);
  expect(places(store)).toEqual([0, 1, 2]);
  expect(readdirSync(log.folder)).toEqual([path.basename(log.segment(TODAY)), "key.pub", aside]);
  expect(store.sum("gen_ai.usage.input_tokens")).toBe(3 * COUNTS.input);
  await once(store);
  expect([store.requests.length, store.improved]).toEqual([3, 0]);
});

it("reads what was put aside for a command that looks, and never for itself", async () => {
  for (const n of [0, 1]) log.write(stopOf(conversation(LONG_AGO), n));
  await once();
  log.write(stopOf(conversation(TODAY), 2, { generation: uuid("later") }));
  const look = async (own: { firstStartMs?: number; skipBeforeMs?: number } = {}) =>
    readOnce(home, { stateDir: log.stateDir, isLooking: true, ...own });
  const looked = await look();
  expect([places(looked), looked.sum("gen_ai.usage.input_tokens")]).toEqual([[0, 1, 2], 3 * COUNTS.input]);
  expect(places(await look({ skipBeforeMs: TODAY - DAY_MS }))).toEqual([0]);
  const own = await once();
  expect([places(own), own.counts.get("receiver_read_lines")]).toEqual([[0], 1]);
  expect(readdirSync(log.folder)).toHaveLength(3);
});

it("keeps a day whose turns could not be stored, and loses and doubles none of them", async () => {
  for (const n of [0, 1, 2]) log.write(stopOf(conversation(LONG_AGO), n));
  const store = new FakeStore();
  const host = new FakeHost({ store, stateDir: log.stateDir, once: true });
  host.crashed = true;
  const receiver = receiverOf(home, host);
  await receiver.start();
  await new Promise((resolve) => setTimeout(resolve, 150));
  await receiver.shutdown(AbortSignal.timeout(10_000));
  expect([store.records.size, existsSync(log.segment(LONG_AGO))]).toEqual([0, true]);
  await once(store);
  expect([places(store), existsSync(log.segment(LONG_AGO))]).toEqual([[0, 1, 2], false]);
});

it("reads again, for a destination that lacks them, turns that hooks told of", async () => {
  for (const n of [0, 1, 2]) log.write(stopOf(conversation(TODAY), n));
  const store = await once();
  const key = store.requests[0]?.range.fileKey ?? "";
  const position = store.positions.get(key);
  // As the store does it, when a batch cannot be opened.
  if (position !== undefined) store.positions.set(key, { ...position, offset: 1, marker: "" });
  for (const n of [1, 2]) store.records.delete(`${uuid("a")}:${n}`);
  await once(store);
  expect(places(store)).toEqual([0, 1, 2]);
});

it("reads more turns than may be in memory at once", { timeout: 60_000 }, async () => {
  const many = 21_000;
  const lines = Array.from({ length: many }, (_, n) => {
    const own = { generation: `g${n}`, conversation: `c${n % 500}`, at: LONG_AGO + n };
    return `${JSON.stringify(stopOf(conversation(LONG_AGO), 0, own))}\n`;
  });
  log.writeText(lines.join(""), LONG_AGO);
  const store = await once();
  expect([store.requests.length, existsSync(log.segment(LONG_AGO))]).toEqual([many, false]);
});

it("notices while it runs what is told, and waits for nothing where it is all there is", async () => {
  const host = new FakeHost({ stateDir: log.stateDir });
  const receiver = receiverOf(home, host, { config: { idle_timeout: "300ms" } });
  await receiver.start();
  try {
    log.write(stopOf(conversation(TODAY), 0));
    await vi.waitFor(() => expect(places(host.store)).toEqual([0]), { timeout: 15_000 });
    expect(host.store.requests[0]?.attributes.get("talos.source.via")).toBe("hook");
    log.write(stopOf(conversation(TODAY), 1));
    await vi.waitFor(() => expect(places(host.store)).toEqual([0, 1]), { timeout: 15_000 });
  } finally {
    await receiver.shutdown(AbortSignal.timeout(10_000));
  }
});
