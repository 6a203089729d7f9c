import type { Clock, Logger, Platform, ReceiverFactory } from "#component/component.ts";
import { emptyUnit, type Unit } from "#component/unit.ts";
import type { StateStore } from "#state/store.ts";
import type { Admission } from "./admission.ts";
import {
  type BackfillProgress,
  type BackfillRequest,
  backfillRequestFile,
  readBackfillProgress,
  readBackfillRequest,
  removeBackfillRequest,
  writeBackfillProgress,
} from "./backfill-files.ts";
import { BackfillHost } from "./backfill-host.ts";
import { FileWatch } from "./file-watch.ts";
import type { Plan, Planned } from "./plan.ts";
import type { Spooling } from "./spooler.ts";

/** While there is a request, how often is looked whether it still stands, and whether what was queued is delivered. */
const LOOK_MS = 1_000;
/** Progress is written at most so often. */
const PROGRESS_MS = 250;
/** How long a stopping receiver may take. */
const PATIENCE_MS = 5_000;

export interface BackfillOptions {
  stateDir: string;
  store: StateStore;
  admission: Admission;
  clock: Clock;
  log: Logger;
  platform: Platform;
  plan: () => Plan;
  /** Stores a unit in one synchronous commit, or throws. Returns how many records were accepted. */
  spool(receiver: string, unit: Unit, how: Spooling): number;
  /** When the last unit of a live receiver came. */
  lastLiveMs(): number;
}

/**
 * Brings what is older than this machine's first start, when somebody asks: reads all files again beside the live
 * receivers, with positions of its own, and always gives way to them. Goes on after a kill where it was.
 */
export class Backfill {
  readonly #o: BackfillOptions;
  readonly #watch: FileWatch;
  #running: Promise<void> | undefined;
  #abort = new AbortController();
  #stopped = false;
  #failedId = "";
  /** False while the progress cannot be written. */
  #isShown = true;
  #progress: BackfillProgress | undefined;

  constructor(options: BackfillOptions) {
    this.#o = options;
    const file = backfillRequestFile(options.stateDir);
    this.#watch = new FileWatch({ file, clock: options.clock, look: () => this.#look() });
  }

  /** Looks for requests from now on. */
  watch(): void {
    if (!this.#stopped) this.#watch.start();
  }

  /** What is done stays done; the rest is done at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#watch.close();
    this.#abort.abort();
    await this.#running;
  }

  #look(): void {
    const request = readBackfillRequest(this.#o.stateDir);
    if (request !== undefined || this.#running !== undefined) this.#watch.dueIn(LOOK_MS);
    if (this.#running !== undefined) {
      if (request === undefined || this.#o.admission.pause !== undefined) this.#abort.abort();
      return;
    }
    if (request === undefined || request.id === this.#failedId) return;
    if (this.#o.admission.pause !== undefined) {
      if (this.#progressOf(request).waitsFor !== "pause") this.#say(request, { waitsFor: "pause" });
      return;
    }
    this.#abort = new AbortController();
    this.#running = this.#bring(request, this.#abort.signal)
      .catch(() => {
        if (this.#abort.signal.aborted) return;
        this.#failedId = request.id;
        this.#o.log.error("the backfill failed; it goes on at the next start");
        this.#say(request, { state: "failed" });
      })
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #bring(request: BackfillRequest, signal: AbortSignal): Promise<void> {
    const { store, log, plan } = this.#o;
    const progress = this.#progressOf(request);
    if (request.to !== undefined && !progress.owed) {
      store.owe(request.to, request.sinceMs, request.untilMs);
      this.#say(request, { owed: true });
    }
    const keys = new Set<string>();
    for (const receiver of plan().receivers) {
      await this.#read(receiver, { request, signal, keys });
      if (signal.aborted) return this.#broken(keys);
    }
    const { records } = this.#say(request, { state: "queued", waitsFor: undefined });
    log.info("the backfill is queued", { records });
    while (!this.#isDelivered(request)) {
      await this.#pause(LOOK_MS, signal);
      if (signal.aborted) return this.#broken(keys);
    }
    this.#forget(keys);
    removeBackfillRequest(this.#o.stateDir);
    this.#say(request, { state: "delivered" });
  }

  async #read(
    receiver: Planned<ReceiverFactory>,
    run: { request: BackfillRequest; signal: AbortSignal; keys: Set<string> },
  ): Promise<void> {
    const { request, signal, keys } = run;
    const { store, admission, clock, log, platform } = this.#o;
    const { id, factory, config } = receiver;
    let writtenAtMs = 0;
    const host = new BackfillHost({
      request,
      store,
      clock,
      signal,
      keys,
      screen: admission.screen(factory.scope?.(config)),
      lastLiveMs: () => this.#o.lastLiveMs(),
      targets: () => this.#targets(request, id),
      spool: (unit) => this.#o.spool(id, unit, { as: `backfill/${id}`, to: request.to }),
      progressed: (bytes, records, waitsFor) => {
        const isDue = Math.abs(clock.now() - writtenAtMs) >= PROGRESS_MS;
        const before = this.#progress;
        this.#progress = { ...this.#progressOf(request), waitsFor };
        this.#progress.bytes += bytes;
        this.#progress.records += records;
        if (!isDue && before?.waitsFor === waitsFor) return;
        writtenAtMs = clock.now();
        this.#say(request, {});
      },
    });
    const component = factory.create({ id, clock, log, platform, count: () => {} }, config, host);
    try {
      await component.start();
      await Promise.race([host.done, aborted(signal)]);
    } finally {
      host.end();
      await component.shutdown(AbortSignal.timeout(PATIENCE_MS));
    }
  }

  /** Cancelled, or only put off until a pause or a restart is over. */
  #broken(keys: ReadonlySet<string>): void {
    if (readBackfillRequest(this.#o.stateDir) === undefined) this.#forget(keys);
  }

  /** Forgets the positions that only this request needed. */
  #forget(keys: ReadonlySet<string>): void {
    const [receiver] = this.#o.plan().receivers;
    if (receiver === undefined || keys.size === 0) return;
    const unit = emptyUnit({ name: "talos.backfill", version: "1" });
    for (const key of keys) unit.positions.set(key, null);
    this.#o.spool(receiver.id, unit, { as: `backfill/${receiver.id}`, to: undefined });
  }

  /** Destinations whose queue decides how fast this goes: the one that was named, or every primary. */
  #targets({ to }: BackfillRequest, receiver?: string): string[] {
    if (to !== undefined) return [to];
    return this.#o
      .plan()
      .pipelines.filter(({ receivers }) => receiver === undefined || receivers.includes(receiver))
      .flatMap(({ exporters: [primary] }) => primary ?? []);
  }

  #isDelivered(request: BackfillRequest): boolean {
    const { store } = this.#o;
    return this.#targets(request).every(
      (exporter) => store.pending(exporter).batches + store.parked(exporter).batches === 0,
    );
  }

  #progressOf({ id }: BackfillRequest): BackfillProgress {
    const known = this.#progress ?? readBackfillProgress(this.#o.stateDir);
    if (known?.id === id) return known;
    return { id, state: "reading", bytes: 0, records: 0, waitsFor: undefined, owed: false };
  }

  #say(request: BackfillRequest, news: Partial<BackfillProgress>): BackfillProgress {
    const progress = { ...this.#progressOf(request), ...news };
    this.#progress = progress;
    try {
      writeBackfillProgress(this.#o.stateDir, progress);
      this.#isShown = true;
    } catch {
      if (this.#isShown) this.#o.log.warn("the progress of the backfill cannot be written");
      this.#isShown = false;
    }
    return progress;
  }

  async #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    let cancel: (() => void) | undefined;
    const waited = new Promise<void>((resolve) => {
      cancel = this.#o.clock.after(delayMs, resolve);
    });
    await Promise.race([waited, aborted(signal)]);
    cancel?.();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
