import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, expect, it } from "vitest";
import { soakRun } from "../collector/bench/soak-run.ts";
import { summaryOf, troublesOf } from "../collector/bench/soak.ts";

/** On two cores about 5 GB, more than an hour of work, with the first GiB that is not sampled. `npm run bench` goes on for longer. */
const SECONDS = Number(process.env["SOAK_SECONDS"] ?? 35);

const dir = mkdtempSync(path.join(tmpdir(), "talos-soak-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it(
  "delivers everything once, in flat memory, with bounded files, timers and state, for as long as work goes on",
  { timeout: (SECONDS + 400) * 1_000 },
  async () => {
    const result = await soakRun({
      dir,
      warmUpBytes: 2 ** 30,
      seconds: SECONDS,
      progress: () => {},
    });
    process.stdout.write(`${summaryOf(result)}\n`);
    expect(troublesOf(result, { memory: true })).toEqual([]);
  },
);
