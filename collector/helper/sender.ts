import type { Clock, Delivery, Exporter, Logger, SendResult } from "#component/component.ts";
import { checkRecord, type Mode, type OptIn } from "#proto/egress.ts";
import type { LogRecord, LogsRequest } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import { StateError } from "#state/errors.ts";
import type { StateStore } from "#state/store.ts";
import type { QueuedBatch } from "#state/types.ts";
import { Backoff } from "./backoff.ts";
import {
  asBatch,
  countRecords,
  filterRequest,
  halveRequest,
  mergeRequests,
  singleRecords,
  withoutOptIns,
} from "./request.ts";
import { whenAborted } from "./when-aborted.ts";

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 5 * 60_000;
/** How often a waiting sender looks whether somebody watches. */
const LOOK_MS = 1_000;

export interface SenderOptions {
  exporter: string;
  component: Exporter;
  delivery: Delivery;
  store: StateStore;
  clock: Clock;
  log: Logger;
  batch: { timeoutMs: number; sizeBytes: number };
  /** True while records should leave every second: the first minutes, and while somebody watches. */
  hurry(): boolean;
  /** The privacy mode in force, for the gate at sending. */
  mode: Mode;
  /** What the team turned on beyond its mode. Anything else of that kind is taken out of records that wait. */
  optIns: ReadonlySet<OptIn>;
  /** Called before each request, and may change the queue. When it throws, nothing is sent. */
  prepare?: () => void;
  /** Called after anything left the queue, so that a waiting receiver goes on. */
  settled(): void;
}

interface Gated extends Pick<QueuedBatch, "id" | "ranges"> {
  request: LogsRequest;
}

type Outcome = "idle" | "sent" | "held";

/** Empties one destination's queue, oldest first, one request at a time. Nothing leaves the queue unsettled. */
export class Sender {
  readonly #o: SenderOptions;
  readonly #backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  readonly #abort = new AbortController();
  #cancelTimer: (() => void) | undefined;
  #cancelHold: (() => void) | undefined;
  #running: Promise<void> | undefined;
  /** Ended by a timer and never by the time of day, so that a clock that jumps back cannot prolong it. */
  #held: Promise<void> | undefined;
  #maxBytes: number;
  /** True after the destination refused everything (a wrong token), until it takes something again. */
  #refused = false;
  /** A record alone was too large, and that was said. */
  #tooLarge = false;
  /** What is parked is to be queued again before the next request. */
  #asksAgain = false;
  /** What became of a request and could not be stored yet: done before anything else is sent. */
  #unsettled: (() => void) | undefined;
  /** The last problem that was said: the same one is not said again at every try. */
  #said: string | undefined;
  #draining = false;
  #stopped = false;

  constructor(options: SenderOptions) {
    this.#o = options;
    this.#maxBytes = options.batch.sizeBytes;
  }

  start(): void {
    try {
      this.#o.store.unpark(this.#o.exporter);
    } catch (error) {
      this.#asksAgain = true;
      this.#stateFailed(error);
    }
    this.wake();
  }

  /** Something was queued, or the time may have come. Cheap; call it after every commit. Never throws. */
  wake(): void {
    if (this.#stopped || this.#draining || this.#running !== undefined) return;
    const waitMs = this.#dueInMs();
    if (waitMs === undefined) return;
    if (waitMs > 0) return this.#later(waitMs);
    this.#running = this.#sendAll(() => this.#dueInMs() === 0).finally(() => {
      this.#running = undefined;
      this.wake();
    });
  }

  /**
   * Sends what is queued without waiting for a full batch; retries until `signal` aborts, which also ends the request
   * in flight. True when all is gone. Only `stop` may follow.
   */
  async drain(signal: AbortSignal): Promise<boolean> {
    this.#draining = true;
    this.#cancelTimer?.();
    const aborted = whenAborted(signal);
    void aborted.then(() => this.#abort.abort());
    if (signal.aborted) this.#abort.abort();
    await this.#running;
    while (!signal.aborted && !this.#stopped) {
      const outcome = await this.#sendOnce();
      if (outcome === "idle") break;
      // Nobody gives it another token within this run's last seconds.
      if (outcome === "held" && this.#refused) break;
      if (outcome === "held") await Promise.race([this.#held, aborted]);
    }
    return this.#isEmpty();
  }

  /** Begins no other request, settles the one in flight, and stops. When `signal` aborts, that one is ended too. */
  async finish(signal: AbortSignal): Promise<void> {
    this.#stopped = true;
    await Promise.race([this.#running, whenAborted(signal)]);
    await this.stop();
  }

  /** Ends the request in flight; its records stay queued. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelHold?.();
    this.#abort.abort();
    await this.#running;
  }

  #isEmpty(): boolean {
    try {
      return this.#unsettled === undefined && this.#o.store.pending(this.#o.exporter).batches === 0;
    } catch {
      return false;
    }
  }

  /** Milliseconds until something should be sent; undefined when nothing is queued, or the destination is held. */
  #dueInMs(): number | undefined {
    if (this.#held !== undefined) return undefined;
    if (this.#asksAgain || this.#unsettled !== undefined) return 0;
    try {
      return this.#queueDueInMs();
    } catch (error) {
      this.#stateFailed(error);
      return undefined;
    }
  }

  #queueDueInMs(): number | undefined {
    const { store, exporter, clock, delivery, batch } = this.#o;
    const { batches, bytes, oldestMs } = store.pending(exporter);
    if (batches === 0) return undefined;
    if (delivery.timing === "immediate" || bytes >= batch.sizeBytes || this.#o.hurry()) return 0;
    const age = clock.now() - (oldestMs ?? 0);
    // A clock that jumped back must not make the batch wait longer than the setting.
    return age < 0 ? 0 : Math.max(0, batch.timeoutMs - age);
  }

  #later(waitMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#o.clock.after(Math.min(waitMs, LOOK_MS), () => this.wake());
  }

  async #sendAll(goOn: () => boolean): Promise<void> {
    while (!this.#stopped && goOn()) {
      if ((await this.#sendOnce()) !== "sent") return;
    }
  }

  /** Never rejects: a disk that refuses is waited for like a destination that does. */
  async #sendOnce(): Promise<Outcome> {
    try {
      this.#settleAgain();
      return await this.#exchange();
    } catch (error) {
      return this.#stateFailed(error);
    }
  }

  async #exchange(): Promise<Outcome> {
    const { store, exporter, delivery } = this.#o;
    if (this.#asksAgain) store.unpark(exporter);
    this.#asksAgain = false;
    this.#o.prepare?.();
    const maxBatches = delivery.grouping === "batch" ? 1 : 1_000;
    const queued = store.take(exporter, { maxBytes: this.#maxBytes, maxBatches });
    if (queued.length === 0) return "idle";
    const allowed = queued.map((batch) => this.#gated(batch)).filter((batch) => batch !== undefined);
    if (allowed.length === 0) return "sent";
    const request = mergeRequests(allowed.map((batch) => batch.request));
    const places = allowed.flatMap(({ ranges }) => ranges);
    const result = await this.#o.component.send(request, this.#abort.signal, places);
    if (this.#abort.signal.aborted && result.kind === "retry") return "held";
    return this.#act(
      result,
      allowed.map(({ id }) => id),
      request,
    );
  }

  /**
   * The gate at sending. A batch of which a tightened mode forbids a part is cut into single records, so that
   * the next round sends what may still leave and purges the rest, each with its own count.
   */
  #gated({ id, plaintext, records, ranges }: QueuedBatch): Gated | undefined {
    const { store, exporter, mode, optIns } = this.#o;
    const request = withoutOptIns(protobufCodec.decodeRequest(plaintext), optIns);
    const fits = (record: LogRecord) => checkRecord(record, mode, optIns).length === 0;
    const left = countRecords(filterRequest(request, fits));
    if (left === records) return { id, request, ranges };
    if (left === 0) this.#settle(() => store.purge(exporter, [id], "egress_blocked"));
    else store.split(exporter, id, singleRecords(request).map(asBatch));
    return undefined;
  }

  #act(result: SendResult, ids: number[], request: LogsRequest): Outcome {
    const { store, exporter, log } = this.#o;
    switch (result.kind) {
      case "delivered":
        return this.#delivered(ids, result.rejected);
      case "retry":
        return this.#hold(result.reason, "retrying", result.afterMs);
      case "split":
        return this.#split(ids, request, result.reason);
      case "park":
        this.#asksAgain = result.destination === true;
        this.#settle(() => store.park(exporter, ids, result.reason));
        if (result.destination === true) return this.#hold(result.reason, "parked");
        log.error("request refused: kept aside, tried again at the next start", {
          exporter,
          reason: result.reason,
        });
        this.#note(result.reason, "parked");
        return "sent";
      default:
        return result satisfies never;
    }
  }

  #delivered(ids: number[], rejected: number): Outcome {
    const { store, exporter, log, clock } = this.#o;
    this.#backoff.reset();
    this.#maxBytes = this.#o.batch.sizeBytes;
    this.#settle(() => store.acknowledge(exporter, ids, rejected));
    if (rejected > 0) log.warn("records rejected by the destination", { exporter, records: rejected });
    if (this.#said !== undefined) log.info("destination accepts again", { exporter });
    this.#refused = false;
    this.#said = undefined;
    this.#tooLarge = false;
    store.health(exporter, { lastDeliveredMs: clock.now(), state: "ok", retryAtMs: undefined });
    return "sent";
  }

  /** Too large as a whole: smaller requests from now on, or the one batch cut in two. */
  #split(ids: number[], request: LogsRequest, reason: string): Outcome {
    const { store, exporter, log } = this.#o;
    const [id, ...others] = ids;
    if (id === undefined) return "idle";
    if (others.length > 0) {
      const bytes = protobufCodec.encodeRequest(request).length;
      this.#maxBytes = Math.max(1, Math.floor(bytes / 2));
      return "sent";
    }
    if (countRecords(request) < 2) {
      this.#settle(() => store.park(exporter, ids, reason));
      this.#note(reason, "parked");
      // A destination that takes nothing would fill the log, a line a record.
      if (!this.#tooLarge)
        log.error("a record is too large for the destination: kept aside", { exporter, reason });
      this.#tooLarge = true;
      return "sent";
    }
    store.split(exporter, id, halveRequest(request).map(asBatch));
    return "sent";
  }

  #hold(reason: string, state: "retrying" | "parked", afterMs?: number): Outcome {
    const { exporter, clock, log } = this.#o;
    const waitMs = Math.max(afterMs ?? 0, this.#backoff.next());
    if (state === "parked") this.#refused = true;
    this.#wait(waitMs);
    const level = this.#isNews(reason) ? (state === "parked" ? "error" : "warn") : "debug";
    log[level]("delivery failed: nothing is lost, trying again", { exporter, reason, wait_ms: waitMs });
    this.#note(reason, state, clock.now() + waitMs);
    return "held";
  }

  #stateFailed(error: unknown): Outcome {
    const { exporter, log } = this.#o;
    const waitMs = this.#backoff.next();
    this.#wait(waitMs);
    const cause = error instanceof StateError ? error.code : "unknown";
    const level = this.#isNews(cause) ? "error" : "debug";
    log[level]("the state refused: nothing is lost, trying again", { exporter, cause, wait_ms: waitMs });
    return "held";
  }

  #isNews(problem: string): boolean {
    const isNews = problem !== this.#said;
    this.#said = problem;
    return isNews;
  }

  #wait(waitMs: number): void {
    this.#cancelHold?.();
    this.#held = new Promise((resolve) => {
      this.#cancelHold = this.#o.clock.after(waitMs, () => {
        this.#held = undefined;
        resolve();
        this.wake();
      });
    });
  }

  #note(lastProblem: string, state: "retrying" | "parked", retryAtMs?: number): void {
    const { store, exporter, clock } = this.#o;
    store.health(exporter, { lastProblem, lastProblemMs: clock.now(), state, retryAtMs });
  }

  #settle(change: () => void): void {
    this.#unsettled = change;
    this.#settleAgain();
  }

  #settleAgain(): void {
    if (this.#unsettled === undefined) return;
    this.#unsettled();
    this.#unsettled = undefined;
    this.#o.settled();
  }
}
