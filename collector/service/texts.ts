import type { Clock, Exporter, Logger, TextWanted } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import { MODES, type Mode } from "#proto/egress.ts";
import { StateError } from "#state/errors.ts";
import type { FirstStart } from "#state/first-start.ts";
import type { StateStore } from "#state/store.ts";
import type { ModeInForce, Modes } from "./modes.ts";
import type { Plan } from "./plan.ts";
import type { Pipeline } from "./spooler.ts";
import { isPendingLane, pendingLane, pipelineOf, withoutLane } from "./text-lanes.ts";
import { decodeText } from "./text-envelope.ts";
import type { Resolution } from "./text-outcome.ts";
import { tighten } from "./text-tightening.ts";
import { TextWorker, type Worked } from "./text-worker.ts";

/** So much text may wait for a pipeline to be worked on. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;

export interface TextsOptions {
  store: StateStore;
  clock: Clock;
  log: Logger;
  firstStart: FirstStart;
  modes: Modes;
  plan(): Plan;
  pipelines(): readonly Pipeline[];
  /** True for a record that the user does not want to be followed any more. */
  isExcluded(record: SourceRecord): boolean;
  /** False while too much of texts waits for the destination. */
  hasRoom(exporter: string): boolean;
  resolve(pipeline: string, resolution: Resolution): void;
  settled(): void;
}

/** The texts of every pipeline that may read some: who works on them, and what happens when the mode changes. */
export class Texts {
  readonly #o: TextsOptions;
  /** By pipeline. */
  readonly #workers = new Map<string, TextWorker>();
  /** By destination: no looser than this is what waits for it. */
  readonly #tightened = new Map<string, Mode>();

  constructor(options: TextsOptions) {
    this.#o = options;
  }

  /** Each pipeline that may read text has somebody who works on it. */
  async follow(): Promise<void> {
    const wanted = new Set(this.#reading.map(({ name }) => name));
    for (const [name, worker] of this.#workers) {
      if (wanted.has(name)) continue;
      this.#workers.delete(name);
      // oxlint-disable-next-line no-await-in-loop -- there are one or two
      await worker.stop();
    }
    for (const name of wanted) if (!this.#workers.has(name)) this.#workers.set(name, this.#workerOf(name));
    try {
      await this.#clearLeftovers();
    } catch (error) {
      this.#refused(error);
    }
    this.modesChanged();
  }

  /** Takes out of every destination's queue what may leave no longer, and tries again what was held back. */
  modesChanged(): void {
    this.#tightened.clear();
    try {
      for (const { id } of this.#o.plan().exporters) this.heed(id);
    } catch (error) {
      this.#refused(error);
    }
    for (const worker of this.#workers.values()) worker.retry();
  }

  /** Before anything of texts is sent to the destination: what may leave no longer is taken out. Throws StateError. */
  heed(exporter: string): void {
    const { mode } = this.modeOf(exporter);
    if (this.#tightened.get(exporter) === mode) return;
    const records = tighten(this.#o.store, exporter, mode);
    this.#tightened.set(exporter, mode);
    if (records === 0) return;
    this.#o.log.info("texts that may not leave any more were taken out", { exporter, records });
    this.#o.settled();
  }

  /** A full disk: each destination tries again before it sends anything of texts. */
  #refused(error: unknown): void {
    if (!(error instanceof StateError)) throw error;
    this.#o.log.warn("texts that may not leave any more could not be taken out yet: none is sent before", {
      cause: error.code,
    });
  }

  /** What waits in queues that nobody works on any more goes on without texts. */
  async #clearLeftovers(): Promise<void> {
    const { store } = this.#o;
    for (const { exporter: queue, configured } of store.balance().destinations) {
      if (configured) continue;
      // oxlint-disable-next-line no-await-in-loop -- one after the other, there are one or two
      if (isPendingLane(queue)) await this.#clearPending(queue);
      else if (withoutLane(queue) !== queue) store.passOn(queue, [withoutLane(queue)]);
    }
  }

  async #clearPending(lane: string): Promise<void> {
    const { store } = this.#o;
    const name = pipelineOf(lane);
    const own = this.#o.pipelines().find((pipeline) => pipeline.name === name);
    store.passOn(lane, own?.destinations.map(({ exporter }) => exporter) ?? []);
    for (;;) {
      const [batch] = store.take(lane, { maxBytes: 1, maxBatches: 1 });
      if (batch === undefined) return;
      const envelope = decodeText(batch.plaintext);
      const row = { exporter: lane, id: batch.id };
      if (envelope === undefined) store.purge(lane, [batch.id], "unreadable");
      else this.#resolve(name, { envelope, mode: "off", row });
      this.#o.settled();
      // oxlint-disable-next-line no-await-in-loop -- counts go on meanwhile
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #resolve(pipeline: string, worked: Worked): void {
    this.#o.resolve(pipeline, {
      ...worked,
      hasRoom: (exporter) => this.#o.hasRoom(exporter),
      modeOf: (exporter) => this.modeOf(exporter).mode,
    });
  }

  wake(): void {
    for (const worker of this.#workers.values()) worker.wake();
  }

  /** True when none waits. */
  async drain(signal: AbortSignal): Promise<boolean> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.drain(signal)));
    return this.#reading.every(({ name }) => this.#o.store.pending(pendingLane(name)).batches === 0);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
  }

  hasRoom(lane: string): boolean {
    return this.#o.store.pending(lane).bytes < MOST_WAITING_BYTES;
  }

  /** In force for what the destination gets: the strictest, where several pipelines feed it. */
  modeOf(exporter: string): ModeInForce {
    const feeding = this.#o.plan().pipelines.filter(({ exporters }) => exporters.includes(exporter));
    const strictest = MODES.find((mode) => feeding.some((pipeline) => pipeline.mode === mode)) ?? "off";
    return this.#o.modes.now(strictest);
  }

  /** The most that a pipeline which this receiver feeds may read now. */
  wantedBy(receiver: string): TextWanted | undefined {
    const modes = this.#reading
      .filter(({ receivers }) => receivers.includes(receiver))
      .map(({ mode }) => this.#o.modes.now(mode))
      .filter(({ mode, isFresh }) => mode !== "off" && isFresh);
    if (modes.length === 0) return undefined;
    return {
      completions: modes.some(({ mode }) => mode === "full"),
      sinceMs: Math.max(this.#o.firstStart.firstStartMs, Math.min(...modes.map(({ sinceMs }) => sinceMs))),
    };
  }

  get #reading(): Plan["pipelines"] {
    return this.#o.plan().pipelines.filter(({ mode }) => mode !== "off");
  }

  #workerOf(name: string): TextWorker {
    const { store, clock, log } = this.#o;
    return new TextWorker({
      store,
      clock,
      log,
      pipeline: () => {
        const found = this.#o.pipelines().find((pipeline) => pipeline.name === name);
        if (found === undefined) throw new Error("a pipeline of texts is not wired");
        return found;
      },
      mode: () => this.#o.modes.now(this.#reading.find((pipeline) => pipeline.name === name)?.mode ?? "off"),
      isExcluded: (record) => this.#o.isExcluded(record),
      hasRoom: (exporter) => this.#o.hasRoom(exporter),
      resolve: (pipeline, worked) => this.#resolve(pipeline, worked),
      settled: () => this.#o.settled(),
    });
  }
}

/** The exporter, while the team's word on what may leave is fresh. */
export function sendingWhile(component: Exporter, isFresh: () => boolean): Exporter {
  return {
    start: () => component.start(),
    shutdown: (signal) => component.shutdown(signal),
    async send(request, signal, places) {
      if (isFresh()) return component.send(request, signal, places);
      return { kind: "retry", reason: "waits for a configuration that is valid now", afterMs: 30_000 };
    },
  };
}
