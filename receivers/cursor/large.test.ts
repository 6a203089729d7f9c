import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { CursorHome, uuid } from "#testkit/cursor/home.ts";

/** Takes a minute and more than 2 GB of disk. */
const WANTED = "TALOS_LARGE_TESTS";
const BYTES = 2_000_000_000;
const ROW_BYTES = 200_000;
const CONVERSATIONS = 1_000;

const isWanted = process.env[WANTED] === "1";
if (!isWanted) process.stdout.write(`skipped: a database of 2 GB; set ${WANTED}=1 to have it\n`);

it.skipIf(!isWanted)(
  "reads a database of 2 GB within its budget, and in less than 150 MB",
  { timeout: 600_000 },
  async () => {
    const home = mkdtempSync(path.join(tmpdir(), "cursor-"));
    try {
      const file = writeLarge(home);
      expect(statSync(file).size).toBeGreaterThan(BYTES);
      const reader = path.join(import.meta.dirname, "testdata", "read-large.ts");
      const { stdout } = await promisify(execFile)(process.execPath, [reader, home]);
      process.stdout.write(`${stdout}\n`);
      const { requests, megabytes, longestBlockMs } = JSON.parse(stdout) as Record<string, number>;
      expect(requests).toBe(CONVERSATIONS * 3);
      expect(megabytes).toBeLessThan(150);
      expect(longestBlockMs).toBeLessThan(200);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
);

function writeLarge(home: string): string {
  const cursor = new CursorHome(home);
  const { storage } = cursor;
  const filling = Buffer.alloc(ROW_BYTES, "x");
  for (let n = 0; n * ROW_BYTES < BYTES; n += 100) {
    storage.transaction(() => {
      for (let i = n; i < n + 100; i += 1) storage.put(`agentKv:blob:${uuid(`${i}`)}`, filling);
    });
  }
  for (let n = 0; n < CONVERSATIONS; n += 1) {
    const turns = [0, 1, 2].map((i) => ({
      atMs: Date.UTC(2026, 9, 1) + n * 1_800_000 + i * 60_000,
      prompt: `p ${"y".repeat(2_000)}`,
      answer: `a ${"z".repeat(5_000)}`,
    }));
    cursor.write({ id: uuid(`c${n}`), folder: "/w", model: "gpt-5", turns, tiers: ["database"] });
  }
  storage.truncateLog();
  cursor.close();
  return storage.file;
}
