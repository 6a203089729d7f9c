import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import type * as z from "zod";
import type { Clock, Component, ReceiverFactory } from "#component/component.ts";
import type { Position, Unit } from "#component/unit.ts";
import { FakeHost, FakeStore } from "./fake-host.ts";
import { testSettings } from "./fakes.ts";

/** A source that a receiver under test follows. */
export interface ReceiverExample {
  /** Follows the source and nothing else, from its beginning. */
  config: Record<string, unknown>;
  /** Adds one more request, complete at once, in a place of its own every few times. */
  append(): void;
  /** Text of the user's that every addition holds. */
  canary: string;
}

/** Promises every receiver keeps. `makeExample` prepares a source in an empty folder. */
export function describeReceiverContract<S extends z.ZodType>(
  factory: ReceiverFactory<S>,
  makeExample: (dir: string) => ReceiverExample,
): void {
  const inFolder = (run: (example: ReceiverExample) => Promise<void>) => async () => {
    const dir = mkdtempSync(path.join(tmpdir(), "receiver-"));
    try {
      await run(makeExample(dir));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  };

  describe(`${factory.type} keeps the receiver contract`, () => {
    it(
      "shuts down twice, and without having started",
      inFolder(async (example) => {
        const { receiver } = create(factory, example, new FakeHost());
        await receiver.shutdown(soon());
        await expect(receiver.shutdown(soon())).resolves.toBeUndefined();
      }),
    );

    it(
      "refuses settings that it does not know",
      inFolder(async ({ config }) => {
        expect(factory.config.safeParse(config).success).toBe(true);
        expect(factory.config.safeParse({ ...config, no_such_setting: 1 }).success).toBe(false);
      }),
    );

    it(
      "leaves no timer and no watch behind, and shuts down twice",
      inFolder(async (example) => {
        const before = watches();
        const host = new FakeHost();
        const { receiver, clock } = create(factory, example, host);
        await receiver.start();
        example.append();
        await vi.waitFor(() => expect(host.store.requests).toHaveLength(1), { timeout: 10_000 });
        await receiver.shutdown(soon());
        await receiver.shutdown(soon());
        expect(clock.waiting).toBe(0);
        await vi.waitFor(() => expect(watches()).toBe(before));
      }),
    );

    it(
      "loses nothing and doubles nothing when units are refused, and says why",
      inFolder(async (example) => {
        const host = new FakeHost({ once: true });
        host.refusals = 3;
        for (let n = 0; n < 20; n += 1) example.append();
        const { said } = await readToEnd(factory, example, host);
        expect(host.store.requests).toHaveLength(20);
        expect(host.store.drops.get("duplicate") ?? 0).toBe(0);
        expect(said()).toContain("ENOSPC");
      }),
    );

    it(
      "moves positions only with their records: from every commit, a new start finds exactly the rest",
      inFolder(async (example) => {
        const host = new RecordingHost();
        const { receiver } = create(factory, example, host);
        await receiver.start();
        for (let n = 0; n < 20; n += 1) {
          example.append();
          await new Promise((resolve) => setTimeout(resolve, 40));
        }
        await vi.waitFor(() => expect(host.store.requests).toHaveLength(20), { timeout: 10_000 });
        await receiver.shutdown(soon());
        expect(host.moments.length).toBeGreaterThan(2);
        for (const { positions, known } of host.moments) {
          const store = new FakeStore();
          for (const [key, position] of positions) store.positions.set(key, position);
          await readToEnd(factory, example, new FakeHost({ once: true, store }));
          const found = store.requests.map(({ local }) => local.request);
          expect(new Set([...known, ...found]).size).toBe(20);
        }
      }),
    );

    it(
      "goes on after a crash where it was stored, and reads nothing twice that was final",
      inFolder(async (example) => {
        const store = new FakeStore();
        for (let n = 0; n < 10; n += 1) example.append();
        await readToEnd(factory, example, new FakeHost({ once: true, store }));
        for (let n = 0; n < 10; n += 1) example.append();
        await readToEnd(factory, example, new FakeHost({ once: true, store }));
        expect(store.requests).toHaveLength(20);
        expect(store.drops.get("duplicate") ?? 0).toBe(0);
      }),
    );

    it(
      "tells nothing of what it reads, neither in logs and counters nor in positions",
      inFolder(async (example) => {
        const host = new FakeHost({ once: true });
        for (let n = 0; n < 5; n += 1) example.append();
        host.refusals = 1;
        const { said } = await readToEnd(factory, example, host);
        const kept = inspect([host.store.positions, host.store.counts, host.store.drops], { depth: 9 });
        expect(`${said()} ${kept}`).not.toContain(example.canary);
        expect(`${said()} ${kept}`).not.toContain(tmpdir());
      }),
    );
  });
}

const soon = () => AbortSignal.timeout(10_000);

/** Folders that this process watches. */
function watches(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "FSEventWrap").length;
}

/** The real clock, which counts the timers that wait. */
class CountingClock implements Clock {
  waiting = 0;

  now(): number {
    return Date.now();
  }

  after(delayMs: number, task: () => void): () => void {
    this.waiting += 1;
    let waits = true;
    const end = () => {
      if (waits) this.waiting -= 1;
      waits = false;
    };
    const timer = setTimeout(() => {
      end();
      task();
    }, delayMs);
    return () => {
      clearTimeout(timer);
      end();
    };
  }
}

/** Remembers what was stored after each commit. */
class RecordingHost extends FakeHost {
  readonly moments: { positions: Map<string, Position>; known: string[] }[] = [];

  override async submit(unit: Unit): Promise<void> {
    await super.submit(unit);
    const known = this.store.requests.map(({ local }) => local.request);
    this.moments.push({ positions: new Map(this.store.positions), known });
  }
}

function create<S extends z.ZodType>(
  factory: ReceiverFactory<S>,
  { config }: ReceiverExample,
  host: FakeHost,
): { receiver: Component; clock: CountingClock; said: () => string } {
  const clock = new CountingClock();
  const settings = testSettings();
  const receiver = factory.create({ ...settings, clock }, factory.config.parse(config), host);
  return { receiver, clock, said: () => settings.said() };
}

async function readToEnd<S extends z.ZodType>(
  factory: ReceiverFactory<S>,
  example: ReceiverExample,
  host: FakeHost,
): Promise<{ said: () => string }> {
  const { receiver, said } = create(factory, example, host);
  await receiver.start();
  await host.done;
  await receiver.shutdown(soon());
  return { said };
}
