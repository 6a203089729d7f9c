/** A program of its own, so that its memory is that of a receiver alone. The system's own peak is also of what started it. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Unit } from "#component/unit.ts";
import { FakeHost } from "#testkit/fake-host.ts";
import { realClock } from "../testkit.ts";
import { CursorConfig } from "../config.ts";
import { CursorReceiver } from "../receiver.ts";

const [homeDir = ""] = process.argv.slice(2);

/** Keeps nothing, as the real one does. */
class CountingHost extends FakeHost {
  requests = 0;

  override async submit(unit: Unit): Promise<void> {
    this.requests += unit.records.filter(({ eventName }) => eventName !== "talos.prompt").length;
    for (const [key, position] of unit.positions)
      if (position !== null) this.store.positions.set(key, position);
  }
}

const host = new CountingHost();
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const settings = {
  id: "cursor",
  clock: realClock,
  log,
  platform: { os: "linux", homeDir, env: {} },
  count: () => {},
} as const;
const config = CursorConfig.parse({ start_at: "beginning" });
const receiver = new CursorReceiver(settings, config, host);
const delay = monitorEventLoopDelay({ resolution: 5 });
const started = performance.now();
let megabytes = 0;
delay.enable();
await receiver.start();
while (host.requests < 3_000 && performance.now() - started < 300_000) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  megabytes = Math.max(megabytes, Math.round(process.memoryUsage.rss() / 2 ** 20));
}
const ms = performance.now() - started;
await receiver.shutdown(AbortSignal.timeout(10_000));
const longestBlockMs = Math.round(delay.max / 1e6);
process.stdout.write(
  JSON.stringify({ requests: host.requests, megabytes, longestBlockMs, ms: Math.round(ms) }),
);
