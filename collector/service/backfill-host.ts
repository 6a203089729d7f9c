import type { Clock, ReceiverHost } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import type { DropReason, Position, Unit } from "#component/unit.ts";
import type { StateStore } from "#state/store.ts";
import type { BackfillRequest } from "./backfill-files.ts";
import { StoppingError } from "./receiver-gate.ts";

/** So few records are stored at once that a live one never waits long behind them. */
const SLICE_RECORDS = 256;
/** More than this is never queued ahead of a live record. */
const MAX_QUEUED_BYTES = 256 * 1024;
/** While live records come, this waits. */
const LIVE_MS = 200;
const LOOK_MS = 100;
/** What mode `off` lets pass of a prompt. Text and hints of what is older than the first start never leave. */
const HINTS = [
  "talos.category",
  "talos.category.confidence",
  "talos.category.method",
  "talos.task_hint",
  "talos.project_hint",
];

export interface BackfillHostOptions {
  request: BackfillRequest;
  store: StateStore;
  clock: Clock;
  signal: AbortSignal;
  /** Gets the key of every file. */
  keys: Set<string>;
  screen(unit: Unit): Unit;
  lastLiveMs(): number;
  targets(): string[];
  spool(unit: Unit): number;
  progressed(bytes: number, records: number, waitsFor: "destination" | undefined): void;
}

/** What a receiver sees that reads for a backfill: positions of its own, and room only when nobody else needs it. */
export class BackfillHost implements ReceiverHost {
  readonly once = true;
  readonly isFirstStart = false;
  readonly firstStartMs: number;
  readonly skipBeforeMs: number;
  readonly done: Promise<void>;
  finished: () => void = () => {};
  fatal: (error: Error) => void = () => {};
  readonly #o: BackfillHostOptions;
  #ended = false;

  constructor(options: BackfillHostOptions) {
    this.#o = options;
    this.firstStartMs = options.request.sinceMs;
    this.skipBeforeMs = options.request.sinceMs;
    this.done = new Promise((resolve, reject) => {
      this.finished = resolve;
      this.fatal = reject;
    });
    this.done.catch(() => {});
  }

  /** Other keys than the live receivers': their positions stay as they are. */
  fileKey(identity: string): string {
    const key = this.#o.store.fileKey(`backfill ${this.#o.request.id} ${identity}`);
    this.#o.keys.add(key);
    return key;
  }

  digest(bytes: Uint8Array): string {
    return this.#o.store.digest(bytes);
  }

  position(fileKey: string): Position | undefined {
    return this.#o.store.position(fileKey);
  }

  /** In slices. Only the last one moves the positions: after a crash, what was stored is known and dropped. */
  async submit(given: Unit): Promise<void> {
    const unit = this.#o.screen(this.#within(given));
    const { records } = unit;
    const last = Math.max(0, Math.ceil(records.length / SLICE_RECORDS) - 1);
    const bytes = given.counts.get("receiver_read_bytes") ?? 0;
    for (let i = 0; i <= last; i += 1) {
      const slice = records.slice(i * SLICE_RECORDS, (i + 1) * SLICE_RECORDS);
      if (slice.length > 0) await this.#room();
      if (this.#ended || this.#o.signal.aborted) throw new StoppingError();
      const isLast = i === last;
      const part = isLast ? unit : { ...unit, drops: new Map(), counts: new Map(), positions: new Map() };
      const accepted = this.#o.spool({ ...part, records: slice });
      this.#o.progressed(Math.round(bytes / (last + 1)), accepted, undefined);
    }
  }

  /** Nothing is stored any more. */
  end(): void {
    this.#ended = true;
  }

  #within(unit: Unit): Unit {
    const { sinceMs, untilMs } = this.#o.request;
    const drops = new Map<DropReason, number>(unit.drops);
    const records = unit.records.filter(
      ({ timeMs, eventName }) => timeMs >= sinceMs && timeMs < untilMs && eventName !== "talos.completion",
    );
    const old = unit.records.length - records.length;
    if (old > 0) drops.set("historical", (drops.get("historical") ?? 0) + old);
    return { ...unit, records: records.map(withoutText), drops };
  }

  async #room(): Promise<void> {
    while (!this.#o.signal.aborted && !this.#ended) {
      const isFull = this.#isFull();
      const { clock } = this.#o;
      const isLive = Math.abs(clock.now() - this.#o.lastLiveMs()) < LIVE_MS;
      if (!isFull && !isLive) return;
      this.#o.progressed(0, 0, isFull ? "destination" : undefined);
      await new Promise<void>((resolve) => void clock.after(LOOK_MS, resolve));
    }
  }

  #isFull(): boolean {
    const { store, request } = this.#o;
    if (request.to !== undefined && store.isDetached(request.to)) return true;
    return this.#o.targets().some((exporter) => {
      return store.pending(exporter).bytes + store.parked(exporter).bytes >= MAX_QUEUED_BYTES;
    });
  }
}

function withoutText(record: SourceRecord): SourceRecord {
  const { body: _, ...rest } = record;
  const attributes = new Map(record.attributes);
  for (const hint of HINTS) attributes.delete(hint);
  return { ...rest, attributes };
}
