import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { execPath } from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { acquireLock, LockedError, readLock } from "./lock.ts";
import { readStatus } from "./status.ts";
import { FILE, Folder, TALOS } from "./testing.ts";

const COMMITTER = join(import.meta.dirname, "testdata/committer.ts");
const RECORDS = 7;

let folder: Folder;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  folder.dispose();
});

/** A real process that commits, and what it has said so far. */
function start(): { child: ChildProcess; said: () => string; until: (pattern: RegExp) => Promise<void> } {
  const child = spawn(execPath, [COMMITTER, folder.dir], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  const until = async (pattern: RegExp) => {
    while (!pattern.test(output)) await once(child.stdout ?? child, "data");
  };
  return { child, said: () => output, until };
}

async function kill(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

it("holds whole commits only, however often the process is killed", { timeout: 120_000 }, async () => {
  let before = 0;
  for (let round = 0; round < 15; round += 1) {
    const { child, said, until } = start();
    await until(/^\d+\n/m);
    await new Promise((resolve) => setTimeout(resolve, (round * 37) % 90));
    await kill(child);
    expect(said()).toMatch(round === 0 ? /^opened fresh/ : /^opened existing/);
    const durable = Math.max(...said().split("\n").slice(1).map(Number));

    const store = folder.open();
    expect(store.opened).toBe("existing");
    const commits = store.position(store.fileKey("1:2"))?.offset ?? 0;
    expect(commits).toBeGreaterThanOrEqual(durable);
    expect(commits).toBeLessThanOrEqual(durable + 1);
    expect(commits).toBeGreaterThan(before);
    const balance = store.balance();
    expect(balance).toMatchObject({ read: commits * RECORDS, accepted: commits * RECORDS, balanced: true });
    const keys = Array.from({ length: (commits + 2) * RECORDS }, (_, i) =>
      store.fileKey(`${Math.floor(i / RECORDS)} ${i % RECORDS}`),
    );
    expect(store.known(keys).size).toBe(commits * RECORDS);
    const queued = store.take(TALOS, { maxBytes: 1e9, maxBatches: 1e5 });
    expect(queued.map(({ plaintext }) => Number.parseInt(Buffer.from(plaintext).toString(), 10))).toEqual(
      Array.from({ length: commits }, (_, n) => n),
    );
    expect(store.pending(FILE).batches).toBeLessThanOrEqual(commits);
    before = commits;
    store.close();
  }
});

describe("the lock", () => {
  it("is held by a running collector, named to a second one, and free once it is killed", async () => {
    const { child, until } = start();
    await until(/^\d+\n/m);
    expect(() => acquireLock(folder.dir, { pid: 1, startedAtMs: 0 })).toThrow(LockedError);
    expect(() => acquireLock(folder.dir, { pid: 1, startedAtMs: 0 })).toThrow(
      new RegExp(`process ${child.pid}, started 20.*stop that process`),
    );
    const live = readStatus(folder.dir);
    expect(live).toMatchObject({
      running: true,
      pid: child.pid,
      keySource: "file",
      filesFollowed: 1,
      schemaVersion: 3,
    });
    expect(live?.balance.balanced).toBe(true);

    await kill(child);
    const after = readStatus(folder.dir);
    expect(after).toMatchObject({ running: false, pid: child.pid });
    expect(after?.balance.read).toBeGreaterThanOrEqual(live?.balance.read ?? 0);
    expect(after?.lastCommitAtMs).toBeGreaterThan(after?.startedAtMs ?? Infinity);
    acquireLock(folder.dir, { pid: 2, startedAtMs: 0 }).release();
  });

  it("is free after release, also within one process", () => {
    const lock = acquireLock(folder.dir, { pid: 11, startedAtMs: 5 });
    expect(readLock(folder.dir)).toEqual({ held: true, owner: { pid: 11, startedAtMs: 5 } });
    expect(() => acquireLock(folder.dir, { pid: 12, startedAtMs: 6 })).toThrow(/process 11/);
    expect(readLock(folder.dir).held).toBe(true);
    lock.release();
    lock.release();
    expect(readLock(folder.dir)).toEqual({ held: false, owner: { pid: 11, startedAtMs: 5 } });
    acquireLock(folder.dir, { pid: 12, startedAtMs: 6 }).release();
  });

  it("knows nothing of a folder that no collector used", () => {
    expect(readLock(folder.dir)).toEqual({ held: false, owner: undefined });
    expect(readStatus(folder.dir)).toBeUndefined();
  });
});
