import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Pause, pauseAt, paused, pausesFile, readPauses, resumed, writePauses } from "./pauses.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-pauses-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it("pauses until an end, or without one, and remembers each", () => {
  let pauses = paused([], 10, 20);
  expect(pauseAt(pauses, 9)).toBeUndefined();
  expect(pauseAt(pauses, 10)).toEqual({ fromMs: 10, untilMs: 20 });
  expect(pauseAt(pauses, 20)).toBeUndefined();
  pauses = paused(pauses, 30, Infinity);
  writePauses(dir, pauses);
  expect(readPauses(dir)).toEqual([
    { fromMs: 10, untilMs: 20 },
    { fromMs: 30, untilMs: Infinity },
  ]);
  expect(statSync(pausesFile(dir)).mode & 0o777).toBe(0o600);
});

it("gives the present pause another end", () => {
  expect(paused(paused([], 10, 20), 15, 90)).toEqual([{ fromMs: 10, untilMs: 90 }]);
});

it("ends the present pause now, and leaves earlier ones", () => {
  const pauses = paused(paused([], 10, 20), 30, Infinity);
  expect(resumed(pauses, 40, false)).toEqual([
    { fromMs: 10, untilMs: 20 },
    { fromMs: 30, untilMs: 40 },
  ]);
  expect(resumed(paused([], 10, 20), 40, false)).toEqual([{ fromMs: 10, untilMs: 20 }]);
});

it("catches up by taking the pause as if it had never been", () => {
  const pauses = paused(paused([], 10, 20), 30, Infinity);
  expect(resumed(pauses, 40, true)).toEqual([{ fromMs: 10, untilMs: 20 }]);
  expect(resumed(paused([], 10, 20), 40, true)).toEqual([]);
});

it("joins the oldest pauses when there are very many, so that nothing of one is ever read", () => {
  const many = Array.from({ length: 510 }, (_, i): Pause => ({ fromMs: i * 10, untilMs: i * 10 + 5 }));
  writePauses(dir, many);
  const kept = readPauses(dir);
  expect(kept).toHaveLength(500);
  for (const { fromMs } of many) expect(pauseAt(kept, fromMs)).toBeDefined();
});

it("says that the file is damaged, and does not take it for no pause", () => {
  writeFileSync(pausesFile(dir), "{");
  expect(() => readPauses(dir)).toThrow(/damaged/);
  expect(readFileSync(pausesFile(dir), "utf8")).toBe("{");
});
