import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { KeptSegments } from "./kept-segments.ts";

const MIB = 1024 * 1024;
const NOW = Date.parse("2026-11-24T12:00:00Z");

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "kept-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(name: string, bytes = 1): string {
  const file = path.join(dir, name);
  writeFileSync(file, "");
  truncateSync(file, bytes);
  return file;
}
const names = () => readdirSync(dir).toSorted();

it("a day that is told of once more is kept beside itself", () => {
  const kept = new KeptSegments(dir);
  for (let n = 0; n < 3; n += 1) expect(kept.keep(write("2026-11-20.jsonl"))).toBe(true);
  expect(names()).toEqual(["read-2026-11-20.1.jsonl", "read-2026-11-20.2.jsonl", "read-2026-11-20.jsonl"]);
  expect(kept.list()).toHaveLength(3);
  expect(kept.keep(path.join(dir, "2026-11-21.jsonl"))).toBe(false);
});

it.each([
  ["31 days", { "read-2026-10-23.jsonl": 1, "read-2026-10-24.jsonl": 1 }, ["read-2026-10-24.jsonl"]],
  [
    "16 MiB together, the newest",
    { "read-2026-11-20.jsonl": 1, "read-2026-11-21.jsonl": 9 * MIB, "read-2026-11-22.jsonl": 7 * MIB },
    ["read-2026-11-21.jsonl", "read-2026-11-22.jsonl"],
  ],
  [
    "what is not its own",
    { "2026-01-01.jsonl": 1, "key.pub": 1, "read-x.jsonl": 1 },
    ["2026-01-01.jsonl", "key.pub", "read-x.jsonl"],
  ],
] as const)("keeps %s", (_, files, left) => {
  for (const [name, bytes] of Object.entries(files)) write(name, bytes);
  new KeptSegments(dir).prune(NOW);
  expect(names()).toEqual(left);
});

it("looks once a day, and at once when the clock was set back", () => {
  const kept = new KeptSegments(dir);
  kept.prune(NOW);
  write("read-2026-01-01.jsonl");
  kept.prune(NOW + 1_000);
  expect(names()).toHaveLength(1);
  kept.prune(NOW - 1_000);
  expect(names()).toEqual([]);
});

it("what is no plain file is neither read nor removed", () => {
  mkdirSync(path.join(dir, "read-2026-01-01.jsonl"));
  symlinkSync(write("elsewhere"), path.join(dir, "read-2026-01-02.jsonl"));
  const kept = new KeptSegments(dir);
  kept.prune(NOW);
  expect([kept.list(), names().length, existsSync(path.join(dir, "elsewhere"))]).toEqual([[], 3, true]);
});
