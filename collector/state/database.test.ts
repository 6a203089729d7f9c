import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, it } from "vitest";
import { StateError } from "./errors.ts";
import { commitOf, FILE, Folder, record, TALOS } from "./testing.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

const ALL = { maxBytes: 1e9, maxBatches: 1e4 };
const at = (name: string) => join(folder.dir, name);

/** A state with 40 batches of some size, closed. */
function fill(): void {
  const store = folder.open();
  for (let n = 0; n < 20; n += 1) {
    const commit = commitOf(
      store,
      Array.from({ length: 20 }, (_, i) =>
        record(`r${n}-${i}`, { range: { fileKey: store.fileKey(`f${i}`), from: n, to: n + 1 } }),
      ),
    );
    for (const batch of commit.batches) batch.plaintext = randomBytes(3_000);
    store.commit(commit);
  }
  store.close();
}

/** Repeatable bytes. */
function noise(size: number, seed: string): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, n) =>
    createHash("sha256").update(`${seed} ${n}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, size);
}

function overwrite(name: string, from: number, content: Buffer): void {
  const file = readFileSync(at(name));
  content.copy(file, from);
  writeFileSync(at(name), file);
}

it.each([
  { name: "random bytes", damage: () => writeFileSync(at("state.db"), noise(50_000, "all")) },
  { name: "a random header", damage: () => overwrite("state.db", 0, noise(100, "header")) },
  { name: "a random first page", damage: () => overwrite("state.db", 100, noise(3_900, "first")) },
  {
    name: "random pages in the middle",
    damage: () => overwrite("state.db", 4096 * 3, noise(4096 * 12, "middle")),
  },
  { name: "a cut file", damage: () => truncateSync(at("state.db"), 4096 * 9 + 17) },
  { name: "one page", damage: () => truncateSync(at("state.db"), 4096) },
  { name: "no content", damage: () => truncateSync(at("state.db"), 0) },
  { name: "text", damage: () => writeFileSync(at("state.db"), "{}") },
  {
    name: "only a left-over log",
    damage: () => {
      rmSync(at("state.db"));
      writeFileSync(at("state.db-wal"), noise(9_000, "wal"));
    },
  },
  {
    name: "another program's tables",
    damage: () => {
      rmSync(at("state.db"));
      const db = new DatabaseSync(at("state.db"));
      db.exec("CREATE TABLE meta (a, b)");
      db.close();
    },
  },
  { name: "an impossible version", damage: () => edit("PRAGMA user_version = -3") },
  { name: "a missing table", damage: () => edit("DROP TABLE emitted") },
  { name: "no identity", damage: () => edit("DELETE FROM meta") },
  {
    name: "a value of a wrong kind",
    damage: () => edit("UPDATE meta SET value = 'x' WHERE name = 'local_key'"),
  },
])("sets a state with $name aside and begins anew", ({ damage }) => {
  fill();
  damage();
  void folder.settings.clock.advance(Date.UTC(2026, 10, 24, 8, 0, 1));
  const store = folder.open();
  expect(store.opened).toBe("rebuilt");
  const aside = readdirSync(folder.dir).filter((file) => file.includes("corrupt"));
  expect(aside.map((file) => file.replace(/-(wal|shm)$/, ""))).toContain("state.db.corrupt-20261124T080001Z");
  expect(folder.settings.lines.map((line) => line.level)).toEqual(["warn"]);
  expect(folder.settings.said()).not.toContain(folder.dir);

  store.commit(commitOf(store, [record("after")]));
  store.close();
  const next = folder.open();
  expect(next.opened).toBe("existing");
  expect(next.take(TALOS, ALL)).toHaveLength(1);
  expect(next.balance().balanced).toBe(true);
});

function edit(sql: string): void {
  const db = new DatabaseSync(at("state.db"));
  db.exec(sql);
  db.close();
}

it("keeps a damaged file as it is", () => {
  fill();
  truncateSync(at("state.db"), 4096 * 9 + 17);
  const damaged = readFileSync(at("state.db"));
  folder.open();
  expect(readFileSync(at("state.db.corrupt-19700101T000000Z"))).toEqual(damaged);
});

it("keeps both of two states set aside in the same second", () => {
  for (let n = 0; n < 2; n += 1) {
    writeFileSync(at("state.db"), "broken");
    folder.open().close();
  }
  expect(
    readdirSync(folder.dir)
      .filter((file) => file.includes("corrupt"))
      .toSorted(),
  ).toEqual(["state.db.corrupt-19700101T000000Z", "state.db.corrupt-19700101T000000Z-2"]);
});

it("does not set a newer version's state aside: it says what to do", () => {
  fill();
  edit("PRAGMA user_version = 99");
  const before = readFileSync(at("state.db"));
  expect(() => folder.open()).toThrow(/version 99.*update it, or move state\.db away/);
  expect(readFileSync(at("state.db"))).toEqual(before);
  expect(readdirSync(folder.dir).filter((file) => file.includes("corrupt"))).toEqual([]);
});

it("falls back to a whole earlier commit when the write-ahead log is damaged", () => {
  const store = folder.open();
  for (let n = 0; n < 5; n += 1) store.commit(commitOf(store, [record(`r${n}`)]));
  const copy = new Folder();
  for (const file of ["state.db", "state.db-wal"]) copyFileSync(at(file), join(copy.dir, file));
  const wal = join(copy.dir, "state.db-wal");
  const size = statSync(wal).size;
  const content = readFileSync(wal);
  noise(5_000, "garbage").copy(content, Math.floor(size * 0.6));
  writeFileSync(wal, content);
  const next = copy.open();
  const { read, balanced } = next.balance();
  expect(balanced).toBe(true);
  expect(read).toBeLessThan(5);
  expect(next.take(FILE, ALL)).toHaveLength(read);
  copy.dispose();
});

it("says what the disk refused when the folder cannot be written", () => {
  writeFileSync(at("file"), "");
  expect(() => folder.open({ dir: at("file") })).toThrow(StateError);
  mkdirSync(at("state.db"));
  expect(() => folder.open()).toThrow(StateError);
});

it.skipIf(process.platform === "win32").each([
  { name: "closes a folder of its own", foreign: [], mode: 0o700 },
  { name: "leaves a folder as it is that it shares with others", foreign: ["theirs"], mode: 0o755 },
])("$name", ({ foreign, mode }) => {
  chmodSync(folder.dir, 0o755);
  for (const name of foreign) writeFileSync(at(name), "");
  folder.open();
  expect(statSync(folder.dir).mode & 0o777).toBe(mode);
  expect(statSync(at("state.db")).mode & 0o777).toBe(0o600);
});
