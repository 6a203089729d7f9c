/** For tests and measurements: a receiver's life around a host in memory. */
import type { Clock, Component, Platform } from "#component/component.ts";
import { FakeHost, type FakeHostOptions, type FakeStore } from "#testkit/fake-host.ts";
import { testSettings } from "#testkit/fakes.ts";
import { CursorConfig } from "./config.ts";
import { CursorReceiver } from "./receiver.ts";

/** The machine's own clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

export interface Over {
  config?: Record<string, unknown>;
  platform?: Partial<Platform>;
}

/** A receiver over a home folder. `said` is everything that it logged. */
export function receiverOf(
  home: string,
  host: FakeHost,
  { config = {}, platform = {} }: Over = {},
): Component & { said(): string } {
  const settings = testSettings({ id: "cursor", platform: { homeDir: home, ...platform } });
  const parsed = CursorConfig.parse({ start_at: "beginning", ...config });
  const receiver = new CursorReceiver({ ...settings, clock: realClock }, parsed, host);
  return Object.assign(receiver, { said: () => settings.said() });
}

/** Reads a home to its end, as `run --once` does. */
export async function readOnce(home: string, options: FakeHostOptions & Over = {}): Promise<FakeStore> {
  const host = new FakeHost({ once: true, ...options });
  const receiver = receiverOf(home, host, options);
  await receiver.start();
  await host.done;
  await receiver.shutdown(AbortSignal.timeout(10_000));
  return host.store;
}
