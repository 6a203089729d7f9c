/** A program of its own, so that its memory is that of a receiver alone. The system's own peak is also of what started it. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Unit } from "#component/unit.ts";
import { FakeHost } from "#testkit/fake-host.ts";
import { realClock } from "../testkit.ts";
import { CursorConfig } from "../config.ts";
import { DatabaseThread } from "../database/thread.ts";
import type { Job } from "../database/job.ts";
import { CursorReceiver } from "../receiver.ts";

const [homeDir = "", wanted = ""] = process.argv.slice(2);

/** Keeps nothing, as the real one does. */
class CountingHost extends FakeHost {
  requests = 0;

  override async submit(unit: Unit): Promise<void> {
    this.requests += unit.records.filter(({ eventName }) => eventName !== "talos.prompt").length;
    for (const [key, position] of unit.positions)
      if (position !== null) this.store.positions.set(key, position);
  }
}

const answersMs: number[] = [];
const ask = Reflect.get(DatabaseThread.prototype, "ask");
DatabaseThread.prototype.ask = async function timed(this: DatabaseThread, job: Job) {
  const started = performance.now();
  const answer = await ask.call(this, job);
  answersMs.push(performance.now() - started);
  return answer;
};

/** What was seen since the last call. */
function seen() {
  const all = answersMs.splice(0).toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(all[Math.floor((all.length - 1) * share)] ?? 0);
  return { answers: all.length, medianMs: at(0.5), longestMs: at(1), megabytes };
}

const host = new CountingHost();
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const platform = { os: "linux", homeDir, env: {} } as const;
const settings = { id: "cursor", clock: realClock, log, platform, count: () => {} };
const config = CursorConfig.parse({ start_at: "beginning", database_interval: "100ms" });
const receiver = new CursorReceiver(settings, config, host);
const delay = monitorEventLoopDelay({ resolution: 5 });
const state = { isEnded: false };
process.stdin.on("end", () => void (state.isEnded = true)).resume();
const started = performance.now();
let megabytes = 0;
delay.enable();

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo() && performance.now() - started < 300_000) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    megabytes = Math.max(megabytes, Math.round(process.memoryUsage.rss() / 2 ** 20));
  }
}

await receiver.start();
await until(() => host.requests >= Number(wanted));
const first = { ...seen(), ms: Math.round(performance.now() - started), requests: host.requests };
process.stdout.write(`${JSON.stringify(first)}\n`);
await until(() => state.isEnded);
const { requests } = host;
await receiver.shutdown(AbortSignal.timeout(10_000));
const longestBlockMs = Math.round(delay.max / 1e6);
process.stdout.write(`${JSON.stringify({ ...seen(), requests, longestBlockMs })}\n`);
