import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { identityOf } from "#tail/file-bytes.ts";
import { FileScanner, type ScanJob } from "./scan-file.ts";
import { ScanPool, type ScanPoolOptions } from "./scan-pool.ts";

const dir = mkdtempSync(path.join(tmpdir(), "pool-"));
afterAll(() => rmSync(dir, { recursive: true }));

function job(n: number): ScanJob {
  const file = path.join(dir, `${n}.jsonl`);
  writeFileSync(file, '{"type":"summary"}\n'.repeat(n));
  const { dev, ino } = statSync(file, { bigint: true });
  const context = { turn: "", searches: [] };
  return {
    path: file,
    identity: identityOf(dev, ino, file),
    from: 0,
    maxBytes: Infinity,
    maxLineBytes: 100,
    context,
  };
}

it.each<{ name: string; options: ScanPoolOptions }>([
  { name: "three threads", options: { size: 3 } },
  {
    name: "one thread and this one",
    options: { size: 1, here: { scanner: new FileScanner(), fits: () => true } },
  },
  {
    name: "two threads, and this one for some chunks",
    options: { size: 2, here: { scanner: new FileScanner(), fits: (chunk) => chunk % 3 === 0 } },
  },
])("hands results over in order, whichever thread made them: $name", async ({ options }) => {
  const pool = new ScanPool(options);
  const chunks = Array.from({ length: 100 }, (_, n) => [job(n), job(100 - n)]);
  pool.begin(chunks);
  const lines: (number | string)[] = [];
  for (let result = await pool.next(); result !== undefined; result = await pool.next()) {
    lines.push(...result.reports.map((r) => (r.outcome === "read" ? r.counts.lines : r.outcome)));
  }
  await pool.stop();
  expect(lines).toEqual(chunks.flatMap((_, n) => [n, 100 - n]));
});

it("says which files are gone or others than expected", async () => {
  const pool = new ScanPool({ size: 1 });
  pool.begin([[{ ...job(1), path: path.join(dir, "none") }, { ...job(1), identity: "0:0" }, job(2)]]);
  expect((await pool.next())?.reports.map((r) => r.outcome)).toEqual(["gone", "gone", "read"]);
  expect(await pool.next()).toBeUndefined();
  await pool.stop();
});

it("ends at once when it is stopped while somebody waits", async () => {
  const pool = new ScanPool({ size: 1 });
  pool.begin([[job(1)]]);
  const next = pool.next();
  await pool.stop();
  expect(await next).toBeUndefined();
});
