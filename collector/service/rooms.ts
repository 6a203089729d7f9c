import type { Clock, Logger } from "#component/component.ts";
import type { ServiceConfig } from "#config/service.ts";
import type { StateStore } from "#state/store.ts";
import type { PlannedPipeline } from "./plan.ts";
import { contentLane } from "./text-lanes.ts";

/** How often records are looked for that have waited too long. */
const EXPIRE_EVERY_MS = 10 * 60_000;
/** After the clock has jumped, or the computer slept, nothing is given up for so long: it may be corrected. */
const STEADY_MS = 60 * 60_000;

export interface RoomsOptions {
  store: StateStore;
  clock: Clock;
  log: Logger;
  /** What is configured now. */
  plan(): { pipelines: readonly PlannedPipeline[]; service: ServiceConfig };
  /** Reads again what the destination missed: calls `store.refill` while no receiver runs. */
  refill(exporter: string): void;
}

/**
 * How much may wait for each destination. A full primary stops reading and loses nothing. Another one is detached: it
 * is owed what comes meanwhile, and gets that once half of its queue is free again.
 */
export class Rooms {
  readonly #o: RoomsOptions;
  /** Said once per time that it is over its limit. */
  readonly #said = new Set<string>();
  readonly #refilling = new Set<string>();
  #cancel: (() => void) | undefined;
  #lookedAtMs = Number.NaN;
  #steadySinceMs = Number.NaN;

  constructor(options: RoomsOptions) {
    this.#o = options;
  }

  /** Looks for what has waited too long, now and from time to time, and refills who has room. */
  start(): void {
    this.#look();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  primaryHasRoom(exporter: string): boolean {
    return this.#bytes(exporter) < this.#limit(exporter);
  }

  hasRoom(exporter: string): boolean {
    if (this.#o.store.isDetached(exporter)) return false;
    if (this.#bytes(exporter) < this.#limit(exporter)) return true;
    if (!this.#said.has(exporter)) {
      this.#o.log.warn(
        "a destination is over its limit: it gets what it misses once it takes records again",
        {
          exporter,
          limit_bytes: this.#limit(exporter),
        },
      );
      this.#said.add(exporter);
    }
    return false;
  }

  /** Of what was made of texts: it has a queue of its own, which holds up nothing else. */
  contentHasRoom(exporter: string): boolean {
    return this.#bytes(contentLane(exporter)) < this.#limit(exporter);
  }

  /** Something left the destination's queue. */
  settled(exporter: string): void {
    if (this.#refilling.has(exporter) || !this.mayRefill(exporter)) return;
    this.#refilling.add(exporter);
    this.#said.delete(exporter);
    this.#o.log.info("a destination has room again: what it missed is read again", { exporter });
    this.#o.refill(exporter);
  }

  /** The refill is done. One that failed is tried again at the next look. */
  refilled(exporter: string): void {
    this.#refilling.delete(exporter);
  }

  /** True when it missed something and half of its queue is free. */
  mayRefill(exporter: string): boolean {
    try {
      return this.#o.store.isDetached(exporter) && this.#bytes(exporter) * 2 < this.#limit(exporter);
    } catch {
      return false;
    }
  }

  #look(): void {
    const { pipelines } = this.#o.plan();
    const exporters = new Set(pipelines.flatMap((pipeline) => pipeline.exporters));
    const isSteady = this.#isSteady(this.#o.clock.now());
    this.#refilling.clear();
    for (const exporter of exporters) {
      if (isSteady) this.#expire(exporter);
      this.settled(exporter);
    }
    this.#cancel = this.#o.clock.after(EXPIRE_EVERY_MS, () => this.#look());
  }

  #isSteady(nowMs: number): boolean {
    const passedMs = nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    if (!(passedMs >= 0 && passedMs < 2 * EXPIRE_EVERY_MS)) this.#steadySinceMs = nowMs;
    return nowMs - this.#steadySinceMs >= STEADY_MS;
  }

  #expire(exporter: string): void {
    const { store, clock, log } = this.#o;
    const maxAgeMs = this.#maxAge(exporter);
    if (maxAgeMs === undefined) return;
    try {
      const beforeMs = clock.now() - maxAgeMs;
      const records = store.expire(exporter, beforeMs) + store.expire(contentLane(exporter), beforeMs);
      if (records > 0)
        log.warn("records waited too long for a destination and are given up", { exporter, records });
    } catch {
      log.warn("records that waited too long could not be removed, trying again", { exporter });
    }
  }

  /** A primary keeps everything, unless an age is set for it by its name. */
  #maxAge(exporter: string): number | undefined {
    const { pipelines, service } = this.#o.plan();
    const own = service.outbox.limits[exporter]?.max_age;
    const isPrimary = pipelines.some(({ exporters: [primary] }) => primary === exporter);
    return own ?? (isPrimary ? undefined : service.outbox.max_age);
  }

  #limit(exporter: string): number {
    const { outbox } = this.#o.plan().service;
    return outbox.limits[exporter]?.max_size ?? outbox.max_size;
  }

  #bytes(exporter: string): number {
    const { store } = this.#o;
    return store.pending(exporter).bytes + store.parked(exporter).bytes;
  }
}
