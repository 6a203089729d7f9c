import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Component } from "#component/component.ts";
import { CursorHome, type InventedConversation, uuid } from "#testkit/cursor/home.ts";
import { FakeHost, FakeStore } from "#testkit/fake-host.ts";
import { readOnce, receiverOf } from "./testkit.ts";

const A = uuid("a");
const FOLDER = "/home/dev/work/acme shop";
const patience = { timeout: 15_000 };
const turn = (n: number) => ({ atMs: Date.now() - 600_000 + n * 1_000, prompt: `p${n}`, answer: `a${n}` });

let home = "";
let cursor: CursorHome;
const running: Component[] = [];
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "cursor-"));
  cursor = new CursorHome(home);
});
afterEach(async () => {
  for (const receiver of running.splice(0)) await receiver.shutdown(AbortSignal.timeout(10_000));
  cursor.close();
  rmSync(home, { recursive: true, force: true });
});

function conversation(own: Partial<InventedConversation> = {}): InventedConversation {
  return { id: A, folder: FOLDER, model: "claude-sonnet-5", turns: [turn(0)], ...own };
}

async function live(host: FakeHost, config: Record<string, unknown> = {}): Promise<Component> {
  const receiver = receiverOf(home, host, { config: { database_interval: "200ms", ...config } });
  running.push(receiver);
  await receiver.start();
  return receiver;
}

const told = (store: FakeStore) =>
  store.requests.map(({ local, attributes }) => [local.request, attributes.get("talos.source.via")]);

it("sends a request once it is over: with what the database says, though the transcript told first", async () => {
  const host = new FakeHost();
  await live(host);
  const { turns } = conversation();
  const own = conversation({ turns: [...turns] });
  cursor.write(own);
  await vi.waitFor(() => expect(told(host.store)).toEqual([[`${A}:0`, "database"]]), patience);
  const next = turn(20);
  cursor.appendTurn(own, next);
  own.turns.push(next);
  cursor.writeRows(own, "upsert");
  await vi.waitFor(
    () =>
      expect(told(host.store)).toEqual([
        [`${A}:0`, "database"],
        [`${A}:1`, "database"],
      ]),
    patience,
  );
  expect(host.store.improved).toBe(0);
});

it("does not send what is going on, and counts it as open", async () => {
  const host = new FakeHost();
  await live(host);
  const file = cursor.transcriptFile(conversation());
  cursor.write(conversation({ tiers: ["transcript"] }));
  await vi.waitFor(() => expect(host.store.requests).toHaveLength(1), patience);
  appendFileSync(file, `${JSON.stringify({ role: "user", message: { content: "next" } })}\n`);
  await vi.waitFor(() => expect(host.store.open).toBe(1), patience);
  expect(host.store.requests).toHaveLength(1);
  appendFileSync(file, `${JSON.stringify({ role: "assistant", message: { content: "yes" } })}\n`);
  appendFileSync(file, `${JSON.stringify({ type: "turn_ended", status: "success" })}\n`);
  await vi.waitFor(() => expect([host.store.requests.length, host.store.open]).toEqual([2, 0]), patience);
});

it("takes what nothing says is over as complete after a while", async () => {
  const host = new FakeHost();
  await live(host, { idle_timeout: "300ms", database: false });
  cursor.write(conversation({ tiers: ["transcript"] }));
  const file = cursor.transcriptFile(conversation());
  const line = (role: string) => `${JSON.stringify({ role, message: { content: "x" } })}\n`;
  appendFileSync(file, line("user") + line("assistant"));
  await vi.waitFor(() => expect(host.store.requests).toHaveLength(2), patience);
});

it("finds a conversation whose messages come though Cursor does not say that it changed", async () => {
  const first = turn(0);
  cursor.write(conversation({ turns: [first], tiers: ["database"] }));
  const host = new FakeHost();
  await live(host, { idle_timeout: "1s" });
  await vi.waitFor(() => expect(host.store.requests).toHaveLength(1), patience);
  const at = (ms: number) => new Date(first.atMs + ms).toISOString();
  cursor.storage.put(`bubbleId:${A}:${uuid("late-1")}`, { type: 1, createdAt: at(60_000) });
  cursor.storage.put(`bubbleId:${A}:${uuid("late-2")}`, { type: 2, createdAt: at(61_000) });
  await vi.waitFor(() => expect(host.store.requests).toHaveLength(2), patience);
});

it("goes on with a database that was emptied of its gaps, or put in place anew", async () => {
  const own = conversation({ tiers: ["database"] });
  for (let n = 0; n < 20; n += 1) cursor.storage.put(`composer.content.${n}`, "x".repeat(5_000));
  cursor.write(own);
  const host = new FakeHost();
  await live(host);
  await vi.waitFor(() => expect(host.store.requests).toHaveLength(1), patience);
  for (let n = 0; n < 20; n += 1) cursor.storage.remove(`composer.content.${n}`);
  cursor.storage.vacuum();
  own.turns.push(turn(20));
  cursor.writeRows(own);
  await vi.waitFor(() => expect(host.store.requests).toHaveLength(2), patience);
  cursor.close();
  for (const end of ["", "-wal", "-shm"]) rmSync(`${cursor.storage.file}${end}`, { force: true });
  cursor = new CursorHome(home);
  cursor.write({ ...own, id: uuid("b") });
  await vi.waitFor(() => expect(host.store.requests).toHaveLength(4), patience);
  expect(host.store.drops.get("duplicate") ?? 0).toBe(0);
});

it("reads transcripts alone where the database is none of Cursor's, and says so once, without its path", async () => {
  cursor.write(conversation());
  cursor.close();
  writeFileSync(
    cursor.storage.file,
    Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(8_192, 3)]),
  );
  const host = new FakeHost({ once: true });
  const receiver = receiverOf(home, host);
  await receiver.start();
  await host.done;
  await receiver.shutdown(AbortSignal.timeout(10_000));
  cursor = new CursorHome(mkdtempSync(path.join(tmpdir(), "cursor-")));
  expect(told(host.store)).toEqual([[`${A}:0`, "transcript"]]);
  expect(receiver.said().match(/unknown version/g)).toHaveLength(1);
  expect(receiver.said()).not.toContain(home);
});

it("reads again what was lost with its batch, and nothing else", async () => {
  const own = conversation({ turns: [turn(0), turn(20), turn(40)] });
  cursor.write(own);
  cursor.write({ ...own, id: uuid("b"), tiers: ["transcript"] });
  const store = new FakeStore();
  await readOnce(home, { store });
  for (const id of [A, uuid("b")]) {
    const request = store.requests.find(({ local }) => local.request === `${id}:1`);
    const key = request?.range.fileKey ?? "";
    const position = store.positions.get(key);
    expect(position?.offset).toBe(3);
    // As the store does it, when a batch cannot be opened.
    if (position !== undefined) store.positions.set(key, { ...position, offset: 1, marker: "" });
    for (const n of [1, 2]) store.records.delete(`${id}:${n}`);
  }
  await readOnce(home, { store });
  expect(store.requests).toHaveLength(6);
});

it("reads again what it had read and not settled when it was stopped", async () => {
  const own = conversation();
  cursor.write(own);
  const store = new FakeStore();
  const host = new FakeHost({ store });
  const receiver = await live(host);
  await vi.waitFor(() => expect(store.requests).toHaveLength(1), patience);
  const next = turn(20);
  cursor.appendTurn(own, next);
  cursor.writeRows({ ...own, turns: [...own.turns, next] });
  // At any moment of a pass.
  await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 40));
  await receiver.shutdown(AbortSignal.timeout(10_000));
  await readOnce(home, { store });
  expect(store.requests.map(({ local }) => local.request)).toEqual([`${A}:0`, `${A}:1`]);
});
