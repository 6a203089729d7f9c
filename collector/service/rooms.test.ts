import { afterEach, beforeEach, expect, it } from "vitest";
import { ServiceConfig } from "#config/service.ts";
import type { StateStore } from "#state/store.ts";
import { commitOf, FILE, Folder, record, TALOS } from "#state/testing.ts";
import { Rooms } from "./rooms.ts";

const HOUR_MS = 3_600_000;

let folder: Folder;
let store: StateStore;
let refills: string[];
beforeEach(() => {
  folder = new Folder();
  store = folder.open();
  refills = [];
});
afterEach(() => folder.dispose());

/** The first destination is the primary. */
function roomsWith(outbox: object): Rooms {
  const pipelines = { logs: { receivers: ["a"], exporters: [TALOS, FILE] } };
  const service = ServiceConfig.parse({ outbox, pipelines });
  const planned = [
    { ...pipelines.logs, name: "logs", processors: [], teamKey: new Uint8Array(32), mode: "off" as const },
  ];
  const { clock, log } = folder.settings;
  const refill = (exporter: string) => void refills.push(exporter);
  return new Rooms({ store, clock, log, refill, plan: () => ({ pipelines: planned, service }) });
}

function queue(name: string, size: number): void {
  const commit = commitOf(store, [record(name)]);
  for (const batch of commit.batches) batch.plaintext = new Uint8Array(size);
  store.commit(commit);
}

/** One record that only the primary has room for. */
function miss(name: string): void {
  const one = record(name);
  const { fileKey, from } = one.range;
  const commit = commitOf(store, [one], [TALOS]);
  store.commit({ ...commit, owed: [{ key: store.recordKey(one), exporter: FILE, fileKey, from }] });
}

const empty = (exporter: string) =>
  store.acknowledge(
    exporter,
    store.take(exporter, { maxBytes: 1e9, maxBatches: 99 }).map(({ id }) => id),
    0,
  );

it("has room below the limit, own limits before the common one, and says once that there is none", () => {
  const rooms = roomsWith({ max_size: "1KiB", limits: { [FILE]: { max_size: "3KiB" } } });
  queue("r1", 2_000);
  expect([rooms.primaryHasRoom(TALOS), rooms.hasRoom(FILE)]).toEqual([false, true]);
  queue("r2", 2_000);
  expect([rooms.hasRoom(FILE), rooms.hasRoom(FILE)]).toEqual([false, false]);
  expect(folder.settings.lines).toMatchObject([
    { level: "warn", fields: { exporter: FILE, limit_bytes: 3_072 } },
  ]);
});

it("keeps a detached destination out until half of its queue is free, and then asks for one refill", () => {
  const rooms = roomsWith({ max_size: "4KiB" });
  queue("r1", 2_500);
  queue("r2", 2_500);
  expect(rooms.hasRoom(FILE)).toBe(false);
  miss("r3");
  const [first] = store.take(FILE, { maxBytes: 1, maxBatches: 1 });
  store.acknowledge(FILE, [first?.id ?? 0], 0);
  rooms.settled(FILE);
  expect([rooms.hasRoom(FILE), refills]).toEqual([false, []]);
  empty(FILE);
  rooms.settled(FILE);
  rooms.settled(FILE);
  expect(refills).toEqual([FILE]);
  store.refill(FILE);
  rooms.refilled(FILE);
  expect(rooms.hasRoom(FILE)).toBe(true);
});

it("tries a refill that failed again at the next look, not at every delivery", async () => {
  const rooms = roomsWith({ max_size: "4KiB" });
  miss("r1");
  rooms.start();
  for (let n = 0; n < 5; n += 1) rooms.settled(FILE);
  expect(refills).toEqual([FILE]);
  await folder.settings.clock.advance(600_000);
  expect(refills).toEqual([FILE, FILE]);
  rooms.stop();
  expect(folder.settings.clock.waiting).toBe(0);
});

it("gives up by age what waits for others, and for a primary only where it is named", async () => {
  const { clock } = folder.settings;
  const rooms = roomsWith({ max_age: "24h", limits: {} });
  rooms.start();
  queue("r1", 10);
  await clock.advance(23 * HOUR_MS);
  expect([store.pending(TALOS).records, store.pending(FILE).records]).toEqual([1, 1]);
  await clock.advance(2 * HOUR_MS);
  expect([store.pending(TALOS).records, store.pending(FILE).records]).toEqual([1, 0]);
  rooms.stop();
  const named = roomsWith({ limits: { [TALOS]: { max_age: "24h" } } });
  named.start();
  await clock.advance(2 * HOUR_MS);
  expect(store.pending(TALOS).records).toBe(0);
  named.stop();
});

it("gives up nothing because the clock jumped, or the computer slept, before it could be corrected", async () => {
  const { clock } = folder.settings;
  const rooms = roomsWith({ max_age: "24h" });
  rooms.start();
  await clock.advance(3 * HOUR_MS);
  queue("r1", 10);
  clock.jump(30 * HOUR_MS);
  await clock.advance(HOUR_MS / 2);
  clock.jump(-30 * HOUR_MS);
  await clock.advance(2 * HOUR_MS);
  expect(store.pending(FILE).records).toBe(1);
  clock.sleep(30 * HOUR_MS);
  await clock.advance(HOUR_MS / 2);
  expect(store.pending(FILE).records).toBe(1);
  await clock.advance(HOUR_MS);
  expect(store.pending(FILE).records).toBe(0);
  rooms.stop();
});
