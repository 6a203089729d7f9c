import { afterEach, beforeEach, expect, it } from "vitest";
import { commitOf, FILE, Folder, record, TALOS } from "./testing.ts";
import { readStatus } from "./status.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

/** A small generator with a seed (mulberry32), so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

it.each([1, 2, 3, 4, 5, 6])("holds after every step of a random life, seed %i", (seed) => {
  const pick = random(seed);
  let key = new Uint8Array(32).fill(1);
  let store = folder.open({ masterKey: key });
  const ids = (exporter: string) =>
    store.take(exporter, { maxBytes: 12, maxBatches: 1 + pick(4) }).map(({ id }) => id);
  const exporter = () => (pick(2) === 0 ? TALOS : FILE);
  let requests = 0;
  const steps: (() => void)[] = [
    () => {
      const count = pick(5);
      const records = Array.from({ length: count }, () =>
        record(`r${(requests += 1)}`, {
          range: { fileKey: `${pick(9)}`.repeat(32), from: pick(100), to: 100 + pick(100) },
        }),
      );
      const targets = [[TALOS, FILE], [TALOS], [FILE]][pick(3)];
      const commit = commitOf(store, records, targets);
      const drops = pick(3);
      commit.counters.set("read", count + drops).set("dropped:synthetic", drops);
      commit.unit.open = pick(4);
      store.commit(commit);
    },
    () => {
      const to = exporter();
      store.acknowledge(to, ids(to), pick(3));
    },
    () => {
      const to = exporter();
      store.park(to, ids(to), "POST answered 401");
    },
    () => {
      store.unpark(exporter());
    },
    () => {
      const to = exporter();
      store.purge(to, ids(to), "mode_tightened");
    },
    () => {
      const to = exporter();
      const [batch] = store.take(to, { maxBytes: 1, maxBatches: 1 });
      if (batch === undefined || batch.records < 2) return;
      const first = 1 + pick(batch.records - 1);
      store.split(to, batch.id, [
        { plaintext: Buffer.from("x"), records: first },
        { plaintext: Buffer.from("y"), records: batch.records - first },
      ]);
    },
    () => {
      store.close();
      store = folder.open({ masterKey: key });
    },
    () => {
      if (pick(4) > 0) return;
      store.close();
      key = new Uint8Array(32).fill(pick(200));
      store = folder.open({ masterKey: key });
    },
    () => {
      expect(() =>
        store.commit({
          ...commitOf(store, [record("x")]),
          emitted: [{ key: "no key", weight: record("x").weight, lastTimeMs: 0 }],
        }),
      ).toThrow("32 hex");
    },
    () => {
      store.prune(1_790_000_000_000);
    },
  ];
  for (let n = 0; n < 120; n += 1) {
    const step = pick(steps.length);
    steps[pick(3) === 0 ? 0 : step]?.();
    const balance = store.balance();
    expect(balance.balanced, `step ${n}: ${JSON.stringify(balance)}`).toBe(true);
    const status = readStatus(folder.dir);
    expect(status?.balance).toEqual(balance);
    for (const destination of status?.destinations ?? []) {
      expect(destination.queued).toEqual(store.pending(destination.exporter));
      expect(destination.parked).toEqual(store.parked(destination.exporter));
    }
  }
});
