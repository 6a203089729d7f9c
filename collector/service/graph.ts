import type {
  Clock,
  Component,
  Exporter,
  ExporterFactory,
  Ledger,
  Logger,
  Platform,
  ProcessorFactory,
  ReceiverFactory,
  Settings,
} from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import type { Unit } from "#component/unit.ts";
import type { FirstStart } from "#state/first-start.ts";
import type { StateStore } from "#state/store.ts";
import type { NewBatch } from "#state/types.ts";
import { Sender } from "../helper/sender.ts";
import type { Admission } from "./admission.ts";
import { Counters } from "./counters.ts";
import { stepsTo } from "./diff.ts";
import { Lifecycle, patience } from "./lifecycle.ts";
import type { Modes } from "./modes.ts";
import type { Pausing } from "./pausing.ts";
import { buildPipelines } from "./pipelines.ts";
import type { Plan, Planned } from "./plan.ts";
import { Followers } from "./followers.ts";
import { ProcessorSet } from "./processor-set.ts";
import { ReceiverGate } from "./receiver-gate.ts";
import type { Rooms } from "./rooms.ts";
import { type Pipeline, Spooler, type Spooling } from "./spooler.ts";
import type { Taps } from "./taps.ts";
import { contentLane, queuesOf } from "./text-lanes.ts";
import { sendingWhile, Texts } from "./texts.ts";

export interface GraphOptions {
  store: StateStore;
  firstStart: FirstStart;
  version: string;
  clock: Clock;
  log: Logger;
  platform: Platform;
  once: boolean;
  /** True while records should leave every second. */
  hurry(): boolean;
  /** Sees what was accepted, after it is durable. */
  accepted(records: readonly SourceRecord[]): void;
  /** A component cannot go on. */
  failed(error: Error): void;
  admission: Admission;
  pausing: Pausing;
  rooms: Rooms;
  modes: Modes;
  taps?: Taps;
  ledger?: Ledger | undefined;
}

/** What one change of the plan did, in components. */
export interface Changes {
  kept: number;
  started: number;
  stopped: number;
}

interface RunningExporter {
  planned: Planned<ExporterFactory>;
  component: Exporter;
  /** One for each of its queues. */
  senders: Sender[];
}

interface RunningReceiver {
  planned: Planned<ReceiverFactory>;
  component: Component;
  gate: ReceiverGate;
}

/**
 * The components that run. `reconcile` makes them what a plan says: what is equal goes on as the same instance, and
 * records find their new ways between two commits, so that none is lost or doubled.
 */
export class Graph {
  readonly #o: GraphOptions;
  readonly #counters = new Counters();
  /** By receiver: what it knows of and has not read. */
  readonly #lagBytes = new Map<string, number>();
  readonly #spooler: Spooler;
  readonly #followers = new Followers();
  readonly #exporters = new Map<string, RunningExporter>();
  readonly #receivers = new Map<string, RunningReceiver>();
  readonly #texts: Texts;
  /** When the last record of a live receiver was stored. */
  lastLiveMs = 0;
  readonly #lifecycle: Lifecycle;
  #processors = new ProcessorSet();
  #plan: Plan;
  #pipelines: readonly Pipeline[] = [];
  #started = false;

  /** `plan` says how to begin; nothing is made before `reconcile`. */
  constructor(options: GraphOptions, plan: Plan) {
    this.#o = options;
    this.#lifecycle = new Lifecycle(options.log);
    this.#plan = { ...plan, receivers: [], exporters: [], pipelines: [] };
    const stored = (batches: readonly NewBatch[]) => options.taps?.stored(batches);
    this.#spooler = new Spooler(options.store, [], this.#counters, stored);
    this.#texts = new Texts({
      ...options,
      plan: () => this.#plan,
      pipelines: () => this.#pipelines,
      isExcluded: ({ cwd }) => options.admission.isExcluded(cwd),
      hasRoom: (exporter) => options.rooms.contentHasRoom(exporter),
      resolve: (pipeline, resolution) => this.#spooler.resolve(pipeline, resolution),
      settled: () => this.#wakeSenders(),
    });
  }

  get plan(): Plan {
    return this.#plan;
  }

  /** Exporters start first and receivers last. Throws with a part done when a component refuses. */
  async reconcile(plan: Plan): Promise<Changes> {
    const receivers = stepsTo(planned(this.#receivers), plan.receivers);
    const exporters = stepsTo(planned(this.#exporters), plan.exporters);
    for (const id of receivers.stop.toReversed()) await this.#stopReceiver(id, patience());
    for (const id of exporters.stop) await this.#stopExporter(id);
    for (const each of exporters.start) await this.#startExporter(each);
    const before = this.#processors;
    const make = ({ id, factory, config }: Planned<ProcessorFactory>) =>
      factory.create(this.#settings(id), config);
    const processors = await before.next(plan, make, this.#lifecycle);
    this.#switch(plan, processors);
    const [gone, added] = [before.without(processors), processors.without(before)];
    for (const component of gone) await this.#lifecycle.shutDown(component);
    for (const { id } of exporters.start)
      for (const sender of this.#exporters.get(id)?.senders ?? []) sender.start();
    await this.#texts.follow();
    for (const each of receivers.start) await this.#startReceiver(each);
    this.#started = true;
    this.#wakeSenders();
    this.#wakeReceivers();
    return {
      kept: receivers.keep.length + exporters.keep.length + processors.size - added.length,
      started: receivers.start.length + exporters.start.length + added.length,
      stopped: receivers.stop.length + exporters.stop.length + gone.length,
    };
  }

  /** Bytes that the receivers know of and have not read. */
  get lagBytes(): number {
    return [...this.#lagBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Resolves when every receiver has read everything that was there. */
  async readToEnd(): Promise<void> {
    await Promise.all([...this.#receivers.values()].map(({ gate }) => gate.done));
  }

  /** A request left that the ledger could not keep. */
  ledgerMissed(): void {
    this.#counters.add("ledger_missed");
  }

  /** True when every queue is empty. */
  async drain(signal: AbortSignal): Promise<boolean> {
    const isWorkedOff = await this.#texts.drain(signal);
    const all = this.#senders.map((sender) => sender.drain(signal));
    return (await Promise.all(all)).every(Boolean) && isWorkedOff;
  }

  /** Receivers stop first, so that what they hold is stored and sent until `signal` aborts. */
  async stop(signal: AbortSignal): Promise<void> {
    for (const { gate } of this.#receivers.values()) gate.stopWaiting();
    for (const id of [...this.#receivers.keys()].toReversed()) await this.#stopReceiver(id, signal);
    if (!signal.aborted) await this.drain(signal);
    await this.#texts.stop();
    for (const sender of this.#senders) await sender.stop();
    const exporters = [...this.#exporters.values()].map(({ component }) => component);
    for (const component of [...this.#processors.components, ...exporters])
      await this.#lifecycle.shutDown(component, signal);
  }

  /** In one go: no unit is stored between what the store takes and where records go. */
  #switch(plan: Plan, processors: ProcessorSet): void {
    const { store, version, firstStart, rooms } = this.#o;
    const pipelines = buildPipelines({
      plan,
      version,
      instanceId: firstStart.instanceId,
      processor: (pipeline, each) => processors.of(pipeline, each),
      hasRoom: (exporter, isPrimary) =>
        isPrimary ? rooms.primaryHasRoom(exporter) : rooms.hasRoom(exporter),
      mode: (configured) => this.#o.modes.now(configured),
      textHasRoom: (lane) => this.#texts.hasRoom(lane),
      counters: this.#counters,
    });
    store.configure(queuesOf(plan));
    this.#pipelines = pipelines;
    this.#spooler.reroute(this.#o.taps?.attach(pipelines, plan) ?? pipelines);
    this.#processors = processors;
    this.#plan = plan;
  }

  async #startExporter(each: Planned<ExporterFactory>): Promise<void> {
    const { id, factory, config } = each;
    const component = factory.create(this.#settings(id), config);
    await this.#lifecycle.start(component);
    const senders = [id, contentLane(id)].map((queue) => this.#senderOf(queue, each, component));
    this.#exporters.set(id, { planned: each, component, senders });
  }

  #senderOf(queue: string, { id, factory, config }: Planned<ExporterFactory>, component: Exporter): Sender {
    const { store, clock, log, modes } = this.#o;
    const current = () => this.#plan;
    const mode = () => this.#texts.modeOf(id);
    const isContent = queue !== id;
    return new Sender({
      exporter: queue,
      component: isContent ? sendingWhile(component, () => mode().isFresh) : component,
      ...(isContent && { prepare: () => this.#texts.heed(id) }),
      delivery: factory.delivery(config),
      store,
      clock,
      log,
      hurry: () => this.#o.hurry(),
      get batch() {
        const { timeout, size } = current().service.batch;
        return { timeoutMs: timeout, sizeBytes: size };
      },
      // What is no content is the same in every mode, and no change of mode may hold it back.
      get mode() {
        return isContent ? mode().mode : "off";
      },
      get optIns() {
        return modes.optIns;
      },
      settled: () => {
        this.#wakeReceivers();
        this.#o.rooms.settled(id);
      },
    });
  }

  get #senders(): Sender[] {
    return [...this.#exporters.values()].flatMap(({ senders }) => senders);
  }

  /** What `modes` says has changed: what may leave no longer is taken out of every queue before anything else is sent. */
  modesChanged(): void {
    this.#texts.modesChanged();
    this.#wakeSenders();
  }

  #wakeSenders(): void {
    for (const sender of this.#senders) sender.wake();
  }

  async #stopExporter(id: string): Promise<void> {
    const running = this.#exporters.get(id);
    if (running === undefined) return;
    for (const sender of running.senders) await sender.finish(patience());
    await this.#lifecycle.shutDown(running.component);
    this.#exporters.delete(id);
  }

  async #startReceiver(each: Planned<ReceiverFactory>): Promise<void> {
    const { id, factory, config } = each;
    const { store, firstStart, once, admission, pausing } = this.#o;
    const gate: ReceiverGate = new ReceiverGate({
      store,
      // What is there when a receiver joins a running collector is not from before the first start.
      firstStart: this.#started ? { ...firstStart, created: false } : firstStart,
      once,
      hasRoom: () => this.#primariesHaveRoom(id),
      screen: admission.screen(factory.scope?.(config)),
      isPausing: () => pausing.isPausing,
      skipBeforeMs: pausing.skipBeforeMs,
      text: () => this.#texts.wantedBy(id),
      spool: (unit) => this.#spool(id, unit),
      failed: (error) => {
        if (this.#receivers.get(id)?.gate === gate) this.#o.failed(error);
      },
    });
    const component = factory.create(this.#settings(id), config, gate);
    this.#receivers.set(id, { planned: each, component, gate });
    try {
      await this.#lifecycle.start(component);
    } catch (error) {
      gate.close();
      this.#receivers.delete(id);
      throw error;
    }
  }

  async #stopReceiver(id: string, signal: AbortSignal): Promise<void> {
    const running = this.#receivers.get(id);
    if (running === undefined) return;
    running.gate.stopWaiting();
    await this.#lifecycle.shutDown(running.component, signal);
    if (signal.aborted || !running.gate.isStored) this.#o.pausing.leftOver();
    running.gate.close();
    this.#receivers.delete(id);
    this.#lagBytes.delete(id);
    this.#spooler.forget(id);
    this.#followers.forget(id);
  }

  #spool(receiver: string, unit: Unit): void {
    const { shared, rival } = this.#followers.meet(receiver, unit.positions.keys());
    this.#counters.add("receiver_shared_files", shared);
    if (rival !== undefined) {
      const message =
        "two receivers follow the same files, and take each other's records: separate their patterns";
      this.#o.log.error(message, { receiver, rival });
    }
    if (unit.records.length > 0) this.lastLiveMs = this.#o.clock.now();
    this.spool(receiver, unit);
  }

  /** Stores a unit and lets the senders know. Returns how many records were accepted. */
  spool(receiver: string, unit: Unit, how?: Spooling): number {
    const accepted = this.#spooler.spool(receiver, unit, how);
    if (accepted.length === 0) return 0;
    this.#wakeSenders();
    this.#texts.wake();
    this.#o.accepted(accepted);
    return accepted.length;
  }

  #primariesHaveRoom(receiver: string): boolean {
    return this.#plan.pipelines
      .filter(({ receivers }) => receivers.includes(receiver))
      .every(({ exporters: [primary] }) => primary === undefined || this.#o.rooms.primaryHasRoom(primary));
  }

  #wakeReceivers(): void {
    for (const { gate } of this.#receivers.values()) gate.wake();
  }

  #settings(id: string): Settings {
    const { clock, log, platform, ledger } = this.#o;
    const count = (name: string, by?: number) => this.#counters.add(name, by);
    const gauge: Settings["gauge"] = (_, value) => void this.#lagBytes.set(id, value);
    return { id, clock, log, platform, count, gauge, ...(ledger !== undefined && { ledger }) };
  }
}

function planned<T>(running: ReadonlyMap<string, { planned: T }>): T[] {
  return [...running.values()].map((each) => each.planned);
}
