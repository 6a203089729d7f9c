import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeClock } from "#testkit/fakes.ts";
import { FileWatch } from "./file-watch.ts";

let dir: string;
let folder: string;
let clock: FakeClock;
let looks: number;
let watched: FileWatch;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "talos-watch-"));
  folder = path.join(dir, "state");
  mkdirSync(folder);
  clock = new FakeClock();
  looks = 0;
  watched = new FileWatch({ file: path.join(folder, "wish"), clock, look: () => void (looks += 1) });
});
afterEach(() => {
  watched.close();
  rmSync(dir, { recursive: true, force: true });
});

/** A second passes, and the system tells what it has to tell. */
async function second(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  await clock.advance(1_000);
}

/** Until it was looked, which is no more than a few seconds. */
async function looked(before: number): Promise<void> {
  await expect.poll(async () => (await second(), looks), { timeout: 10_000 }).toBeGreaterThan(before);
}

it("looks at once, and then seldom", async () => {
  watched.start();
  expect(looks).toBe(1);
  for (let n = 0; n < 29; n += 1) await second();
  expect(looks).toBe(1);
  await second();
  expect(looks).toBe(2);
  expect(clock.waiting).toBe(1);
});

it.each([
  ["written", () => writeFileSync(path.join(folder, "wish"), "now")],
  [
    "replaced",
    () => {
      writeFileSync(path.join(folder, "wish.tmp"), "now");
      renameSync(path.join(folder, "wish.tmp"), path.join(folder, "wish"));
    },
  ],
])("a file that is %s is looked at within a second", async (_, change) => {
  watched.start();
  await second();
  change();
  await looked(1);
  expect(clock.now()).toBeLessThan(10_000);
});

it("other files of the folder cost no look", async () => {
  watched.start();
  writeFileSync(path.join(folder, "state.db-wal"), "x");
  for (let n = 0; n < 5; n += 1) await second();
  expect(looks).toBe(1);
});

it("a folder that is not there, or goes, is looked at every second, and seldom once it is back", async () => {
  rmSync(folder, { recursive: true });
  watched.start();
  for (let n = 0; n < 3; n += 1) await second();
  expect(looks).toBe(4);
  mkdirSync(folder);
  await second();
  const before = looks;
  for (let n = 0; n < 5; n += 1) await second();
  expect(looks).toBe(before);
  rmSync(folder, { recursive: true });
  await looked(before);
  const gone = looks;
  for (let n = 0; n < 3; n += 1) await second();
  expect(looks).toBeGreaterThanOrEqual(gone + 3);
});

it("a folder that was replaced under its name is followed at the latest with the next look", async () => {
  watched.start();
  renameSync(folder, path.join(dir, "before"));
  mkdirSync(folder);
  for (let n = 0; n < 31; n += 1) await second();
  const before = looks;
  writeFileSync(path.join(folder, "wish"), "now");
  await looked(before);
  expect(looks).toBe(before + 1);
});

it("a look that asks for another one gets it, and none after the end", async () => {
  watched.start();
  watched.dueIn(2_000);
  await second();
  expect(looks).toBe(1);
  await second();
  expect(looks).toBe(2);
  watched.close();
  watched.dueIn(0);
  for (let n = 0; n < 40; n += 1) await second();
  expect([looks, clock.waiting]).toEqual([2, 0]);
});
