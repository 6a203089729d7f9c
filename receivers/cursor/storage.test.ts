import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";
import { uuid } from "#testkit/cursor/home.ts";
import { CursorStorage } from "#testkit/cursor/storage.ts";
import { run } from "./database/job.ts";

const ID = uuid("busy");
const SECONDS = "2";

let dir = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "cursor-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(dir, { recursive: true, force: true });
});

/** Programs beside this one. Each says what it saw when it ends, and those that wait for it do so at `end`. */
function program(name: string, ...args: string[]) {
  const file = path.join(import.meta.dirname, "testdata", `${name}.ts`);
  const child = spawn(process.execPath, [file, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const output = text(child.stdout);
  return {
    pid: String(child.pid),
    said: async <T>(): Promise<T> => JSON.parse(await output) as T,
    end: () => child.stdin.end(),
  };
}

interface Watched {
  looks: number;
  seen: number;
  blindMs: number;
  exclusive: number;
  longestMs: number;
  longestOwnMs: number;
}

interface Written {
  failures: { open: number; restore: number; write: number; vacuum: number };
  opened: number;
  put: number;
  longestMs: number;
}

/** A reader and a writer that never pause, and one who watches the reader's locks. */
async function beside(journal: "wal" | "rollback") {
  const file = path.join(dir, "state.vscdb");
  const reader = program("reader", file, ID, uuid("other"));
  const watcher = process.platform === "linux" ? program("watcher", reader.pid) : undefined;
  const writer = program("writer", file, journal, SECONDS, ID, uuid("other"));
  const written = await writer.said<Written>();
  reader.end();
  watcher?.end();
  const outcomes = await reader.said<Record<string, number>>();
  const watched = await watcher?.said<Watched>();
  return { written, outcomes, watched };
}

it("beside a write-ahead log: nothing of Cursor's fails, and no lock is held for long or shuts anybody out", async () => {
  const { written, outcomes, watched } = await beside("wal");
  expect(written.failures).toEqual({ open: 0, restore: 0, write: 0, vacuum: 0 });
  expect(Math.min(written.opened - 1, written.put)).toBeGreaterThan(0);
  expect(outcomes["unusable"] ?? 0).toBe(0);
  expect(Math.min(outcomes["changes"] ?? 0, outcomes["conversations"] ?? 0)).toBeGreaterThan(0);
  if (watched === undefined) return;
  expect(watched.seen).toBeGreaterThan(0);
  expect(watched.exclusive).toBe(0);
  // Without the time in which the reader had to wait for a processor: how busy the machine is with tests says nothing.
  expect(watched.longestOwnMs).toBeLessThanOrEqual(50);
});

it("beside a rollback journal: nothing of Cursor's fails, and no lock is held at all", async () => {
  const { written, outcomes, watched } = await beside("rollback");
  expect(written.failures).toEqual({ open: 0, restore: 0, write: 0, vacuum: 0 });
  expect(Math.min(written.opened - 1, written.put)).toBeGreaterThan(0);
  expect(outcomes["unusable"] ?? 0).toBe(0);
  expect(Math.min(outcomes["changes"] ?? 0, outcomes["conversations"] ?? 0)).toBeGreaterThan(0);
  expect(watched?.seen ?? 0).toBe(0);
  expect(watched?.looks ?? Infinity).toBeGreaterThan(100);
});

it("lets a writer be that keeps everybody out, and says so", () => {
  const file = path.join(dir, "state.vscdb");
  const storage = new CursorStorage(file, { journal: "rollback" });
  storage.put(`bubbleId:${ID}:b`, { type: 1 });
  const job = { kind: "conversations", file, ids: [ID], budgetMs: 50 } as const;
  let during: string | undefined;
  storage.exclusively(() => {
    storage.put(`bubbleId:${ID}:c`, { type: 2 });
    during = run({ ...job, ids: [...job.ids] }).outcome;
  });
  expect(during).toBe("busy");
  expect(run({ ...job, ids: [...job.ids] }).outcome).toBe("conversations");
  storage.close();
});

it.each([
  ["nothing", "gone"],
  ["an empty file", "empty"],
  ["garbage", "unusable"],
  ["another program's database", "empty"],
])("%s in the place of a database is %s, and no more", (what, outcome) => {
  const file = path.join(dir, "state.vscdb");
  if (what === "an empty file") writeFileSync(file, "");
  if (what === "garbage") writeFileSync(file, Buffer.alloc(4_096, 7));
  if (what.startsWith("another")) {
    const db = new DatabaseSync(file);
    db.exec("CREATE TABLE t (a)");
    db.close();
  }
  expect(run({ kind: "conversations", file, ids: [ID], budgetMs: 50 }).outcome).toBe(outcome);
});
