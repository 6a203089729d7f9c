import path from "node:path";
import { type Benchmark, type BenchOptions, type Finding, NotMeasuredError } from "./benchmark.ts";
import { CountingServer } from "./counting-server.ts";
import { type Sample, SoakCollector } from "./soak-collector.ts";
import { BYTES_PER_SECOND, SoakWriter } from "./soak-writer.ts";
import { figure, median } from "./statistics.ts";

const PORTION_SECONDS = 15;
/** What a process does once, and what is compiled while it runs. */
const WARM_UP_PORTIONS = 2;

const AIM_MIB = 120;
const MISSED =
  "The aim for memory is missed: Node's own code takes half of it, its young generation grows while work never pauses, and " +
  "what buffers for compression and encryption took once stays with the process.";

export const steady: Benchmark = {
  name: "steady",
  title: "Following steady work",
  about:
    "A running collector follows four transcripts to which 1 MiB is appended each second, in 32 writes, and sends to a server " +
    "that acknowledges everything. That is far more than a person's work. The aim is less than 3 % of a core and 120 MiB.",
  run: measure,
};

async function measure({ quick, dir, progress }: BenchOptions): Promise<Finding> {
  const home = path.join(dir, "steady");
  const server = await CountingServer.start();
  const writer = new SoakWriter(home, PORTION_SECONDS * BYTES_PER_SECOND, Date.now());
  const collector = new SoakCollector({ dir: home, endpoint: server.url });
  const portions = WARM_UP_PORTIONS + (quick ? 2 : 16);
  try {
    while (writer.portions < portions) {
      progress(`${writer.portions * PORTION_SECONDS} of ${portions * PORTION_SECONDS} s`);
      if (writer.portions === WARM_UP_PORTIONS) collector.startSampling();
      await writer.write(BYTES_PER_SECOND);
    }
    collector.stopSampling();
    await collector.until(() => collector.balance?.accepted === writer.requests);
    const exitCode = await collector.stop();
    if (exitCode !== 0 || server.received !== writer.requests || server.doubled > 0)
      throw new Error(
        `${writer.requests} written, ${server.received} received, ${server.doubled} again; ended with ${exitCode}`,
      );
    return findingOf(collector.samples, writer.requests);
  } finally {
    collector.kill();
    await server.close();
  }
}

function findingOf(samples: readonly Sample[], requests: number): Finding {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined)
    throw new NotMeasuredError("this system has no /proc to read it from");
  const seconds = (last.atMs - first.atMs) / 1_000;
  const mib = samples.map(({ residentBytes }) => residentBytes / 2 ** 20);
  const own = samples.map(({ residentBytes, sharedBytes }) => (residentBytes - sharedBytes) / 2 ** 20);
  return {
    tables: [
      [
        ["seconds", "% of a core", "median MiB", "largest MiB", "median MiB of its own", "largest"],
        [
          figure(seconds),
          figure((last.cpuMs - first.cpuMs) / seconds / 10),
          figure(median(mib)),
          figure(Math.max(...mib)),
          figure(median(own)),
          figure(Math.max(...own)),
        ],
      ],
    ],
    notes: [
      `${figure(requests)} requests in all, each of which arrived once. The processor time is the system's own count; ` +
        "memory is what is resident, and its own is that without the pages of files, which are the code of Node.",
      ...(Math.max(...mib) > AIM_MIB ? [MISSED] : []),
    ],
  };
}
