import { afterEach, beforeEach, expect, it } from "vitest";
import { commitOf, FILE, Folder, record, TALOS } from "./testing.ts";
import type { StateStore } from "./store.ts";
import type { Commit } from "./types.ts";

const T = 1_790_000_000_000;
let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

function accept(store: StateStore, name: string, over: Partial<Commit> = {}, lastTimeMs = T): string {
  const given = record(name, { lastTimeMs });
  store.commit({ ...commitOf(store, [given], []), ...over });
  return store.recordKey(given);
}

const owed = (store: StateStore, key: string) => store.known([key]).get(key)?.owed;

it("owes a new exporter what was accepted before it was configured, each record once", () => {
  const first = folder.open({ exporters: [TALOS] });
  const early = accept(first, "early");
  first.close();
  const store = folder.open({ exporters: [TALOS, FILE] });
  const late = accept(store, "late");
  expect(store.owe(FILE, T - 1, T + 1)).toBe(1);
  expect([owed(store, early), owed(store, late)]).toEqual([[FILE], []]);
  expect(store.isDetached(FILE)).toBe(false);
  expect(store.owe(TALOS, T - 1, T + 1)).toBe(0);
  accept(store, "early", { refilled: [{ key: early, exporter: FILE }] });
  expect(owed(store, early)).toEqual([]);
  expect(store.owe(FILE, T - 1, T + 1)).toBe(0);
});

it("owes records of the time that was asked for", () => {
  const first = folder.open({ exporters: [TALOS] });
  for (const [i, at] of [T - 1, T, T + 9, T + 10].entries()) accept(first, `r${i}`, {}, at);
  first.close();
  const store = folder.open({ exporters: [TALOS, FILE] });
  expect(store.owe(FILE, T, T + 10)).toBe(2);
});

it("keeps for an exporter what was withheld from it, without reading anything again for it", () => {
  const store = folder.open();
  const key = store.recordKey(record("r"));
  accept(store, "r", { withheld: [{ key, exporter: TALOS }] });
  expect(owed(store, key)).toEqual([TALOS]);
  expect(store.isDetached(TALOS)).toBe(false);
});

it("forgets what was refilled with the record", () => {
  const store = folder.open();
  const key = store.recordKey(record("r"));
  accept(store, "r", { withheld: [{ key, exporter: TALOS }] });
  accept(store, "r", { refilled: [{ key, exporter: TALOS }] });
  expect(store.prune(T + 181 * 86_400_000).keys).toBe(1);
  expect(owed(store, key)).toBeUndefined();
});
