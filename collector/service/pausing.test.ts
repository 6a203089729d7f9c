import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FakeClock, testSettings } from "#testkit/fakes.ts";
import { Admission } from "./admission.ts";
import { paused, pausesFile, readPauses, resumed, writePauses } from "./pauses.ts";
import { Pausing } from "./pausing.ts";

const T = 1_790_000_000_000;
let dir: string;
let clock: FakeClock;
let pausing: Pausing;
/** What each change was told, and what the receivers that it started or stopped would see. */
let changes: { paused: boolean; isPausing: boolean; skipBeforeMs: number | undefined }[];
let during: () => void;
beforeEach(async () => {
  dir = mkdtempSync(`${tmpdir()}/talos-pausing-`);
  clock = new FakeClock(T);
  changes = [];
  during = () => {};
  pausing = make();
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function make(): Pausing {
  const { log } = testSettings();
  const now = () => clock.now();
  const admission = new Admission({ configDir: dir, home: { os: "linux", homeDir: "/" }, now, log });
  const apply = async () => {
    await of.switching(async (isPaused) => {
      const { isPausing, skipBeforeMs } = of;
      changes.push({ paused: isPaused, isPausing, skipBeforeMs });
      during();
    });
  };
  const of: Pausing = new Pausing({ admission, file: pausesFile(dir), clock, log, apply });
  return of;
}

async function start(of: Pausing): Promise<void> {
  await of.switching(async () => {});
  of.watch();
  changes.length = 0;
}

/** Time passes, and everything that it sets off is done. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    await clock.advance(Math.min(500, left));
    await new Promise(setImmediate);
  }
}

const pause = (forMs: number) => writePauses(dir, paused(readPauses(dir), clock.now(), clock.now() + forMs));
const resume = (catchUp = false) => writePauses(dir, resumed(readPauses(dir), clock.now(), catchUp));

it("stops and starts the receivers within a second, once each", async () => {
  await start(pausing);
  pause(60_000);
  await pass(3_000);
  expect(changes).toEqual([{ paused: true, isPausing: true, skipBeforeMs: undefined }]);
  await pass(60_000);
  expect(changes).toHaveLength(2);
  expect(changes[1]).toEqual({ paused: false, isPausing: false, skipBeforeMs: T + 58_000 });
});

it("skips nothing after a pause that began before this run, was taken back, or left something unread", async () => {
  pause(5_000);
  await start(pausing);
  await pass(10_000);
  expect(changes.at(-1)).toEqual({ paused: false, isPausing: false, skipBeforeMs: undefined });

  pause(60_000);
  await pass(2_000);
  resume(true);
  await pass(2_000);
  expect(changes.at(-1)).toEqual({ paused: false, isPausing: false, skipBeforeMs: undefined });

  during = () => pausing.leftOver();
  pause(5_000);
  await pass(10_000);
  expect(changes.at(-1)).toEqual({ paused: false, isPausing: false, skipBeforeMs: undefined });
  expect(changes.map(({ paused: isPaused }) => isPaused)).toEqual([false, true, false, true, false]);
});

it("looks no more once it is stopped", async () => {
  await start(pausing);
  pausing.stop();
  pause(60_000);
  await pass(5_000);
  expect(changes).toEqual([]);
  expect(clock.waiting).toBe(0);
});
