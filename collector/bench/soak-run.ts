import type { Balance } from "#state/types.ts";
import { CountingServer } from "./counting-server.ts";
import { type Sample, SoakCollector } from "./soak-collector.ts";
import { BYTES_PER_SECOND, SoakWriter } from "./soak-writer.ts";

export interface SoakOptions {
  dir: string;
  /** So much work of 1 MiB/s is written, as fast as it is delivered. */
  hours: number;
  /** How much of it comes before the first sample: a process grows into its memory by work, whatever time that takes. */
  warmUpBytes: number;
  progress: (text: string) => void;
}

export interface SoakResult {
  written: { bytes: number; files: number; requests: number };
  received: number;
  doubled: number;
  balance: Balance | undefined;
  queued: number;
  exitCode: number | null;
  seconds: number;
  /** Once a second. Empty where the system has no `/proc`. */
  samples: readonly Sample[];
}

const PORTION_BYTES = 16 * BYTES_PER_SECOND;
/** So that the reader never waits for the writer, and little is on the disk. */
const PORTIONS_AHEAD = 4;
/** Of invented work: a line of progress for each. */
const PROGRESS_MINUTES = 30;

/** A real collector follows work that is written as fast as it is delivered. Ends when all of it was. */
export async function soakRun({ dir, hours, warmUpBytes, progress }: SoakOptions): Promise<SoakResult> {
  const server = await CountingServer.start();
  const bytes = hours * 3_600 * BYTES_PER_SECOND;
  const writer = new SoakWriter(dir, PORTION_BYTES, Date.now() - hours * 3_600_000);
  const collector = new SoakCollector({
    dir,
    endpoint: server.url,
    service: "  batch: { timeout: 1s }",
  });
  const begun = performance.now();
  let isWarm = false;
  let told = 0;
  try {
    while (writer.bytes < bytes) {
      await writer.write();
      await collector.until(() => settle(writer, server) < PORTIONS_AHEAD);
      const minutes = Math.floor(writer.bytes / BYTES_PER_SECOND / 60);
      if (minutes >= told + PROGRESS_MINUTES) {
        told = minutes;
        progress(`${(minutes / 60).toFixed(1)} of ${hours} hours`);
      }
      if (isWarm || writer.bytes < warmUpBytes) continue;
      isWarm = true;
      collector.startSampling();
    }
    await collector.until(() => settle(writer, server) === 0);
    await collector.until(() => collector.queued === 0);
    collector.stopSampling();
    const exitCode = await collector.stop();
    return resultOf({ writer, server, collector, exitCode, seconds: (performance.now() - begun) / 1_000 });
  } finally {
    collector.kill();
    await server.close();
  }
}

/** Removes what was delivered. Returns how many portions were not. */
function settle(writer: SoakWriter, server: CountingServer): number {
  for (const [portion, { requests }] of writer.open) {
    if (server.completes(portion, requests)) writer.remove(portion);
  }
  return writer.open.size;
}

interface Ended {
  writer: SoakWriter;
  server: CountingServer;
  collector: SoakCollector;
  exitCode: number | null;
  seconds: number;
}

function resultOf({ writer, server, collector, exitCode, seconds }: Ended): SoakResult {
  const { bytes, files, requests } = writer;
  const { received, doubled } = server;
  const { balance, queued, samples } = collector;
  return {
    written: { bytes, files, requests },
    received,
    doubled,
    balance,
    queued,
    exitCode,
    seconds,
    samples,
  };
}
