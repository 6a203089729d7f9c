import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readStatus } from "#state/status.ts";
import { LocalBackend } from "../../e2e/backend.ts";
import { CollectorProcess } from "../../e2e/collector.ts";
import type { Benchmark, BenchOptions, Finding } from "./benchmark.ts";
import { sleep } from "./processes.ts";
import { figure, percentile } from "./statistics.ts";
import { requestLines } from "./transcript.ts";

const PATIENCE_MS = 30_000;

export const latency: Benchmark = {
  name: "latency",
  title: "From a line to the outbox and to the database",
  about:
    "A request is appended to a followed transcript; a real collector, the api Worker, the queue, the consumer Worker " +
    "and D1 run on this machine. Measured until the record is in the outbox, and until a report counts it.",
  run: measure,
};

async function measure({ quick, dir, progress }: BenchOptions): Promise<Finding> {
  progress("starting the Workers");
  const backend = await LocalBackend.start();
  const home = path.join(dir, "latency");
  const file = path.join(home, "projects", "app", "session.jsonl");
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, "");
  const collector = new CollectorProcess({
    home,
    endpoint: backend.url,
    token: backend.token,
    salt: backend.salt,
  });
  collector.run();
  const [toOutbox, toReport]: [number[], number[]] = [[], []];
  try {
    await until(() => (readStatus(collector.stateDir)?.filesFollowed ?? 0) > 0);
    // The first one also pays for everything that starts.
    for (let n = 1; n <= (quick ? 6 : 31); n += 1) {
      progress(`append ${n}`);
      await sleep(200 + Math.random() * 1_000);
      const begun = performance.now();
      appendFileSync(file, requestLines("session"));
      await until(() => (readStatus(collector.stateDir)?.balance.accepted ?? 0) >= n);
      const outboxMs = performance.now() - begun;
      await until(async () => (await requestsIn(backend)) >= n);
      if (n === 1) continue;
      toOutbox.push(outboxMs);
      toReport.push(performance.now() - begun);
    }
  } finally {
    await collector.kill("SIGKILL");
    await backend.close();
  }
  return findingOf(toOutbox, toReport);
}

function findingOf(toOutbox: readonly number[], toReport: readonly number[]): Finding {
  const row = (name: string, values: readonly number[]) => [
    name,
    figure(percentile(values, 50)),
    figure(percentile(values, 95)),
    figure(Math.max(...values)),
  ];
  return {
    tables: [
      [
        ["", "median ms", "95th percentile ms", "largest ms"],
        row("append → outbox", toOutbox),
        row("append → D1", toReport),
      ],
    ],
    notes: [
      `${toOutbox.length} appends, one at a time, each followed by another line, which makes a request final at once. ` +
        "Writes of 100 ms are gathered into one commit on purpose, and in its first minutes a collector sends at once; " +
        "later it gathers for five minutes or 64 KiB.",
    ],
  };
}

async function requestsIn(backend: LocalBackend): Promise<number> {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const { totals } = await backend.report(day(Date.now() - 86_400_000), day(Date.now() + 86_400_000));
  return totals.requests;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error("a record did not arrive");
    await sleep(5);
  }
}
