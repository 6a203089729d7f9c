/** For tests and measurements: a receiver's life around a host in memory, and what the hook recorder writes, by hand. */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Clock, Component, Platform } from "#component/component.ts";
import { type CursorHome, type InventedConversation, uuid } from "#testkit/cursor/home.ts";
import { FakeHost, type FakeHostOptions, type FakeStore } from "#testkit/fake-host.ts";
import { testSettings } from "#testkit/fakes.ts";
import { CursorConfig } from "./config.ts";
import { HookEvent } from "./hooks/event.ts";
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

type Seal = (text: string, recipient: string) => string;
const require = createRequire(import.meta.url);

/** As Cursor says it: 100 of the input were new. */
export const COUNTS = { input: 23_600, output: 512, cacheRead: 23_000, cacheWrite: 500 };

export class HookLog {
  readonly stateDir: string;
  readonly folder: string;

  constructor(stateDir: string) {
    this.stateDir = stateDir;
    this.folder = path.join(stateDir, "cursor-hooks");
  }

  segment(atMs: number): string {
    return path.join(this.folder, `${new Date(atMs).toISOString().slice(0, 10)}.jsonl`);
  }

  /** Seals to the receiver, where that made its key. */
  seal(cwd: string): string | undefined {
    const key = path.join(this.folder, "key.pub");
    if (!existsSync(key)) return undefined;
    const { seal } = require("./hooks/seal.cjs") as { seal: Seal };
    return seal(cwd, readFileSync(key, "utf8").trim());
  }

  /** One line, in the segment of its day, or of another one. */
  write(event: Record<string, unknown>, dayMs = Number(event["at"])): void {
    this.writeText(`${JSON.stringify(HookEvent.parse(event))}\n`, dayMs);
  }

  writeText(text: string, dayMs: number): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    appendFileSync(this.segment(dayMs), text, { mode: 0o600 });
  }
}

/** What the `stop` hook of a conversation's turn says. Its id of the turn is that of the invented database's. */
export function stopOf(conversation: InventedConversation, n: number, own: Record<string, unknown> = {}) {
  const { id, model, turns } = conversation;
  const turn = turns[n];
  return {
    v: 1,
    at: (turn?.atMs ?? 0) + 9_000,
    event: "stop",
    conversation: id,
    generation: uuid(`${id} ${n} request`),
    model,
    status: "completed",
    ...COUNTS,
    version: "3.18.2",
    ...own,
  };
}

/** Bytes of the transcript once each of its turns is over. */
export function bytesOf(cursor: CursorHome, conversation: InventedConversation): number[] {
  const ends: number[] = [];
  let bytes = 0;
  for (const line of readFileSync(cursor.transcriptFile(conversation), "utf8").split(/(?<=\n)/)) {
    bytes += Buffer.byteLength(line);
    if (line.includes("turn_ended")) ends.push(bytes);
  }
  return ends;
}
