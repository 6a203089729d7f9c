import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, expect, it } from "vitest";
import { soakRun } from "../collector/bench/soak-run.ts";
import { summaryOf, troublesOf } from "../collector/bench/soak.ts";

/** Of work at 1 MiB/s, the first GiB of it not sampled. `npm run bench -- --only soak` does a day of it. */
const HOURS = Number(process.env["SOAK_HOURS"] ?? 0.75);
/** Slower than any machine that is not stuck, with other tests beside it. */
const MOST_MS_PER_HOUR = 600_000;

const dir = mkdtempSync(path.join(tmpdir(), "talos-soak-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it(
  "delivers everything once, in flat memory, with bounded files, timers and state, for as long as work goes on",
  { timeout: HOURS * MOST_MS_PER_HOUR },
  async () => {
    const result = await soakRun({ dir, hours: HOURS, warmUpBytes: 2 ** 30, progress: () => {} });
    process.stdout.write(`${summaryOf(result)}\n`);
    expect(troublesOf(result, { memory: true })).toEqual([]);
  },
);
