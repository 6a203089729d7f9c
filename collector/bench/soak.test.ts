import { expect, it } from "vitest";
import type { SoakResult } from "./soak-run.ts";
import { summaryOf, troublesOf } from "./soak.ts";

const MIB = 2 ** 20;

function sampled(residentMib: number): SoakResult["samples"][number] {
  return {
    atMs: 0,
    residentBytes: residentMib * MIB,
    sharedBytes: 0,
    cpuMs: 0,
    openFiles: 30,
    timers: 10,
    stateBytes: MIB,
  };
}

const good: SoakResult = {
  written: { bytes: 3_600 * MIB, files: 4, requests: 100 },
  received: 100,
  doubled: 0,
  balance: {
    balanced: true,
    open: 0,
    accepted: 100,
  } as SoakResult["balance"],
  queued: 0,
  exitCode: 0,
  seconds: 40,
  samples: [300, 290, 310, 305].map(sampled),
};

it("finds nothing in a run that was as it must be", () => {
  expect(troublesOf(good, { memory: true })).toEqual([]);
  expect(summaryOf(good)).toContain("in the first quarter 300 MiB, in the last 305 MiB (2 %)");
});

it.each<[string, Partial<SoakResult>, RegExp]>([
  ["a lost request", { received: 99 }, /100 written, 99 received/],
  ["a doubled one", { doubled: 1 }, /1 received again/],
  ["one that nobody accounts for", { balance: undefined }, /balance does not hold/],
  ["one that was never sent", { queued: 1 }, /1 still in the outbox/],
  ["a crash", { exitCode: null }, /ended with null/],
  ["memory that grows", { samples: [300, 320, 360, 420].map(sampled) }, /memory grew from 300 to 420 MiB/],
  ["open files", { samples: [{ ...sampled(300), openFiles: 500 }] }, /500 files were open/],
  ["timers", { samples: [{ ...sampled(300), timers: 500 }] }, /500 timers were set/],
  ["state", { samples: [{ ...sampled(300), stateBytes: 500 * MIB }] }, /state\.db had/],
])("finds %s", (_, change, trouble) => {
  const troubles = troublesOf({ ...good, ...change }, { memory: true });
  expect(troubles).toEqual([expect.stringMatching(trouble)]);
});

it("says nothing of memory where there was none to see", () => {
  expect(troublesOf({ ...good, samples: [] }, { memory: true })).toEqual([]);
  expect(summaryOf({ ...good, samples: [] })).not.toContain("MiB (");
});
