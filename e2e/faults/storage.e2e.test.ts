import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { StateError } from "#state/errors.ts";
import { StateStore } from "#state/store.ts";
import { seeded } from "../writer.ts";
import { Laptop, MINUTE_MS } from "./laptop.ts";

const PRIMARY = "sink/primary";
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function laptopWith(options: ConstructorParameters<typeof Laptop>[0] = {}): Laptop {
  const laptop = new Laptop(options);
  cleanups.push(() => laptop.close());
  return laptop;
}

/** A small file system of its own. Empty where this user may not mount one. */
function mounted(megabytes: number): string {
  const dir = mkdtempSync(path.join(tmpdir(), "talos-disk-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  const mount = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0700`, "tmpfs", dir]);
  if (mount.status !== 0) return "";
  cleanups.push(() => spawnSync("umount", [dir]));
  return dir;
}

async function finish(laptop: Laptop): Promise<void> {
  laptop.writer.finish();
  await laptop.pass(20 * MINUTE_MS);
}

/** What arrived and whether the books balance. */
function outcome(laptop: Laptop): object {
  return { ...laptop.sink(PRIMARY).holds, balanced: laptop.status().balance.balanced };
}

function allOnce({ writer }: Laptop): object {
  return { requests: writer.truth.requests, prompts: writer.truth.prompts, doubled: 0, balanced: true };
}

function fill(file: string): void {
  for (let size = 65_536; size >= 1;) {
    try {
      writeFileSync(file, Buffer.alloc(size, 1), { flag: "a" });
    } catch {
      size = Math.floor(size / 2);
    }
  }
}

it("a full disk: reading waits, says so once, and goes on by itself", async ({ skip }) => {
  const disk = mounted(24);
  skip(disk === "", "this user may not mount a small file system");
  const laptop = laptopWith({ stateDir: path.join(disk, "state") });
  await laptop.start();
  laptop.write(20);
  await laptop.pass(10 * MINUTE_MS);
  fill(path.join(disk, "somebody-elses"));
  laptop.write(2_000);
  await laptop.pass(30 * MINUTE_MS);
  expect(laptop.said.filter((text) => text.startsWith("what was read cannot be stored"))).toHaveLength(1);
  expect(laptop.settings.lines).toContainEqual(
    expect.objectContaining({ fields: expect.objectContaining({ cause: "disk_full" }) }),
  );
  expect(laptop.sink(PRIMARY).holds.requests).toBeLessThan(laptop.writer.truth.requests);
  rmSync(path.join(disk, "somebody-elses"));
  await finish(laptop);
  expect(laptop.said).toContain("what was read could be stored: reading goes on");
  expect(outcome(laptop)).toEqual(allOnce(laptop));
});

it("a read-only disk: refuses to start with what to do, and misses nothing once it can be written", async ({
  skip,
}) => {
  const disk = mounted(24);
  skip(disk === "", "this user may not mount a small file system");
  const laptop = laptopWith({ stateDir: path.join(disk, "state") });
  await laptop.start();
  laptop.write(20);
  await laptop.pass(10 * MINUTE_MS);
  await laptop.stop();
  laptop.write(20);
  spawnSync("mount", ["-o", "remount,ro", disk]);
  await expect(laptop.start()).rejects.toMatchObject({ code: "read_only" });
  spawnSync("mount", ["-o", "remount,rw", disk]);
  await laptop.start();
  await finish(laptop);
  expect(outcome(laptop)).toEqual(allOnce(laptop));
});

it.each(["io", "disk_full", "busy"] as const)(
  "a disk that fails (%s) while storing what was read and what was delivered: waits, repeats nothing",
  async (code) => {
    const laptop = laptopWith();
    await laptop.start();
    let failures = 40;
    for (const name of ["commit", "acknowledge"] as const) {
      const works = StateStore.prototype[name] as (...args: unknown[]) => void;
      vi.spyOn(StateStore.prototype, name).mockImplementation(function (
        this: StateStore,
        ...args: unknown[]
      ) {
        if (failures-- > 0 && failures % 4 !== 0) throw new StateError(code, "state.db: the disk failed");
        works.apply(this, args);
      });
    }
    for (let round = 0; round < 20; round += 1) {
      laptop.write(10);
      await laptop.pass(7 * MINUTE_MS);
    }
    await finish(laptop);
    expect(outcome(laptop)).toEqual(allOnce(laptop));
    expect(laptop.said.filter((text) => text.includes("cannot be stored")).length).toBeGreaterThan(0);
  },
);

it("a power cut at any moment: the state opens, balances, and the transcripts give the rest", async () => {
  const laptop = laptopWith();
  const random = seeded(11);
  await laptop.start();
  const cuts: { stateDir: string; delivered: string[] }[] = [];
  for (let cut = 0; cut < 20; cut += 1) {
    laptop.write(12);
    await laptop.pass(2 * MINUTE_MS);
    const delivered = [...laptop.sink(PRIMARY).times.keys()];
    cuts.push({ stateDir: copyOf(laptop.stateDir, random), delivered });
  }
  await finish(laptop);
  expect(outcome(laptop)).toEqual(allOnce(laptop));
  const all = [...laptop.sink(PRIMARY).times.keys()].toSorted();
  for (const { stateDir, delivered } of cuts) {
    const restarted = laptopWith({ home: laptop.home, stateDir });
    await restarted.start();
    expect(restarted.service.store.opened).toBe("existing");
    restarted.clock.jump(2 * 60 * MINUTE_MS);
    await restarted.pass(15 * MINUTE_MS);
    const sink = restarted.sink(PRIMARY);
    // What was delivered and whose acknowledgement is lost comes again under the same id: the same record.
    expect([...new Set([...delivered, ...sink.times.keys()])].toSorted()).toEqual(all);
    expect([sink.holds.doubled, restarted.status().balance.balanced]).toEqual([0, true]);
    await restarted.stop();
  }
});

/** The database's files as a disk holds them whose last writes are missing. */
function copyOf(stateDir: string, random: () => number): string {
  const dir = mkdtempSync(path.join(tmpdir(), "talos-cut-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(dir, { recursive: true });
  for (const name of ["state.db", "state.db-wal", "outbox.key"]) {
    const from = path.join(stateDir, name);
    if (existsSync(from)) copyFileSync(from, path.join(dir, name));
  }
  const first = path.join(stateDir, "first-start.json");
  if (existsSync(first)) copyFileSync(first, path.join(dir, "first-start.json"));
  const wal = path.join(dir, "state.db-wal");
  const { size } = statSync(wal);
  truncateSync(wal, Math.floor(size * (0.9 + 0.1 * random())));
  return dir;
}
