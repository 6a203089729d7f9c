import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { statSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { emptyUnit } from "#component/unit.ts";
import { StateError } from "./errors.ts";
import { readStatus } from "./status.ts";
import { batch, commitOf, FILE, Folder, position, record, SCOPE, TALOS } from "./testing.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

const ALL = { maxBytes: 1_000_000, maxBatches: 1_000 };
const texts = (batches: { plaintext: Uint8Array }[]) =>
  batches.map((b) => Buffer.from(b.plaintext).toString());
const refusal = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error instanceof StateError ? error.code : error;
  }
  return "nothing";
};

describe("a commit", () => {
  it("stores positions, keys, batches and counters, also for the next run", () => {
    const first = folder.open();
    expect(first.opened).toBe("fresh");
    void folder.settings.clock.advance(500);
    const file = first.fileKey("1:2");
    const records = [
      record("r1", { range: { fileKey: file, from: 0, to: 50 } }),
      record("r2", { range: { fileKey: file, from: 50, to: 90 } }),
    ];
    first.commit(commitOf(first, records));
    first.close();

    const store = folder.open();
    expect(store.opened).toBe("existing");
    expect(store.fileKey("1:2")).toBe(file);
    expect(store.position(file)).toEqual(position(90));
    const keys = records.map((r) => store.recordKey(r));
    expect(store.known([...keys, "f".repeat(32)])).toEqual(
      new Map(keys.map((key) => [key, { weight: records[0]?.weight, owed: [] }])),
    );
    expect(texts(store.take(TALOS, ALL))).toEqual(["r1\nr2"]);
    expect(store.take(FILE, ALL)[0]).toMatchObject({ records: 2, queuedAtMs: 500 });
    expect(store.pending(TALOS)).toMatchObject({ batches: 1, records: 2, oldestMs: 500 });
    expect(store.balance()).toMatchObject({ read: 2, accepted: 2, open: 0, balanced: true });
  });

  it("replaces what was known of a key, and forgets a file whose position is null", () => {
    const store = folder.open();
    store.commit(commitOf(store, [record("r")]));
    const larger = record("r", { weight: { final: true, output: 99, input: 1, webSearches: 2 } });
    const again = commitOf(store, [larger]);
    again.unit.positions.set(larger.range.fileKey, null);
    store.commit(again);
    expect(store.known([store.recordKey(larger)]).get(store.recordKey(larger))?.weight).toEqual(
      larger.weight,
    );
    expect(store.position(larger.range.fileKey)).toBeUndefined();
  });

  it("keeps the counters and the open records that it is given", () => {
    const store = folder.open();
    const commit = commitOf(store, [record("r")], [TALOS]);
    for (const [name, by] of [
      ["read", 4],
      ["dropped:synthetic", 3],
    ] as const)
      commit.counters.set(name, by);
    commit.unit.open = 2;
    store.commit(commit);
    const balance = store.balance();
    expect(balance).toMatchObject({
      read: 6,
      dropped: { synthetic: 3 },
      open: 2,
      accepted: 1,
      balanced: true,
    });
    expect(balance.destinations[1]).toMatchObject({ exporter: FILE, spooled: 0, skipped: { not_routed: 1 } });
    store.close();
    // What was open is read again, and counted then.
    expect(folder.open().balance()).toMatchObject({ read: 4, open: 0, accepted: 1, balanced: true });
  });

  it("counts a name that data could have given as other", () => {
    const store = folder.open();
    const commit = commitOf(store, [record("r")]);
    commit.counters.set("receiver_unknown_type My Project", 2).set("../x", 1).set("receiver_lines", 5);
    store.commit(commit);
    expect(readStatus(folder.dir)?.counters).toMatchObject({ other: 3, receiver_lines: 5 });
  });

  it("shows a record that is nowhere", () => {
    const store = folder.open();
    store.commit({ ...commitOf(store, [record("r")]), counters: new Map() });
    expect(store.balance().balanced).toBe(false);
  });

  it.each([
    {
      name: "a name as a file key",
      spoil: (c: ReturnType<typeof commitOf>) => c.unit.positions.set("/home/me/x.jsonl", position(1)),
    },
    {
      name: "text as a marker",
      spoil: (c: ReturnType<typeof commitOf>) =>
        c.unit.positions.set("1".repeat(32), { ...position(1), marker: "text" }),
    },
    {
      name: "a batch with fewer keys than records",
      spoil: (c: ReturnType<typeof commitOf>) => c.batches[1]?.keys.pop(),
    },
    {
      name: "a batch for nobody",
      spoil: (c: ReturnType<typeof commitOf>) =>
        c.batches.push({ ...(c.batches[0] as never as object), exporter: "otlp_http/gone" } as never),
    },
    {
      name: "a counter that the store keeps",
      spoil: (c: ReturnType<typeof commitOf>) => c.counters.set("acknowledged/file", 1),
    },
    {
      name: "a count that is no number",
      spoil: (c: ReturnType<typeof commitOf>) => c.counters.set("accepted", Number.NaN),
    },
    {
      name: "a weight that is no whole number",
      spoil: (c: ReturnType<typeof commitOf>) => {
        c.emitted[0] = {
          key: "1".repeat(32),
          lastTimeMs: 0,
          weight: { final: true, output: 0.5, input: 0, webSearches: 0 },
        };
      },
    },
  ])("refuses $name whole, and works afterwards", ({ spoil }) => {
    const store = folder.open();
    const before = record("before");
    store.commit(commitOf(store, [before]));
    const seen = JSON.stringify([store.balance(), store.pending(TALOS), store.pending(FILE)]);
    const commit = commitOf(store, [
      record("refused", { range: { fileKey: "1".repeat(32), from: 0, to: 7 } }),
    ]);
    spoil(commit);
    expect(refusal(() => store.commit(commit))).toBe("invalid");
    expect(JSON.stringify([store.balance(), store.pending(TALOS), store.pending(FILE)])).toBe(seen);
    expect(store.position("1".repeat(32))).toBeUndefined();
    expect(store.known([store.recordKey(record("refused"))]).size).toBe(0);
    store.commit(commitOf(store, [record("after")]));
    expect(texts(store.take(TALOS, ALL))).toEqual(["before", "after"]);
    expect(store.balance().balanced).toBe(true);
  });
});

describe("the outbox", () => {
  it("gives the oldest batches within both limits, at least one", () => {
    const store = folder.open();
    for (const name of ["a", "b", "c", "d"]) store.commit(commitOf(store, [record(name)]));
    expect(texts(store.take(TALOS, { maxBytes: 1, maxBatches: 9 }))).toEqual(["a"]);
    expect(texts(store.take(TALOS, { maxBytes: 2, maxBatches: 9 }))).toEqual(["a", "b"]);
    expect(texts(store.take(TALOS, { maxBytes: 1e6, maxBatches: 3 }))).toEqual(["a", "b", "c"]);
    expect(texts(store.take(TALOS, ALL))).toEqual(["a", "b", "c", "d"]);
    expect(store.take("otlp_http/none", ALL)).toEqual([]);
  });

  it("keeps one exporter's queue apart from another's", () => {
    const store = folder.open();
    store.commit(commitOf(store, [record("a")]));
    const [taken] = store.take(TALOS, ALL);
    store.acknowledge(FILE, [taken?.id ?? 0], 0);
    store.park(FILE, [taken?.id ?? 0], "POST answered 401");
    expect(store.pending(TALOS).batches).toBe(1);
    store.acknowledge(TALOS, [taken?.id ?? 0], 1);
    expect(store.pending(TALOS)).toEqual({ batches: 0, records: 0, bytes: 0, oldestMs: undefined });
    expect(store.pending(FILE).batches).toBe(1);
    expect(store.balance().destinations[0]).toMatchObject({ acknowledged: 0, rejected: 1, balanced: true });
  });

  it("acknowledges a batch once, however often it is told", () => {
    const store = folder.open();
    store.commit(commitOf(store, [record("a"), record("b")]));
    const ids = store.take(TALOS, ALL).map(({ id }) => id);
    store.acknowledge(TALOS, ids, 0);
    store.acknowledge(TALOS, ids, 5);
    expect(store.balance().destinations[0]).toMatchObject({ acknowledged: 2, rejected: 0, balanced: true });
  });

  it("does not send what is parked until it is queued again, in its old place", () => {
    const store = folder.open();
    store.commit(commitOf(store, [record("a")]));
    const ids = store.take(TALOS, ALL).map(({ id }) => id);
    store.park(TALOS, ids, "POST answered 401");
    void folder.settings.clock.advance(10);
    store.commit(commitOf(store, [record("b")]));
    expect(texts(store.take(TALOS, ALL))).toEqual(["b"]);
    expect(store.parked(TALOS)).toMatchObject({ batches: 1, records: 1, oldestMs: 0 });
    expect(store.balance().destinations[0]).toMatchObject({ parked: 1, queued: 1, balanced: true });
    expect(store.unpark(TALOS)).toBe(1);
    expect(store.unpark(TALOS)).toBe(0);
    expect(texts(store.take(TALOS, ALL))).toEqual(["a", "b"]);
  });

  it("splits a batch in its place, each part with its own keys", () => {
    const store = folder.open();
    store.commit(commitOf(store, [record("a"), record("b"), record("c")]));
    void folder.settings.clock.advance(10);
    store.commit(commitOf(store, [record("d")]));
    const [whole] = store.take(TALOS, ALL);
    const parts = [
      { plaintext: Buffer.from("a"), records: 1 },
      { plaintext: Buffer.from("b\nc"), records: 2 },
    ];
    expect(refusal(() => store.split(TALOS, whole?.id ?? 0, parts.slice(1)))).toBe("invalid");
    store.split(TALOS, whole?.id ?? 0, parts);
    expect(texts(store.take(TALOS, ALL))).toEqual(["a", "b\nc", "d"]);
    expect(store.balance().balanced).toBe(true);
    expect(store.pending(TALOS)).toMatchObject({ batches: 3, records: 4 });
  });

  it("counts what is purged by reason, and refuses a reason that is a sentence", () => {
    const store = folder.open();
    store.commit(commitOf(store, [record("a")]));
    const ids = store.take(TALOS, ALL).map(({ id }) => id);
    expect(refusal(() => store.purge(TALOS, ids, "because of /home/me"))).toBe("invalid");
    store.purge(TALOS, ids, "mode_tightened");
    expect(store.balance().destinations[0]).toMatchObject({ purged: 1, queued: 0, balanced: true });
  });
});

it("does not owe an exporter what was accepted while it was not configured", () => {
  const first = folder.open({ exporters: [TALOS] });
  const unaware = (store: typeof first, names: string[]) => {
    const commit = commitOf(
      store,
      names.map((name) => record(name)),
      [TALOS],
    );
    commit.counters.delete("skipped:not_routed/file");
    store.commit(commit);
  };
  unaware(first, ["a", "b"]);
  first.close();
  const second = folder.open();
  second.commit(commitOf(second, [record("c")]));
  expect(second.balance().destinations[1]).toMatchObject({
    skipped: { not_configured: 2 },
    spooled: 1,
    balanced: true,
  });
  second.close();
  const third = folder.open({ exporters: [TALOS] });
  unaware(third, ["d"]);
  expect(third.balance().destinations[1]).toMatchObject({
    exporter: FILE,
    configured: false,
    balanced: true,
  });
  third.close();
  const fourth = folder.open();
  expect(fourth.balance()).toMatchObject({ balanced: true });
  expect(fourth.balance().destinations[1]).toMatchObject({ skipped: { not_configured: 3 }, queued: 1 });
});

it("shows another process how each destination does, and writes that only when it changes", () => {
  const store = folder.open();
  void folder.settings.clock.advance(7);
  store.commit(commitOf(store, [record("a")]));
  store.park(
    FILE,
    store.take(FILE, ALL).map(({ id }) => id),
    "write failed",
  );
  const status = () => readStatus(folder.dir)?.destinations;
  expect(status()?.[0]?.health).toBeUndefined();
  store.health(TALOS, {
    state: "retrying",
    lastProblem: "POST answered 503",
    lastProblemMs: 5,
    retryAtMs: 9,
  });
  store.health(TALOS, { state: "ok", lastDeliveredMs: 10, retryAtMs: undefined });
  const none = { batches: 0, records: 0, bytes: 0, oldestMs: undefined };
  const health = {
    exporter: TALOS,
    state: "ok",
    lastProblem: "POST answered 503",
    lastProblemMs: 5,
    lastDeliveredMs: 10,
    retryAtMs: undefined,
  };
  const attached = { detached: false, owed: 0 };
  const shown = [
    {
      exporter: TALOS,
      queued: { batches: 1, records: 1, bytes: 1, oldestMs: 7 },
      parked: none,
      health,
      ...attached,
    },
    {
      ...attached,
      exporter: FILE,
      queued: none,
      parked: { batches: 1, records: 1, bytes: 1, oldestMs: 7 },
      health: undefined,
    },
  ];
  expect(status()).toEqual(shown);
  const size = () => statSync(join(folder.dir, "state.db-wal")).size;
  const before = size();
  store.health(TALOS, { state: "ok", lastDeliveredMs: 10 });
  expect(size()).toBe(before);
  store.close();
  expect(status()).toEqual(shown);
  expect(readStatus(folder.dir)).toMatchObject({
    startedAtMs: 0,
    lastCommitAtMs: 7,
    running: false,
    pid: undefined,
  });
});

it("forgets records after 180 days and vanished files after 90, and keeps files of this run", async () => {
  const day = 86_400_000;
  const store = folder.open();
  const [gone, here] = [store.fileKey("gone"), store.fileKey("here")];
  const old = [
    record("old", { lastTimeMs: 0, range: { fileKey: gone, from: 0, to: 5 } }),
    record("new", { lastTimeMs: 50 * day, range: { fileKey: here, from: 0, to: 5 } }),
  ];
  store.commit(commitOf(store, old));
  store.close();
  const next = folder.open();
  next.position(here);
  expect(next.prune(181 * day)).toEqual({ keys: 1, files: 1 });
  expect(next.position(gone)).toBeUndefined();
  expect(next.position(here)).toEqual(position(5));
  expect(next.known(old.map((r) => next.recordKey(r))).size).toBe(1);
});

it("gives the same keys for the same things, and others in another database", () => {
  const store = folder.open();
  const other = new Folder();
  const elsewhere = other.open();
  expect(store.recordKey(record("r"))).toMatch(/^[0-9a-f]{32}$/);
  expect(store.recordKey(record("r"))).toBe(store.recordKey(record("r", { timeMs: 5 })));
  expect(store.recordKey(record("r"))).not.toBe(store.recordKey(record("r", { source: "cursor" })));
  expect(store.recordKey(record("r"))).not.toBe(store.recordKey(record("r", { eventName: "talos.prompt" })));
  expect(store.recordKey(record("r"))).not.toBe(elsewhere.recordKey(record("r")));
  expect(store.digest(Buffer.from("x"))).not.toBe(elsewhere.digest(Buffer.from("x")));
  expect(store.fileKey("x")).not.toBe(store.digest(Buffer.from("x")));
  other.dispose();
});

it.skipIf(process.platform === "win32")("lets nobody else read the folder and its files", () => {
  const store = folder.open();
  store.commit(commitOf(store, [record("r")]));
  expect(statSync(folder.dir).mode & 0o777).toBe(0o700);
  const files = readdirSync(folder.dir);
  expect(files.toSorted()).toEqual(["state.db", "state.db-shm", "state.db-wal", "state.reserve"]);
  expect(files.map((file) => statSync(join(folder.dir, file)).mode & 0o777)).toEqual([
    0o600, 0o600, 0o600, 0o600,
  ]);
});

it("has an empty unit that commits as nothing", () => {
  const store = folder.open();
  store.commit({ unit: emptyUnit(SCOPE), emitted: [], refilled: [], batches: [], counters: new Map() });
  expect(store.balance()).toMatchObject({ read: 0, balanced: true });
  expect(batch(store, [record("r")]).records).toBe(1);
});
