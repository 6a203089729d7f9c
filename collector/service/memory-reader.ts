import { randomBytes } from "node:crypto";
import path from "node:path";
import type {
  Clock,
  Logger,
  Platform,
  ReceiverFactory,
  ReceiverFolder,
  ReceiverHost,
  TextWanted,
} from "#component/component.ts";
import type { SourceRecord, Weight } from "#component/record.ts";
import type { Unit } from "#component/unit.ts";
import { KeyedHash } from "#state/keyed-hash.ts";
import type { Planned } from "./plan.ts";
import { grows } from "./decision.ts";

export interface MemoryReaderOptions {
  receivers: readonly Planned<ReceiverFactory>[];
  platform: Platform;
  clock: Clock;
  /** Milliseconds since the Unix epoch, UTC: records that begin from here on, and before there. */
  sinceMs: number;
  untilMs: number;
  /** Of a collector on this machine: what waits there for its receivers is read, too. */
  stateDir?: string | undefined;
  /** Takes out what may not be followed. Without it, everything is found. */
  screen?: (receiver: Planned<ReceiverFactory>, unit: Unit) => Unit;
  /** What is read of texts. Without it, none is. */
  text?: () => TextWanted;
  /** A record is found. Found again with larger counts, it replaces the earlier one of its key. */
  found(key: string, record: SourceRecord, from: { receiver: string; scope: Unit["scope"] }): void;
}

export interface ReadInMemory {
  files: number;
  bytes: number;
}

/** Reads what the receivers find on this machine, in memory: nothing is written, sent or remembered. */
export async function readInMemory(
  options: MemoryReaderOptions,
  signal?: AbortSignal,
): Promise<ReadInMemory> {
  const sum = { files: 0, bytes: 0 };
  for (const receiver of options.receivers) {
    const host = new MemoryHost(receiver, options);
    const { id, factory, config } = receiver;
    const { clock, platform } = options;
    const component = factory.create({ id, clock, platform, log: SILENT, count: () => {} }, config, host);
    try {
      await component.start();
      await Promise.race([host.done, ...(signal === undefined ? [] : [abortOf(signal)])]);
    } finally {
      await component.shutdown(AbortSignal.timeout(1_000));
    }
    sum.files += host.files.size;
    sum.bytes += host.bytes;
  }
  return sum;
}

class MemoryHost implements ReceiverHost {
  readonly once = true;
  readonly isFirstStart = false;
  readonly firstStartMs: number;
  /** A file last written before is not even opened. */
  readonly skipBeforeMs: number;
  readonly done: Promise<void>;
  readonly files = new Set<string>();
  bytes = 0;
  finished: () => void = () => {};
  fatal: (error: Error) => void = () => {};
  readonly #receiver: Planned<ReceiverFactory>;
  readonly #o: MemoryReaderOptions;
  readonly #hash = new KeyedHash(randomBytes(32));
  readonly #weights = new Map<string, Weight>();

  constructor(receiver: Planned<ReceiverFactory>, options: MemoryReaderOptions) {
    this.#receiver = receiver;
    this.#o = options;
    this.firstStartMs = options.sinceMs;
    this.skipBeforeMs = options.sinceMs;
    this.done = new Promise((resolve, reject) => {
      this.finished = resolve;
      this.fatal = reject;
    });
    this.done.catch(() => {});
  }

  fileKey(identity: string): string {
    return this.#hash.text(identity);
  }

  digest(bytes: Uint8Array): string {
    return this.#hash.bytes(bytes);
  }

  position(): undefined {
    return undefined;
  }

  folder(name: string): ReceiverFolder | undefined {
    const { stateDir } = this.#o;
    return stateDir === undefined ? undefined : { path: path.join(stateDir, name), isOwn: false };
  }

  text(): TextWanted | undefined {
    return this.#o.text?.();
  }

  async submit(given: Unit): Promise<void> {
    const { screen, sinceMs, untilMs } = this.#o;
    this.bytes += given.counts.get("receiver_read_bytes") ?? 0;
    const { records } = screen === undefined ? given : screen(this.#receiver, given);
    for (const record of records) {
      if (record.timeMs >= sinceMs && record.timeMs < untilMs) this.#found(record, given.scope);
    }
  }

  #found(record: SourceRecord, scope: Unit["scope"]): void {
    const key = `${record.source} ${record.eventName} ${record.local.request}`;
    const before = this.#weights.get(key);
    if (before !== undefined && !grows(before, record.weight)) return;
    this.#weights.set(key, record.weight);
    this.files.add(record.range.fileKey);
    this.#o.found(key, record, { receiver: this.#receiver.id, scope });
  }
}

const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new Error("stopped"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
