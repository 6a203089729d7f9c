import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { CursorHome, type InventedConversation, uuid } from "#testkit/cursor/home.ts";

/** Takes a minute and more than 2 GB of disk. */
const WANTED = "TALOS_LARGE_TESTS";
const BYTES = 2_000_000_000;
const ROW_BYTES = 200_000;
const CONVERSATIONS = 1_000;
const TURNS = 3;
const CHANGES = 30;
/** A look's budget, its pauses and what surrounds it. */
const MOST_MS = 1_500;

const isWanted = process.env[WANTED] === "1";
if (!isWanted) process.stdout.write(`skipped: a database of 2 GB; set ${WANTED}=1 to have it\n`);

it.skipIf(!isWanted)(
  "reads a database of 2 GB within its budget, and in less than 150 MB",
  { timeout: 600_000 },
  async () => {
    const home = mkdtempSync(path.join(tmpdir(), "cursor-"));
    const cursor = new CursorHome(home);
    try {
      writeLarge(cursor);
      expect(statSync(cursor.storage.file).size).toBeGreaterThan(BYTES);
      const reader = path.join(import.meta.dirname, "testdata", "read-large.ts");
      const child = spawn(process.execPath, [reader, home, String(CONVERSATIONS * TURNS)], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      const lines = createInterface(child.stdout);
      const [first] = await once(lines, "line");
      process.stdout.write(`first: ${first}\n`);
      const last = once(lines, "line");
      await change(cursor);
      child.stdin.end();
      const [then] = await last;
      process.stdout.write(`then: ${then}\n`);
      const { requests, megabytes, longestMs, longestBlockMs } = JSON.parse(then) as Record<string, number>;
      expect(requests).toBe(CONVERSATIONS * TURNS + CHANGES);
      expect(megabytes).toBeLessThan(150);
      expect(longestMs).toBeLessThan(MOST_MS);
      expect(longestBlockMs).toBeLessThan(200);
    } finally {
      cursor.close();
      rmSync(home, { recursive: true, force: true });
    }
  },
);

function conversation(n: number): InventedConversation {
  const turns = Array.from({ length: TURNS }, (_, i) => ({
    atMs: Date.UTC(2026, 8, 1) + n * 3_600_000 + i * 60_000,
    prompt: `p ${"y".repeat(2_000)}`,
    answer: `a ${"z".repeat(20_000)}`,
  }));
  return { id: uuid(`c${n}`), folder: "/w", model: "gpt-5", turns, tiers: ["database"] };
}

function writeLarge(cursor: CursorHome): void {
  const { storage } = cursor;
  const filling = Buffer.alloc(ROW_BYTES, "x");
  for (let n = 0; n * ROW_BYTES < BYTES; n += 100) {
    storage.transaction(() => {
      for (let i = n; i < n + 100; i += 1) storage.put(`agentKv:blob:${uuid(`${i}`)}`, filling);
    });
  }
  for (let n = 0; n < CONVERSATIONS; n += 1) cursor.write(conversation(n));
  storage.truncateLog();
}

/** Somebody works on: a turn more at a time, and what Cursor writes beside it. */
async function change(cursor: CursorHome): Promise<void> {
  for (let n = 0; n < CHANGES; n += 1) {
    const own = conversation(n);
    const atMs = Date.UTC(2026, 10, 1) + n * 60_000;
    cursor.write({ ...own, turns: [...own.turns, { atMs, prompt: "p", answer: "a" }] });
    cursor.storage.put(`agentKv:blob:${uuid(`more ${n}`)}`, Buffer.alloc(ROW_BYTES, "x"));
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await new Promise((resolve) => setTimeout(resolve, 5_000));
}
