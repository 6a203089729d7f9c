import {
  copyFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { frameAt } from "./frame.ts";
import { LedgerBench } from "./testing.ts";

let bench: LedgerBench;
let dir: string;
beforeEach(async () => {
  bench = new LedgerBench();
  dir = path.join(bench.stateDir, "ledger");
  await bench.sendAll(6);
});
afterEach(() => bench.dispose());

const files = () => readdirSync(dir).filter((name) => name !== "lock.db");
const segment = () => path.join(dir, "000000000001.seg");
/** Everything that is found, also that the ledger does not open. */
function found(): string[] {
  try {
    return bench
      .read()
      .problems.map(({ n, until, flaw }) => `${n}${until === undefined ? "" : `-${until}`} ${flaw}`);
  } catch (error) {
    return [error instanceof Error ? error.message : ""];
  }
}
/** Where each frame begins and ends; the first is the segment's beginning. */
function frames(): { from: number; end: number }[] {
  const bytes = readFileSync(segment());
  const all: { from: number; end: number }[] = [];
  for (let raw = frameAt(bytes, 0); raw !== undefined; raw = frameAt(bytes, raw.end)) {
    all.push({ from: all.at(-1)?.end ?? 0, end: raw.end });
  }
  return all;
}
function rewrite(order: readonly number[]): void {
  const bytes = readFileSync(segment());
  const parts = frames().map(({ from, end }) => bytes.subarray(from, end));
  writeFileSync(segment(), Buffer.concat(order.map((at) => parts[at] ?? Buffer.alloc(0))));
}

it("an untouched ledger is intact", () => {
  expect(found()).toEqual([]);
  expect(frames()).toHaveLength(13);
});

it("a flipped byte is found, wherever it is", () => {
  const missed: string[] = [];
  for (const name of files()) {
    const file = path.join(dir, name);
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.length; at += name.endsWith(".seg") ? 5 : 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x01;
      writeFileSync(file, flipped);
      if (found().length === 0) missed.push(`${name}@${at}`);
    }
    writeFileSync(file, bytes);
  }
  expect(missed).toEqual([]);
});

it("the first bad entry is named", () => {
  const bytes = readFileSync(segment());
  const { from = 0 } = frames()[7] ?? {};
  bytes[from + 30] = (bytes[from + 30] ?? 0) ^ 0x80;
  writeFileSync(segment(), bytes);
  expect(found()).toEqual(["7 changed"]);
});

it.each([
  ["removed", [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12], ["4-4 removed"]],
  ["removed at the front", [0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], ["1-2 removed"]],
  ["reordered", [0, 1, 3, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12], ["2-2 removed", "2 moved"]],
  ["doubled", [0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], ["2 moved"]],
  ["cut off behind an entry", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ["10-12 removed"]],
])("an entry that is %s is found", (_, order, problems) => {
  rewrite(order);
  expect(found()).toEqual(problems);
});

it("an end that was cut in the middle of an entry is found", () => {
  truncateSync(segment(), (frames()[12]?.end ?? 0) - 5);
  expect(found()).toEqual(["12 changed"]);
});

it.each([["head"], ["000000000001.seg"]])("without %s it is not intact", (name) => {
  rmSync(path.join(dir, name));
  expect(found()).not.toEqual([]);
});

it("what was cut off stays to be seen, whatever is appended afterwards", async () => {
  rewrite([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  bench.ledger = bench.another();
  await bench.sendAll(2);
  expect(found()).toEqual(["9-12 removed"]);
  expect(bench.read().last).toBe(16);
});

it("what is damaged stays to be seen, whatever is appended afterwards", async () => {
  const bytes = readFileSync(segment());
  const { from = 0 } = frames()[12] ?? {};
  bytes[from + 40] = (bytes[from + 40] ?? 0) ^ 0x80;
  writeFileSync(segment(), bytes);
  bench.ledger = bench.another();
  await bench.sendAll(1);
  expect(found()).toEqual(["12 changed"]);
});

it("what a crash left half-written is no flaw, and goes with the next entry", async () => {
  const bytes = readFileSync(segment());
  writeFileSync(
    segment(),
    Buffer.concat([bytes, bytes.subarray(frames()[1]?.from ?? 0, (frames()[1]?.end ?? 0) - 9)]),
  );
  expect(found()).toEqual([]);
  bench.ledger = bench.another();
  await bench.sendAll(1);
  expect(found()).toEqual([]);
  expect(bench.read().last).toBe(14);
});

it("a crash between an entry and the note of the end is no flaw", async () => {
  const before = path.join(bench.stateDir, "head.before");
  copyFileSync(path.join(dir, "head"), before);
  bench.ledger = bench.another();
  await bench.sendAll(1);
  copyFileSync(before, path.join(dir, "head"));
  expect(found()).toEqual([]);
  bench.ledger = bench.another();
  await bench.sendAll(1);
  expect(bench.read()).toMatchObject({ last: 16, problems: [] });
});

it("an older copy of the whole is told by a head that was noted, and by nothing else", async () => {
  const copy = path.join(bench.stateDir, "copy");
  cpSync(dir, copy, { recursive: true });
  bench.ledger = bench.another();
  await bench.sendAll(1);
  const noted = bench.read().last;
  rmSync(dir, { recursive: true });
  cpSync(copy, dir, { recursive: true });
  expect(found()).toEqual([]);
  expect(bench.read().last).toBeLessThan(noted);
});
