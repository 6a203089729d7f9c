/** For tests and measurements: a receiver's life around a host in memory. */
import type { Clock, Component, LogFields, Platform, Settings } from "#component/component.ts";
import { FakeHost, type FakeHostOptions, type FakeStore } from "#testkit/fake-host.ts";
import { ClaudeCodeConfig } from "./config.ts";
import { ClaudeCodeReceiver } from "./receiver.ts";

/** The machine's own clock. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

export interface Said {
  message: string;
  fields: LogFields;
}

export function receiverSettings(
  clock: Clock,
  platform: Partial<Platform> = {},
): Settings & { said: Said[] } {
  const said: Said[] = [];
  const log = (message: string, fields: LogFields = {}) => void said.push({ message, fields });
  return {
    id: "claude_code",
    clock,
    log: { debug: log, info: log, warn: log, error: log },
    platform: { os: "linux", homeDir: "/nonexistent", env: {}, ...platform },
    count: () => {},
    said,
  };
}

/** A receiver over `projects/` of a Claude Code home. */
export function receiverOf(
  home: string,
  host: FakeHost,
  over: { clock?: Clock; config?: Record<string, unknown>; platform?: Partial<Platform> } = {},
): Component {
  const config = ClaudeCodeConfig.parse({ include: [`${home}/projects/**/*.jsonl`], ...over.config });
  return new ClaudeCodeReceiver(receiverSettings(over.clock ?? realClock, over.platform), config, host);
}

/** Reads a home to its end, as `run --once` does. */
export async function readOnce(
  home: string,
  options: FakeHostOptions & { config?: Record<string, unknown> } = {},
): Promise<FakeStore> {
  const host = new FakeHost({ once: true, ...options });
  const receiver = receiverOf(home, host, options.config === undefined ? {} : { config: options.config });
  await receiver.start();
  await host.done;
  await receiver.shutdown(new AbortController().signal);
  return host.store;
}
