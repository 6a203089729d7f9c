import path from "node:path";
import { type Benchmark, type BenchOptions, type Finding, NotMeasuredError } from "./benchmark.ts";
import type { Sample } from "./soak-collector.ts";
import { soakRun, type SoakResult } from "./soak-run.ts";
import { BYTES_PER_SECOND } from "./soak-writer.ts";
import { figure, median } from "./statistics.ts";

const MIB = 2 ** 20;
/** What a garbage collector's mood may add, and what nobody can take for a leak. */
const [GROWTH, GROWTH_BYTES] = [1.25, 20 * MIB];
/** Those of a run that has just begun, twice. */
const [MOST_FILES, MOST_TIMERS] = [60, 30];
/** What is kept of each request for ever, and of each file for ten minutes; the log and the outbox come and go. */
const [BYTES_PER_REQUEST, BYTES_PER_FILE, BYTES_ALWAYS] = [160, 400, 12 * MIB];

export const soak: Benchmark = {
  name: "soak",
  title: "Work without end",
  about:
    "A running collector follows transcripts that are written as fast as it delivers them to a server that acknowledges " +
    "everything, and that are deleted once they were delivered: a day of work at 1 MiB/s. Every request must arrive exactly " +
    "once, the balance must hold, and memory must be flat.",
  run: measure,
};

async function measure({ quick, dir, progress }: BenchOptions): Promise<Finding> {
  const result = await soakRun({
    dir: path.join(dir, "soak"),
    hours: quick ? 0.5 : 24,
    warmUpBytes: (quick ? 200 : 2_000) * MIB,
    progress,
  });
  // A short run is still growing into its memory.
  const troubles = troublesOf(result, { memory: !quick });
  if (troubles.length > 0) throw new Error(`the soak failed: ${troubles.join("; ")}`);
  if (result.samples.length === 0) throw new NotMeasuredError("this system has no /proc to read it from");
  return findingOf(result);
}

/** Everything that is not as it must be. */
export function troublesOf(result: SoakResult, { memory }: { memory: boolean }): string[] {
  return [...deliveryTroubles(result), ...resourceTroubles(result, memory)];
}

function deliveryTroubles({ written, received, doubled, balance, queued, exitCode }: SoakResult): string[] {
  const troubles: string[] = [];
  if (received !== written.requests) troubles.push(`${written.requests} written, ${received} received`);
  if (doubled > 0) troubles.push(`${doubled} received again`);
  if (balance?.balanced !== true || balance.open > 0 || balance.accepted !== written.requests)
    troubles.push(`the balance does not hold: ${JSON.stringify(balance)}`);
  if (queued > 0) troubles.push(`${queued} still in the outbox`);
  if (exitCode !== 0) troubles.push(`the collector ended with ${exitCode}`);
  return troubles;
}

function resourceTroubles({ written, samples }: SoakResult, memory: boolean): string[] {
  if (samples.length === 0) return [];
  const troubles: string[] = [];
  const largest = (name: keyof Sample) => Math.max(...samples.map((sample) => sample[name]));
  const [first = 0, , , last = 0] = residentQuarters(samples);
  if (memory && last > first * GROWTH + GROWTH_BYTES)
    troubles.push(`memory grew from ${figure(first / MIB)} to ${figure(last / MIB)} MiB`);
  if (largest("openFiles") > MOST_FILES) troubles.push(`${largest("openFiles")} files were open`);
  if (largest("timers") > MOST_TIMERS) troubles.push(`${largest("timers")} timers were set`);
  const mayKeep = BYTES_ALWAYS + written.requests * BYTES_PER_REQUEST + written.files * BYTES_PER_FILE;
  if (largest("stateBytes") > mayKeep)
    troubles.push(`state.db had ${largest("stateBytes")} bytes, and needs less than ${mayKeep}`);
  return troubles;
}

/** The median of what was resident in each quarter of the run, in bytes. */
function residentQuarters(samples: readonly Sample[]): number[] {
  const length = samples.length / 4;
  return [0, 1, 2, 3].map((n) =>
    median(
      samples
        .slice(Math.floor(n * length), Math.floor((n + 1) * length))
        .map(({ residentBytes }) => residentBytes),
    ),
  );
}

/** In a few sentences. */
export function summaryOf({ written, seconds, samples }: SoakResult): string {
  const hours = written.bytes / BYTES_PER_SECOND / 3_600;
  return (
    `${figure(written.bytes / MIB)} MiB in ${written.files.toLocaleString("en-US")} files, ` +
    `${written.requests.toLocaleString("en-US")} requests: ${figure(hours)} hours of work at 1 MiB/s, ` +
    `delivered in ${figure(seconds)} s.${memoryOf(samples)}`
  );
}

function memoryOf(samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const [first = 0, , , last = 0] = residentQuarters(samples);
  const change = ((last / first - 1) * 100).toFixed(0);
  return ` Resident in the first quarter ${figure(first / MIB)} MiB, in the last ${figure(last / MIB)} MiB (${change} %).`;
}

function findingOf(result: SoakResult): Finding {
  const { samples } = result;
  const range = (name: keyof Sample) => {
    const values = samples.map((sample) => sample[name]);
    return `${Math.min(...values)} to ${Math.max(...values)}`;
  };
  const state = (samples.at(-1)?.stateBytes ?? 0) / MIB;
  return {
    tables: [
      [
        [
          "MiB resident: 1st quarter",
          "2nd",
          "3rd",
          "last",
          "open files",
          "timers",
          "MiB of state.db at the end",
        ],
        [
          ...residentQuarters(samples).map((bytes) => figure(bytes / MIB)),
          range("openFiles"),
          range("timers"),
          figure(state),
        ],
      ],
    ],
    notes: [
      `${summaryOf(result)} None was lost, none doubled.`,
      "The state grows by what tells a request from its copies, and by nothing else.",
    ],
  };
}
