import type { Clock, Later, Logger } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import { type Mode, strictest } from "#proto/egress.ts";
import { readsText } from "#proto/text-modes.ts";
import { StateError } from "#state/errors.ts";
import type { StateStore } from "#state/store.ts";
import type { QueuedBatch } from "#state/types.ts";
import type { ModeInForce } from "./modes.ts";
import type { Pipeline } from "./spooler.ts";
import { decodeText, type TextEnvelope } from "./text-envelope.ts";
import type { Resolution } from "./text-outcome.ts";

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 5 * 60_000;
/** While the signed configuration has expired. */
const STALE_MS = 30_000;
/** While the primary destination has no room for more of texts. */
const FULL_MS = 10_000;
/** A text that makes its reader fail so often goes on without being read: it must not hold up all others. */
const MOST_FAILURES = 3;

export interface TextWorkerOptions {
  store: StateStore;
  clock: Clock;
  log: Logger;
  /** As it is wired now. */
  pipeline(): Pipeline;
  /** In force for the pipeline now. */
  mode(): ModeInForce;
  /** True for a record that the user does not want to be followed any more. */
  isExcluded(record: SourceRecord): boolean;
  /** False while too much of texts waits for the destination. */
  hasRoom(exporter: string): boolean;
  /** Stores what came of a text in one commit, or throws. */
  resolve(pipeline: string, worked: Worked): void;
  /** Something was queued for the pipeline's destinations. */
  settled(): void;
}

export type Worked = Pick<Resolution, "envelope" | "mode" | "row" | "reason">;

/** What one look at the queue led to. */
type Step = "idle" | "done" | "held";

/** Works on a pipeline's texts, one at a time and oldest first. Nothing else waits for it. */
export class TextWorker {
  readonly #o: TextWorkerOptions;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #cancelHold: (() => void) | undefined;
  #held: Promise<void> | undefined;
  #stopped = false;
  #delayMs = FIRST_RETRY_MS;
  /** The last problem that was said. */
  #said: string | undefined;
  /** The row that was last read in vain, and how often. */
  #failing = { id: -1, times: 0 };

  constructor(options: TextWorkerOptions) {
    this.#o = options;
  }

  /** Something may be waiting. Cheap, and never throws. */
  wake(): void {
    if (this.#stopped || this.#running !== undefined || this.#held !== undefined) return;
    this.#running = this.#workAll().finally(() => {
      this.#running = undefined;
    });
  }

  /** A mode or a setting changed: what was held back may go on. */
  retry(): void {
    this.#release();
    this.wake();
  }

  /** Works until nothing waits, something must wait, or `signal` aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    this.wake();
    const aborted = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    await Promise.race([this.#running, aborted]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#release();
    this.#abort.abort();
    await this.#running;
  }

  async #workAll(): Promise<void> {
    while (!this.#stopped) {
      // oxlint-disable-next-line no-await-in-loop -- one text at a time is the promise
      if ((await this.#step()) !== "done") return;
    }
  }

  async #step(): Promise<Step> {
    try {
      return await this.#next();
    } catch (error) {
      if (this.#stopped) return "held";
      return this.#hold(error instanceof StateError ? error.code : "failed", this.#grownDelay());
    }
  }

  async #next(): Promise<Step> {
    const { store } = this.#o;
    const pipeline = this.#o.pipeline();
    const lane = pipeline.texts?.lane;
    if (lane === undefined) return "idle";
    const [batch] = store.take(lane, { maxBytes: 1, maxBatches: 1 });
    if (batch === undefined) return "idle";
    const envelope = decodeText(batch.plaintext);
    if (envelope === undefined) {
      store.purge(lane, [batch.id], "unreadable");
      return "done";
    }
    return this.#work(pipeline, lane, batch, envelope);
  }

  async #work(pipeline: Pipeline, lane: string, { id }: QueuedBatch, envelope: TextEnvelope): Promise<Step> {
    const { record } = envelope;
    const before = this.#o.mode();
    if (!before.isFresh) return this.#hold("no_valid_configuration", STALE_MS);
    const isTold = mayRead(envelope, before) && !this.#o.isExcluded(record) && !this.#isFailing(id);
    if (isTold) {
      const [primary] = pipeline.destinations;
      if (primary !== undefined && !this.#o.hasRoom(primary.exporter)) return this.#hold("no_room", FULL_MS);
      const held = await this.#read(pipeline, envelope, { id, mode: before.mode });
      if (held !== undefined) return held;
    }
    // It may have become stricter meanwhile.
    const now = this.#o.mode();
    if (isTold && !now.isFresh) return this.#hold("no_valid_configuration", STALE_MS);
    const mode = isTold && mayRead(envelope, now) ? strictest(before.mode, now.mode) : "off";
    const reason = this.#isFailing(id) ? "failed" : undefined;
    this.#o.resolve(pipeline.name, { envelope, mode, row: { exporter: lane, id }, reason });
    this.#delayMs = FIRST_RETRY_MS;
    if (this.#said !== undefined) this.#o.log.info("texts are worked on again");
    this.#said = undefined;
    this.#o.settled();
    return "done";
  }

  #isFailing(id: number): boolean {
    return this.#failing.id === id && this.#failing.times >= MOST_FAILURES;
  }

  async #read(
    pipeline: Pipeline,
    envelope: TextEnvelope,
    of: { id: number; mode: Mode },
  ): Promise<Step | undefined> {
    try {
      return await this.#readThrough(pipeline, envelope.record, of.mode);
    } catch (error) {
      const times = this.#failing.id === of.id ? this.#failing.times + 1 : 1;
      this.#failing = { id: of.id, times };
      throw error;
    }
  }

  /**
   * Twice through the pipeline: what one processor made of the text, as hints, is looked at by those that stand before
   * it too. The text itself is gone by then, unless it is to leave.
   */
  async #readThrough(pipeline: Pipeline, record: SourceRecord, mode: Mode): Promise<Step | undefined> {
    for (const round of ["text", "hints"]) {
      if (round === "hints" && mode !== "full") delete record.body;
      for (const later of latersOf(pipeline)) {
        if (!later.wants(record)) continue;
        // oxlint-disable-next-line no-await-in-loop -- each one sees what the one before made of it
        const resolved = await later.resolve(record, this.#abort.signal, mode);
        if (this.#stopped) return "held";
        if (resolved.kind === "retry") return this.#hold(resolved.reason, resolved.afterMs);
        Object.assign(record, resolved.record);
        if (resolved.record.body === undefined) delete record.body;
      }
    }
    return undefined;
  }

  #grownDelay(): number {
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(LONGEST_RETRY_MS, delayMs * 2);
    return delayMs;
  }

  #hold(reason: string, afterMs: number): Step {
    if (this.#said !== reason) {
      this.#o.log.warn("texts wait, encrypted: counts go on", { reason, wait_ms: afterMs });
    }
    this.#said = reason;
    this.#held = new Promise((resolve) => {
      const cancel = this.#o.clock.after(afterMs, () => this.#release());
      this.#cancelHold = () => {
        cancel();
        this.#held = undefined;
        resolve();
      };
    });
    void this.#held.then(() => this.wake());
    return "held";
  }

  #release(): void {
    const cancel = this.#cancelHold;
    this.#cancelHold = undefined;
    cancel?.();
  }
}

function latersOf({ processors }: Pipeline): Later[] {
  return processors.flatMap(({ later }) => later ?? []);
}

function mayRead({ record }: TextEnvelope, { mode, sinceMs, isFresh }: ModeInForce): boolean {
  return isFresh && readsText(record.eventName, mode) && record.timeMs >= sinceMs;
}
