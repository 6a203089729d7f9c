import type { Clock, Exporter, Logger, TextWanted } from "#component/component.ts";
import { MODES } from "#proto/egress.ts";
import type { FirstStart } from "#state/first-start.ts";
import type { StateStore } from "#state/store.ts";
import type { ModeInForce, Modes } from "./modes.ts";
import type { Plan } from "./plan.ts";
import type { Pipeline, Resolution } from "./spooler.ts";
import { tighten } from "./text-tightening.ts";
import { TextWorker } from "./text-worker.ts";

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
  resolve(pipeline: Pipeline, resolution: Resolution): void;
  settled(): void;
}

/** The texts of every pipeline that may read some: who works on them, and what happens when the mode changes. */
export class Texts {
  readonly #o: TextsOptions;
  /** By pipeline. */
  readonly #workers = new Map<string, TextWorker>();

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
    if (wanted.size > 0) this.modesChanged();
  }

  /** Takes out of every destination's queue what may leave no longer, and tries again what was held back. */
  modesChanged(): void {
    for (const exporter of this.#reading.flatMap(({ exporters }) => exporters)) {
      const records = tighten(this.#o.store, exporter, this.modeOf(exporter).mode);
      if (records > 0) {
        this.#o.log.info("texts that may not leave any more were taken out", { exporter, records });
      }
    }
    for (const worker of this.#workers.values()) worker.retry();
  }

  wake(): void {
    for (const worker of this.#workers.values()) worker.wake();
  }

  async drain(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#workers.values()].map((worker) => worker.drain(signal)));
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
      resolve: (pipeline, resolution) => this.#o.resolve(pipeline, resolution),
      settled: () => this.#o.settled(),
    });
  }
}

/** The exporter, while the team's word on what may leave is fresh. */
export function sendingWhile(component: Exporter, isFresh: () => boolean): Exporter {
  return {
    start: () => component.start(),
    shutdown: (signal) => component.shutdown(signal),
    async send(request, signal) {
      if (isFresh()) return component.send(request, signal);
      return { kind: "retry", reason: "waits for a fresh signed configuration", afterMs: 30_000 };
    },
  };
}
