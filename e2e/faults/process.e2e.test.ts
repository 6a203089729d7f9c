/** The program as a process, on a disk and by a clock that misbehave beneath it. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Machine, until } from "../../collector/cmd/testing.ts";
import { DAY_MS } from "./laptop.ts";
import { Shim } from "./shim.ts";

const REFUSED = "what was read cannot be stored: reading waits and goes on by itself";
const GOES_ON = "what was read could be stored: reading goes on";

const RECEIVER = "    final_delay: 100ms\n    reconcile_interval: 2s";

let machine: Machine;
let written: number[];
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  machine = new Machine({ receiver: RECEIVER });
  written = [];
  cleanups.push(() => machine.dispose());
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Skip = (why: string) => never;

function shimFor(files: string, skip: Skip): Shim {
  const shim = Shim.make(files);
  if (typeof shim === "string") return skip(shim);
  cleanups.unshift(() => shim.remove());
  Object.assign(machine.env, shim.env);
  return shim;
}

function ask(requests: number): void {
  for (let n = 0; n < requests; n += 1) {
    const output = written.length + 1;
    written.push(output);
    machine.request(`s${output % 3}`, { output });
  }
}

const said = (text: string) => machine.output.split(text).length - 1;

/** Everything that was written left, once each, and the books balance. */
async function expectAllOnce(): Promise<void> {
  await until(() => machine.sent().length >= written.length, "all was sent");
  expect(machine.sent()).toEqual(written);
  await until(async () => {
    const { balance } = await machine.status();
    return balance.balanced && balance.destinations.every(({ queued }) => queued === 0);
  }, "every record is accounted for");
}

it.for([
  ["EIO", 2],
  ["EROFS", 1],
] as const)(
  "every write and sync of the state fails with %s while it runs: said once each time, and it goes on by itself",
  async ([code, rounds], { skip }) => {
    const shim = shimFor(path.join(machine.stateDir, "state.db"), skip);
    machine.run();
    ask(5);
    await expectAllOnce();
    for (let round = 1; round <= rounds; round += 1) {
      shim.failing = code;
      ask(5);
      await until(() => said(REFUSED) === round, "it says that it waits");
      ask(5);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect(machine.sent()).toHaveLength(written.length - 10);
      shim.failing = undefined;
      await expectAllOnce();
      expect([said(REFUSED), said(GOES_ON)]).toEqual([round, round]);
    }
    expect(machine.output).toMatch(/cannot be stored.* cause=io\n/);
    await machine.stop();
    expect(machine.output).not.toContain("damaged");
  },
);

it("the collector is killed while its disk fails: the next one finds all that is missing", async ({
  skip,
}) => {
  const shim = shimFor(path.join(machine.stateDir, "state.db"), skip);
  machine.run();
  ask(5);
  await expectAllOnce();
  shim.failing = "EIO";
  ask(20);
  await until(() => said(REFUSED) === 1, "it says that it waits");
  await machine.stop("SIGKILL");
  shim.failing = undefined;
  machine.run();
  await expectAllOnce();
});

it("the disk of the transcripts fails while it runs: what could not be read is read once it can be", async ({
  skip,
}) => {
  const shim = shimFor(path.join(machine.home, "projects"), skip);
  machine.run();
  ask(5);
  await expectAllOnce();
  shim.failingReads = "EIO";
  ask(5);
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  expect(machine.sent()).toHaveLength(5);
  shim.failingReads = undefined;
  await expectAllOnce();
  expect((await machine.status()).counters["receiver_unreadable_files"]).toBeGreaterThan(0);
  expect(said("a transcript cannot be read, will try again")).toBe(1);
});

/** A file system of its own on a file, mounted where the state is. */
function ownDisk(skip: Skip): { stop(): void; mend(): void } {
  const dir = mkdtempSync(path.join(tmpdir(), "talos-ext4-"));
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }));
  const image = path.join(dir, "image");
  writeFileSync(image, "");
  truncateSync(image, 64 * 1024 * 1024);
  const { stateDir } = machine;
  mkdirSync(stateDir, { mode: 0o700 });
  const run = (name: string, ...args: string[]) => spawnSync(name, args, { encoding: "utf8" });
  const mount = () => run("mount", "-o", "loop,errors=remount-ro", image, stateDir).status === 0;
  if (run("mkfs.ext4", "-q", image).status !== 0) return skip("ext4 cannot be made here");
  if (!mount()) return skip("this user may not mount a file system");
  cleanups.push(() => run("umount", stateDir));
  const device = path.basename(run("findmnt", "-no", "SOURCE", stateDir).stdout.trim());
  const trigger = `/sys/fs/ext4/${device}/trigger_fs_error`;
  return {
    stop: () => writeFileSync(trigger, "a fault"),
    mend() {
      expect(run("umount", stateDir).status).toBe(0);
      run("e2fsck", "-fy", image);
      expect(mount()).toBe(true);
    },
  };
}

it("the disk goes read-only while it runs, as Linux does after an error: says so, and misses nothing once it is mended", async ({
  skip,
}) => {
  const disk = ownDisk(skip);
  machine.run();
  ask(5);
  await expectAllOnce();
  disk.stop();
  ask(10);
  await until(() => said(REFUSED) === 1, "it says that it waits");
  await machine.stop();
  expect(machine.sent()).toHaveLength(5);
  machine.run();
  await until(() => said("make the state folder writable") === 1, "it refuses to start");
  await machine.stop();
  disk.mend();
  ask(5);
  machine.run();
  await expectAllOnce();
  await machine.stop();
});

it.for([
  ["forward", DAY_MS],
  ["back", -DAY_MS],
] as const)(
  "the clock of a running process jumps a day %s and back: nothing is lost, doubled or late",
  async ([, jumpMs], { skip }) => {
    const shim = shimFor("/nowhere", skip);
    machine.run();
    ask(5);
    await expectAllOnce();
    for (const offsetMs of [jumpMs, 0]) {
      shim.clockOffsetMs = offsetMs;
      ask(5);
      await expectAllOnce();
      const { lastCommitAtMs } = await machine.status();
      expect(Math.abs((lastCommitAtMs ?? 0) - Date.now() - offsetMs)).toBeLessThan(DAY_MS / 2);
    }
    // And a start by a clock that is wrong.
    await machine.stop();
    shim.clockOffsetMs = jumpMs;
    ask(5);
    machine.run();
    await expectAllOnce();
    await machine.stop("SIGKILL");
    shim.clockOffsetMs = -jumpMs;
    ask(5);
    machine.run();
    await expectAllOnce();
    expect(machine.output).not.toMatch(/ (?:warn|error) /);
  },
);
