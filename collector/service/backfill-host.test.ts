import { afterEach, beforeEach, expect, it } from "vitest";
import type { SourceRecord } from "#component/record.ts";
import { emptyUnit, type Unit } from "#component/unit.ts";
import { Folder, position, record, SCOPE, TALOS } from "#state/testing.ts";
import { FakeClock } from "#testkit/fakes.ts";
import { BackfillHost } from "./backfill-host.ts";

const T = 1_790_000_000_000;
let folder: Folder;
let clock: FakeClock;
let lastLiveMs: number;
let queuedBytes: number;
let stored: Unit[];
let abort: AbortController;
beforeEach(() => {
  folder = new Folder();
  clock = new FakeClock(T);
  lastLiveMs = 0;
  queuedBytes = 0;
  stored = [];
  abort = new AbortController();
});
afterEach(() => folder.dispose());

function host(keys: Set<string> = new Set()): BackfillHost {
  const store = folder.open();
  const pending = () => ({ batches: 1, records: 1, bytes: queuedBytes, oldestMs: undefined });
  return new BackfillHost({
    request: { id: "0123456789abcdef", sinceMs: T - 1_000, untilMs: T + 1_000, to: undefined, totalBytes: 1 },
    store: Object.assign(store, { pending }),
    clock,
    signal: abort.signal,
    keys,
    screen: (unit) => unit,
    lastLiveMs: () => lastLiveMs,
    targets: () => [TALOS],
    spool: (unit) => stored.push(unit),
    progressed: () => {},
  });
}

const unitOf = (records: SourceRecord[]): Unit => ({
  ...emptyUnit(SCOPE),
  records,
  positions: new Map([["0".repeat(32), position(5)]]),
  counts: new Map([["receiver_read_bytes", 9]]),
});
const many = (count: number) => Array.from({ length: count }, (_, i) => record(`r${i}`, { timeMs: T }));

it("stores in small slices, and moves the positions with the last one alone", async () => {
  await host().submit(unitOf(many(600)));
  expect(stored.map(({ records }) => records.length)).toEqual([256, 256, 88]);
  expect(stored.map(({ positions }) => positions.size)).toEqual([0, 0, 1]);
  expect(stored.map(({ counts }) => counts.size)).toEqual([0, 0, 1]);
});

it("waits while much waits for the destination", async () => {
  queuedBytes = 256 * 1024;
  const done = host().submit(unitOf(many(1)));
  await clock.advance(10_000);
  expect(stored).toHaveLength(0);
  queuedBytes = 1_000;
  await clock.advance(100);
  await done;
  expect(stored).toHaveLength(1);
});

it("waits while live records come", async () => {
  lastLiveMs = T;
  const done = host().submit(unitOf(many(1)));
  for (let i = 0; i < 20; i += 1) {
    await clock.advance(100);
    lastLiveMs = clock.now();
  }
  expect(stored).toHaveLength(0);
  await clock.advance(300);
  await done;
  expect(stored).toHaveLength(1);
});

it("ends at once when it is ended, and stores nothing then", async () => {
  queuedBytes = 1e9;
  const of = host();
  const done = of.submit(unitOf(many(1)));
  abort.abort();
  await clock.advance(100);
  await expect(done).rejects.toThrow("stopping");
  expect(stored).toEqual([]);
});

it("takes the time that was asked for, and neither text nor hints", async () => {
  const texts: Partial<SourceRecord>[] = [
    { timeMs: T - 1_001 },
    { timeMs: T + 1_000 },
    { timeMs: T, eventName: "talos.completion", body: "canary" },
    {
      timeMs: T,
      eventName: "talos.prompt",
      body: "canary",
      attributes: new Map([["talos.task_hint", "canary"]]),
    },
  ];
  await host().submit(unitOf(texts.map((over, i) => record(`r${i}`, over))));
  const [unit] = stored;
  expect(unit?.records.map(({ local }) => local.request)).toEqual(["r3"]);
  expect(unit?.drops).toEqual(new Map([["historical", 3]]));
  expect(
    JSON.stringify(unit?.records, (_, value: unknown) => (value instanceof Map ? [...value] : value)),
  ).not.toContain("canary");
});

it("keeps positions apart from those of the live receivers", () => {
  const keys = new Set<string>();
  const of = host(keys);
  const key = of.fileKey("1:2");
  expect(key).toMatch(/^[0-9a-f]{32}$/);
  expect(key).not.toBe(folder.opened[0]?.fileKey("1:2"));
  expect(keys).toEqual(new Set([key]));
});
