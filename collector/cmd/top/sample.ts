import type { Platform } from "#component/component.ts";
import { readStatus } from "#state/status.ts";
import type { Status } from "#state/types.ts";
import { ControlClient } from "../../service/control-client.ts";
import type { Snapshot } from "../../service/control-protocol.ts";

/** What is known of a collector at one moment. */
export interface Sample {
  atMs: number;
  status: Status;
  /** Undefined while no collector runs, or where its control socket cannot be reached. */
  process: Snapshot | undefined;
}

/** Per second, between two samples. */
export interface Rates {
  read: number;
  readBytes: number;
  dropped: number;
  /** Records that destinations acknowledged, all together. */
  out: number;
  /** Of one core, 0–1 and more; undefined when the process is not the same. */
  cpu: number | undefined;
}

/** Undefined when no collector has ever run with the folder. */
export async function sample(dir: string, os: Platform["os"], nowMs: number): Promise<Sample | undefined> {
  const status = readStatus(dir);
  if (status === undefined) return undefined;
  return { atMs: nowMs, status, process: status.running ? await ask(dir, os) : undefined };
}

async function ask(dir: string, os: Platform["os"]): Promise<Snapshot | undefined> {
  let client: ControlClient | undefined;
  try {
    client = await ControlClient.connect(dir, os);
    return (await client.ask("snapshot")).snapshot;
  } catch {
    return undefined;
  } finally {
    client?.close();
  }
}

export function ratesBetween(before: Sample, after: Sample): Rates {
  const seconds = Math.max(0.001, (after.atMs - before.atMs) / 1_000);
  const perSecond = (of: (sample: Sample) => number) => Math.max(0, of(after) - of(before)) / seconds;
  const now = after.process;
  const then = before.process;
  const isSame = now !== undefined && now.pid === then?.pid;
  return {
    read: perSecond(({ status }) => status.balance.read),
    readBytes: perSecond(({ status }) => status.counters["receiver_read_bytes"] ?? 0),
    dropped: perSecond(({ status }) => Object.values(status.balance.dropped).reduce((a, b) => a + b, 0)),
    out: perSecond(({ status }) =>
      status.balance.destinations.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    ),
    cpu: isSame ? Math.max(0, now.cpuMicros - then.cpuMicros) / 1e6 / seconds : undefined,
  };
}
