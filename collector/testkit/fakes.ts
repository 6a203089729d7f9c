import { inspect } from "node:util";
import type { Clock, LogFields, Platform, Settings } from "#component/component.ts";
import type { KeyValue, LogsRequest } from "#proto/logs.ts";

/** A clock that moves only when told to. */
export class FakeClock implements Clock {
  #now: number;
  #timers: { at: number; task: () => void }[] = [];

  constructor(now = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { at: this.#now + delayMs, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** The time of day is set to another one. Timers do not run by it. */
  jump(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers) timer.at += ms;
  }

  /** The computer sleeps: time passes and no timer fires before it wakes, that is, before the next `advance`. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  /** Runs due timers in the order of their times, also those that they set themselves. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.filter((t) => t.at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((t) => t !== next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
      await Promise.resolve();
    }
    this.#now = end;
    await Promise.resolve();
  }
}

export interface LogLine {
  level: "debug" | "info" | "warn" | "error";
  message: string;
  fields: LogFields;
}

export interface TestSettings extends Settings {
  clock: FakeClock;
  lines: LogLine[];
  counts: Map<string, number>;
  /** Everything logged or counted, as text: what a canary must not be in. */
  said(): string;
}

/** Settings whose clock stands still and whose log and counters are kept. */
export function testSettings(
  over: { id?: string; clock?: FakeClock; platform?: Partial<Platform> } = {},
): TestSettings {
  const lines: LogLine[] = [];
  const counts = new Map<string, number>();
  const at =
    (level: LogLine["level"]) =>
    (message: string, fields: LogFields = {}) => {
      lines.push({ level, message, fields });
    };
  return {
    id: over.id ?? "test",
    clock: over.clock ?? new FakeClock(),
    log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    platform: { os: "linux", homeDir: "/home/tester", env: {}, ...over.platform },
    count: (name, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    lines,
    counts,
    said: () => inspect([lines, counts], { depth: 9, maxArrayLength: null, maxStringLength: null }),
  };
}

/** A request of `count` records as the gate lets them out, each with an id of its own. */
export function logsRequest(count: number, attributes: Record<string, string | number> = {}): LogsRequest {
  const logRecords = Array.from({ length: count }, (_, i) => ({
    timeUnixNano: 1_780_000_000_000_000_000n,
    eventName: "gen_ai.client.inference.operation.details",
    attributes: keyValues({
      "log.record.uid": i.toString(16).padStart(32, "0"),
      "gen_ai.response.model": "claude-opus-4-5",
      "gen_ai.usage.input_tokens": 1_000 + i,
      "gen_ai.usage.output_tokens": 10 + i,
      ...attributes,
    }),
  }));
  const scope = { name: "talos.receiver.claude_code", version: "0.1.0", attributes: [] };
  const resource = {
    attributes: keyValues({ "service.name": "talos-auditor", "talos.privacy.mode": "off" }),
  };
  return { resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords }] }] };
}

function keyValues(attributes: Record<string, string | number>): KeyValue[] {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: value } : { stringValue: value },
  }));
}
