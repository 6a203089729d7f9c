import type {
  Clock,
  Component,
  Exporter,
  Logger,
  Platform,
  Processor,
  Settings,
} from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import type { Unit } from "#component/unit.ts";
import { type FirstStart, readOrCreateFirstStart } from "#state/first-start.ts";
import { loadMasterKey, type MasterKey } from "#state/key-source.ts";
import { acquireLock, type Lock } from "#state/lock.ts";
import { StateStore } from "#state/store.ts";
import { Sender } from "../helper/sender.ts";
import { Counters } from "./counters.ts";
import { buildPipelines } from "./pipelines.ts";
import type { Plan } from "./plan.ts";
import { ReceiverGate } from "./receiver-gate.ts";
import { Spooler } from "./spooler.ts";
import { watchedRecently } from "./watching.ts";

/** After the first start, records leave every second for so long: somebody wants to see it work. */
const FIRST_MINUTES_MS = 10 * 60_000;
const PRUNE_EVERY_MS = 24 * 3_600_000;

export interface ServiceOptions {
  plan: Plan;
  version: string;
  clock: Clock;
  log: Logger;
  platform: Platform;
  /** `run --once`. */
  once: boolean;
  /** Sends every second whatever the batch settings say. */
  hurry?: boolean;
  /** Sees what was accepted, after it is durable; in memory only, for a screen on this machine. */
  onAccepted?: (records: readonly SourceRecord[]) => void;
}

const KEY_NOTES = {
  keychain: "in this system's keychain",
  memory: "in memory only; after a restart the transcripts are read again instead",
  file: "in a file beside the state",
};

function keyNoteOf({ source, note }: MasterKey): string {
  return note === "" ? KEY_NOTES[source] : note;
}

/** A running collector: starts exporters first and receivers last, and stops in the opposite order. */
export class Service {
  readonly store: StateStore;
  /** One sentence on where the outbox key is. */
  readonly keyNote: string;
  readonly #o: ServiceOptions;
  readonly #lock: Lock;
  readonly #counters = new Counters();
  readonly #exporters = new Map<string, Exporter>();
  readonly #senders: Sender[] = [];
  readonly #processors: Processor[] = [];
  readonly #receivers: Component[] = [];
  readonly #gates: ReceiverGate[] = [];
  readonly #started: Component[] = [];
  #failed: (error: Error) => void = () => {};
  /** Rejects when a component cannot go on. */
  readonly failure: Promise<never>;
  #cancelPrune: (() => void) | undefined;

  private constructor(
    options: ServiceOptions,
    lock: Lock,
    { store, keyNote }: { store: StateStore; keyNote: string },
  ) {
    this.#o = options;
    this.keyNote = keyNote;
    this.#lock = lock;
    this.store = store;
    this.failure = new Promise((_, reject) => {
      this.#failed = reject;
    });
    this.failure.catch(() => {});
  }

  /** Takes the state folder's lock, opens the state and builds every component. Starts nothing. */
  static async open(options: ServiceOptions): Promise<Service> {
    const { plan, clock, log, platform } = options;
    const lock = acquireLock(plan.stateDir, { pid: process.pid, startedAtMs: clock.now() });
    try {
      const firstStart = readOrCreateFirstStart(plan.configDir, clock);
      const source = plan.service.outbox.key_source;
      const masterKey = await loadMasterKey({ source, dir: plan.stateDir, platform, log });
      const store = StateStore.open({
        dir: plan.stateDir,
        exporters: plan.exporters.map(({ id }) => id),
        masterKey: masterKey.key,
        keySource: masterKey.source,
        clock,
        log,
      });
      const service = new Service(options, lock, { store, keyNote: keyNoteOf(masterKey) });
      service.#build(firstStart);
      return service;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Resolves once every component works. When one refuses, those already started are stopped again. */
  async start(): Promise<void> {
    try {
      for (const component of [...this.#exporters.values(), ...this.#processors])
        await this.#startOne(component);
      for (const sender of this.#senders) sender.start();
      for (const receiver of this.#receivers) await this.#startOne(receiver);
    } catch (error) {
      await this.stop(AbortSignal.abort());
      throw error;
    }
    this.#prune();
  }

  /** Resolves when every receiver has read everything that was there (`run --once`). */
  async readToEnd(): Promise<void> {
    await Promise.race([Promise.all(this.#gates.map((gate) => gate.done)), this.failure]);
  }

  /** Sends what is queued until `signal` aborts. True when every queue is empty and nothing is parked. */
  async drain(signal: AbortSignal): Promise<boolean> {
    const emptied = await Promise.all(this.#senders.map((sender) => sender.drain(signal)));
    const parked = this.#o.plan.exporters.some(({ id }) => this.store.parked(id).batches > 0);
    return emptied.every(Boolean) && !parked;
  }

  /** Ends reading, sends once more what is queued until `signal` aborts, and closes. What is left stays queued. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#cancelPrune?.();
    for (const gate of this.#gates) gate.stopWaiting();
    for (const receiver of this.#receivers.toReversed()) await this.#stopOne(receiver, signal);
    for (const gate of this.#gates) gate.close();
    if (!signal.aborted) await this.drain(signal);
    for (const sender of this.#senders) await sender.stop();
    for (const component of [...this.#processors, ...this.#exporters.values()])
      await this.#stopOne(component, signal);
    this.store.close();
    this.#lock.release();
  }

  #build(firstStart: FirstStart): void {
    const { plan, clock, log } = this.#o;
    for (const { id, factory, config } of plan.exporters) {
      const component = factory.create(this.#settings(id), config);
      this.#exporters.set(id, component);
      const mode = plan.pipelines.find(({ exporters }) => exporters.includes(id))?.mode ?? "off";
      this.#senders.push(
        new Sender({
          exporter: id,
          component,
          delivery: factory.delivery(config),
          store: this.store,
          clock,
          log,
          batch: { timeoutMs: plan.service.batch.timeout, sizeBytes: plan.service.batch.size },
          hurry: () => this.#hurries(firstStart.firstStartMs),
          mode,
          settled: () => this.#wakeReceivers(),
        }),
      );
    }
    const pipelines = buildPipelines({
      plan,
      version: this.#o.version,
      instanceId: firstStart.instanceId,
      settings: (id) => this.#settings(id),
      hasRoom: (exporter) => this.#hasRoom(exporter),
      counters: this.#counters,
    });
    this.#processors.push(...pipelines.flatMap(({ processors }) => processors));
    const spooler = new Spooler(this.store, pipelines, this.#counters);
    for (const { id, factory, config } of plan.receivers) {
      const gate = new ReceiverGate({
        store: this.store,
        firstStart,
        once: this.#o.once,
        hasRoom: () => this.#primariesHaveRoom(id),
        spool: (unit) => this.#spool(spooler, id, unit),
        failed: (error) => this.#failed(error),
      });
      this.#gates.push(gate);
      this.#receivers.push(factory.create(this.#settings(id), config, gate));
    }
  }

  #spool(spooler: Spooler, receiver: string, unit: Unit): void {
    const accepted = spooler.spool(receiver, unit);
    if (accepted.length === 0) return;
    for (const sender of this.#senders) sender.wake();
    this.#o.onAccepted?.(accepted);
  }

  #hurries(firstStartMs: number): boolean {
    const now = this.#o.clock.now();
    const age = now - firstStartMs;
    if (this.#o.hurry === true || (age >= 0 && age < FIRST_MINUTES_MS)) return true;
    return watchedRecently(this.#o.plan.stateDir, now);
  }

  #hasRoom(exporter: string): boolean {
    const bytes = this.store.pending(exporter).bytes + this.store.parked(exporter).bytes;
    return bytes < this.#o.plan.service.outbox.max_size;
  }

  #primariesHaveRoom(receiver: string): boolean {
    return this.#o.plan.pipelines
      .filter(({ receivers }) => receivers.includes(receiver))
      .every(({ exporters: [primary] }) => primary === undefined || this.#hasRoom(primary));
  }

  #wakeReceivers(): void {
    for (const gate of this.#gates) gate.wake();
  }

  #prune(): void {
    const { clock, log } = this.#o;
    try {
      this.store.prune(clock.now());
    } catch {
      log.warn("old state could not be pruned, trying again tomorrow");
    }
    this.#cancelPrune = clock.after(PRUNE_EVERY_MS, () => this.#prune());
  }

  #settings(id: string): Settings {
    const { clock, log, platform } = this.#o;
    return { id, clock, log, platform, count: (name, by) => this.#counters.add(name, by) };
  }

  async #startOne(component: Component): Promise<void> {
    await component.start();
    this.#started.push(component);
  }

  /** One component's trouble at the end must not keep the others from stopping. */
  async #stopOne(component: Component, signal: AbortSignal): Promise<void> {
    if (!this.#started.includes(component)) return;
    try {
      await component.shutdown(signal);
    } catch (error) {
      this.#o.log.error("a component did not stop cleanly", {
        error: error instanceof Error ? error.name : "unknown",
      });
    }
  }
}
