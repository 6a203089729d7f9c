import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StateError } from "./errors.ts";
import { transaction } from "./database.ts";
import { DatabaseSync } from "node:sqlite";
import type { StateStore } from "./store.ts";
import { commitOf, FILE, Folder, record, TALOS } from "./testing.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

const ALL = { maxBytes: 1e9, maxBatches: 1e4 };

/** Commits of 40 KB per exporter until the disk refuses. Returns how many were stored, and why it ended. */
function fillUp(store: StateStore): { stored: number; code: string | undefined } {
  for (let stored = 0; stored < 3_000; stored += 1) {
    const commit = commitOf(store, [
      record(`r${stored}`, { range: { fileKey: store.fileKey("f"), from: stored, to: stored + 1 } }),
    ]);
    for (const batch of commit.batches) batch.plaintext = randomBytes(40_000);
    try {
      store.commit(commit);
    } catch (error) {
      return { stored, code: error instanceof StateError ? error.code : String(error) };
    }
  }
  return { stored: 3_000, code: undefined };
}

function fillFile(path: string): void {
  for (let size = 65_536; size >= 1;) {
    try {
      appendFileSync(path, Buffer.alloc(size, 1));
    } catch {
      size = Math.floor(size / 2);
    }
  }
}

/** A file system of 16 MiB, mounted over the folder. Undefined where this user may not mount. */
function mountSmall(dir: string): (() => void) | undefined {
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", dir]);
  return mount.status === 0 ? () => spawnSync("umount", [dir]) : undefined;
}

describe("a full disk", () => {
  it("refuses a commit whole, and takes it once there is room", ({ skip }) => {
    const unmount = mountSmall(folder.dir);
    if (unmount === undefined) skip("this user may not mount a small file system");
    try {
      const store = folder.open();
      const { stored, code } = fillUp(store);
      expect(code).toBe("disk_full");
      expect(stored).toBeGreaterThan(10);
      expect(store.position(store.fileKey("f"))?.offset).toBe(stored);
      expect(store.balance()).toMatchObject({ read: stored, accepted: stored, balanced: true });
      expect(store.known([store.recordKey(record(`r${stored}`))]).size).toBe(0);
      expect(store.take(TALOS, ALL)).toHaveLength(stored);

      // Somebody else takes what is left: what was delivered still goes.
      fillFile(join(folder.dir, "unrelated"));
      for (const exporter of [TALOS, FILE]) {
        for (const { id } of store.take(exporter, ALL)) store.acknowledge(exporter, [id], 0);
      }
      expect(store.pending(TALOS).batches + store.pending(FILE).batches).toBe(0);
      expect(fillUp(store).stored).toBeGreaterThan(0);
      expect(store.balance().balanced).toBe(true);
      store.close();
      expect(folder.open().opened).toBe("existing");
    } finally {
      for (const store of folder.opened) store.close();
      unmount?.();
    }
  });
});

it("maps what SQLite and the system refuse to what the caller can do", () => {
  const db = new DatabaseSync(":memory:");
  db.exec("PRAGMA max_page_count = 3; CREATE TABLE t (x BLOB) STRICT");
  const codeOf = (work: () => void) => {
    try {
      transaction(db, work);
    } catch (error) {
      return error instanceof StateError ? error.code : error;
    }
    return "stored";
  };
  const insert = db.prepare("INSERT INTO t VALUES (?)");
  expect(codeOf(() => insert.run(new Uint8Array(50_000)))).toBe("disk_full");
  expect(codeOf(() => insert.run("text"))).toBe("invalid");
  expect(codeOf(() => insert.run(new Uint8Array(10)))).toBe("stored");
  db.exec("PRAGMA query_only = 1");
  expect(codeOf(() => insert.run(new Uint8Array(10)))).toBe("read_only");
  db.exec("PRAGMA query_only = 0");
  const system = (code: string) =>
    codeOf(() => {
      throw Object.assign(new Error("/home/me"), { code });
    });
  expect(["ENOSPC", "EACCES", "EROFS", "EIO"].map(system)).toEqual([
    "disk_full",
    "read_only",
    "read_only",
    "io",
  ]);
  expect(db.prepare("SELECT count(*) AS n FROM t").get()).toEqual({ n: 1 });
});
