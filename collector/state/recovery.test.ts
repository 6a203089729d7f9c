import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { StateStore } from "./store.ts";
import { commitOf, FILE, Folder, position, record, TALOS } from "./testing.ts";
import type { Rewind } from "./types.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

const ALL = { maxBytes: 1e9, maxBatches: 1e4 };
const OTHER_KEY = new Uint8Array(32).fill(8);
const A = "a".repeat(32);
const B = "b".repeat(32);
const texts = (store: StateStore, exporter: string) =>
  store.take(exporter, ALL).map((b) => Buffer.from(b.plaintext).toString());

const inA = (name: string, from: number) => record(name, { range: { fileKey: A, from, to: from + 10 } });
const inB = (name: string, from: number) => record(name, { range: { fileKey: B, from, to: from + 10 } });

/** Two commits; the first batch of the first exporter is delivered, one of the second is parked. */
function fill(): void {
  const store = folder.open();
  store.commit(commitOf(store, [inA("a1", 10), inB("b1", 70)]));
  store.commit(commitOf(store, [inA("a2", 40)]));
  const [talos] = store.take(TALOS, ALL);
  store.acknowledge(TALOS, [talos?.id ?? 0], 0);
  const [file] = store.take(FILE, ALL);
  store.park(FILE, [file?.id ?? 0], "a constant");
  store.close();
}

function edit(sql: string): void {
  const db = new DatabaseSync(join(folder.dir, "state.db"));
  db.exec(sql);
  db.close();
}

it("forgets what a new key cannot open, owes it to its exporters, and moves files back", () => {
  fill();
  const store = folder.open({ masterKey: OTHER_KEY, keySource: "memory" });
  expect(store.pending(TALOS).batches + store.pending(FILE).batches + store.parked(FILE).batches).toBe(0);
  expect(store.position(A)).toEqual({ ...position(10), marker: "" });
  expect(store.position(B)).toEqual({ ...position(70), marker: "" });
  const keys = ["a1", "b1", "a2"].map((name) => store.recordKey(record(name)));
  expect([...store.known(keys).values()].map(({ owed }) => owed)).toEqual([[FILE], [FILE], [TALOS, FILE]]);
  const [talos, file] = store.balance().destinations;
  expect(talos).toMatchObject({ acknowledged: 2, purged: 1, balanced: true });
  expect(file).toMatchObject({ purged: 3, balanced: true });
  expect(folder.settings.lines).toMatchObject([
    { level: "warn", fields: { batches: 3, records: 4, files: 2 } },
  ]);
});

it("gives each exporter exactly what it lost, once", () => {
  fill();
  const store = folder.open({ masterKey: OTHER_KEY });
  const again = commitOf(store, [inA("a2", 40)]);
  again.emitted = [];
  again.refilled = [
    { key: store.recordKey(record("a2")), exporter: TALOS },
    { key: store.recordKey(record("a2")), exporter: FILE },
  ];
  store.commit(again);
  expect(store.known([store.recordKey(record("a2"))]).get(store.recordKey(record("a2")))?.owed).toEqual([]);
  expect(texts(store, TALOS)).toEqual(["a2"]);
  expect(store.balance().balanced).toBe(true);
  store.close();
  const next = folder.open({ masterKey: OTHER_KEY });
  expect(next.known([next.recordKey(record("a2"))]).get(next.recordKey(record("a2")))?.owed).toEqual([]);
  expect(next.known([next.recordKey(record("a1"))]).get(next.recordKey(record("a1")))?.owed).toEqual([FILE]);
});

it("does so once: opening again with the same key loses nothing more", () => {
  fill();
  folder.open({ masterKey: OTHER_KEY }).close();
  const store = folder.open({ masterKey: OTHER_KEY });
  store.commit(commitOf(store, [inA("a3", 90)]));
  store.close();
  const next = folder.open({ masterKey: OTHER_KEY });
  expect(texts(next, TALOS)).toEqual(["a3"]);
  expect(next.balance().destinations[1]).toMatchObject({ purged: 3, queued: 1, balanced: true });
});

it("keeps everything when only the key check is lost", () => {
  fill();
  edit("DELETE FROM meta WHERE name = 'key_check'");
  const store = folder.open();
  expect(texts(store, TALOS)).toEqual(["a2"]);
  expect(store.balance().destinations[0]).toMatchObject({ purged: 0, balanced: true });
});

it.each([
  {
    name: "a flipped bit",
    sql: "UPDATE outbox SET sealed = CAST(substr(sealed, 1, 20) || x'00' || substr(sealed, 22) AS BLOB) WHERE id = 1",
  },
  {
    name: "another row's batch",
    sql: "UPDATE outbox SET sealed = (SELECT sealed FROM outbox WHERE id = 3) WHERE id = 1",
  },
  {
    name: "another exporter's batch",
    sql: "UPDATE outbox SET sealed = (SELECT sealed FROM outbox WHERE id = 2) WHERE id = 1",
  },
  { name: "a cut batch", sql: "UPDATE outbox SET sealed = substr(sealed, 1, 9) WHERE id = 1" },
])("passes over a row with $name, reads its file again, and goes on", ({ sql }) => {
  const first = folder.open();
  first.commit(commitOf(first, [inA("a1", 10)]));
  first.commit(commitOf(first, [inA("a2", 40)]));
  first.close();
  edit(sql);
  const lost: Rewind[][] = [];
  const store = folder.open({ onLost: (files) => lost.push(files) });
  expect(texts(store, TALOS)).toEqual(["a2"]);
  expect(lost).toEqual([[{ fileKey: A, from: 10 }]]);
  expect(store.balance().destinations[0]).toMatchObject({ purged: 1, queued: 1, balanced: true });
  expect(store.known([store.recordKey(record("a1"))]).get(store.recordKey(record("a1")))?.owed).toEqual([
    TALOS,
  ]);

  // The receiver does not know and goes on; the next run reads the file again.
  store.commit(commitOf(store, [inA("a3", 60)]));
  expect(store.position(A)).toEqual(position(70));
  store.close();
  const next = folder.open();
  expect(next.position(A)).toEqual({ ...position(10), marker: "" });
  next.close();
  expect(folder.open().position(A)).toEqual({ ...position(10), marker: "" });
});

it("refuses batches carried over from another database with the same master key", () => {
  const other = new Folder();
  const theirs = other.open();
  theirs.commit(commitOf(theirs, [inA("x", 0)]));
  const store = folder.open();
  store.commit(commitOf(store, [inA("a1", 10)]));
  store.close();
  theirs.close();
  const db = new DatabaseSync(join(folder.dir, "state.db"));
  db.exec(`ATTACH '${join(other.dir, "state.db")}' AS other`);
  db.exec("UPDATE outbox SET sealed = (SELECT o.sealed FROM other.outbox AS o WHERE o.id = outbox.id)");
  db.close();
  expect(texts(folder.open(), TALOS)).toEqual([]);
  other.dispose();
});

it("owes nothing to an exporter that is no longer configured", () => {
  fill();
  const store = folder.open({ masterKey: OTHER_KEY, exporters: [TALOS] });
  const keys = ["a1", "a2"].map((name) => store.recordKey(record(name)));
  expect([...store.known(keys).values()].map(({ owed }) => owed)).toEqual([[], [TALOS]]);
});
