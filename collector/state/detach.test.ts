import { afterEach, beforeEach, expect, it } from "vitest";
import type { StateStore } from "./store.ts";
import { commitOf, FILE, Folder, position, record, TALOS } from "./testing.ts";
import { readStatus } from "./status.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

const fileKey = "a".repeat(32);
const at = (name: string, from: number, timeMs = 1_790_000_000_000) =>
  record(name, { range: { fileKey, from, to: from + 10 }, timeMs, lastTimeMs: timeMs });

/** Accepts a record that only the first destination has room for. */
function withoutRoom(store: StateStore, name: string, from: number): void {
  const one = at(name, from);
  const commit = commitOf(store, [one], [TALOS]);
  commit.counters = new Map([
    ["read", 1],
    ["accepted", 1],
    [`spooled/${TALOS}`, 1],
    [`skipped:queue_full/${FILE}`, 1],
  ]);
  store.commit({ ...commit, owed: [{ key: store.recordKey(one), exporter: FILE, fileKey, from }] });
}

const owedOf = (store: StateStore, name: string) => {
  const key = store.recordKey(record(name));
  return store.known([key]).get(key)?.owed;
};

it("detaches who had no room, notes from where to read again, and owes it the records, over restarts", () => {
  const first = folder.open();
  first.commit(commitOf(first, [at("r1", 0)]));
  expect(first.isDetached(FILE)).toBe(false);
  withoutRoom(first, "r2", 40);
  withoutRoom(first, "r3", 20);
  expect([first.isDetached(FILE), first.isDetached(TALOS)]).toEqual([true, false]);
  first.close();

  const store = folder.open();
  expect([owedOf(store, "r1"), owedOf(store, "r2"), owedOf(store, "r3")]).toEqual([[], [FILE], [FILE]]);
  expect(readStatus(folder.dir)?.destinations).toMatchObject([
    { exporter: TALOS, detached: false, owed: 0 },
    { exporter: FILE, detached: true, owed: 2 },
  ]);
  expect(store.refill(FILE)).toBe(1);
  expect(store.position(fileKey)).toEqual({ ...position(20), marker: "" });
  expect([store.isDetached(FILE), owedOf(store, "r2")]).toEqual([false, [FILE]]);
  expect(store.refill(FILE)).toBe(0);
  expect(store.balance().balanced).toBe(true);
});

it("owes nobody anything after a commit that failed", () => {
  const store = folder.open();
  const one = at("r1", 0);
  const bad = { ...commitOf(store, [one], [TALOS]), counters: new Map([["acknowledged/x", 1]]) };
  const owed = [{ key: store.recordKey(one), exporter: FILE, fileKey, from: 0 }];
  expect(() => store.commit({ ...bad, owed })).toThrow("keeps this counter itself");
  expect([store.isDetached(FILE), store.known([store.recordKey(one)]).size]).toEqual([false, 0]);
});

it("expires what waited too long, parked or not, for one destination, and counts it", () => {
  const store = folder.open();
  const { clock } = folder.settings;
  store.commit(commitOf(store, [at("r1", 0), at("r2", 10)]));
  store.park(FILE, [store.take(FILE, { maxBytes: 1e9, maxBatches: 9 })[0]?.id ?? 0], "POST answered 400");
  clock.jump(1_000);
  store.commit(commitOf(store, [at("r3", 20)]));
  expect(store.expire(FILE, clock.now())).toBe(2);
  expect(store.expire(FILE, clock.now())).toBe(0);
  expect(store.balance()).toMatchObject({
    balanced: true,
    destinations: [
      { exporter: TALOS, queued: 3, purged: 0 },
      { exporter: FILE, queued: 1, parked: 0, purged: 2 },
    ],
  });
});

it("owes a destination what was accepted while it was not configured, and nothing that it was offered", () => {
  const time = 1_790_000_000_000;
  const open = (exporters: string[]) => folder.open({ exporters });
  const accept = (store: StateStore, name: string, exporters: string[]) =>
    store.commit(commitOf(store, [at(name, 0, time)], exporters));

  let store = open([TALOS]);
  accept(store, "before", [TALOS]);
  store.close();
  store = open([TALOS, FILE]);
  accept(store, "with", [TALOS, FILE]);
  store.close();
  store = open([TALOS]);
  accept(store, "between", [TALOS]);
  store.close();
  store = open([TALOS, FILE]);
  accept(store, "after", [TALOS, FILE]);

  expect(store.owe(FILE, time + 1, Infinity)).toBe(0);
  expect(store.owe(FILE, time, time + 1)).toBe(2);
  expect(store.owe(FILE, time, time + 1)).toBe(0);
  const names = ["before", "with", "between", "after"];
  expect(names.map((name) => owedOf(store, name))).toEqual([[FILE], [], [FILE], []]);
});
