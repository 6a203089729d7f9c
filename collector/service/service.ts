import type { Clock, Logger, Platform } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import { type FirstStart, readOrCreateFirstStart } from "#state/first-start.ts";
import { loadMasterKey, type MasterKey } from "#state/key-source.ts";
import { endRotation } from "#state/rotate-key.ts";
import { acquireLock, type Lock } from "#state/lock.ts";
import type { RequestLedger } from "../ledger/ledger.ts";
import { StateStore } from "#state/store.ts";
import { Admission } from "./admission.ts";
import { Backfill } from "./backfill.ts";
import { livePlan, samePlan } from "./diff.ts";
import { type Changes, Graph } from "./graph.ts";
import { type Modes, NO_TEXT } from "./modes.ts";
import { type Pause, pausesFile } from "./pauses.ts";
import { ownLedger } from "./own-ledger.ts";
import { Pausing } from "./pausing.ts";
import type { Plan } from "./plan.ts";
import { Rooms } from "./rooms.ts";
import { StateFolder } from "./state-folder.ts";
import type { Taps } from "./taps.ts";
import { queuesOf } from "./text-lanes.ts";
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
  /** `backfill` without a running collector: nothing is followed meanwhile. */
  backfillOnly?: boolean;
  /** Sends every second whatever the batch settings say. */
  hurry?: boolean;
  /** Sees what was accepted, after it is durable; in memory only, for a screen on this machine. */
  onAccepted?: (records: readonly SourceRecord[]) => void;
  /** Which privacy mode is in force. Without it no text is read. */
  modes?: Modes;
  /** Where somebody on this machine may look at records on their way. */
  taps?: Taps;
  /** SHA-256 of the key of the team that this machine is enrolled with, hex. */
  pinned?: () => string | undefined;
}

/** What a reload did, and which changed settings wait for a restart. */
export interface Reloaded extends Changes {
  needsRestart: string[];
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
  /** What leaves; undefined where it is switched off. */
  readonly ledger: RequestLedger | undefined;
  readonly #o: ServiceOptions;
  readonly #lock: Lock;
  readonly #graph: Graph;
  readonly #pausing: Pausing;
  readonly #rooms: Rooms;
  readonly #backfill: Backfill;
  readonly #stateFolder: StateFolder;
  readonly #admission: Admission;
  /** As configured. During a pause, less than that runs. */
  #plan: Plan;
  #failed: (error: Error) => void = () => {};
  /** Rejects when a component cannot go on. */
  readonly failure: Promise<never>;
  #cancelPrune: (() => void) | undefined;
  /** Ends when the change before has ended: one change at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopping = false;

  private constructor(
    options: ServiceOptions,
    lock: Lock,
    opened: { store: StateStore; masterKey: MasterKey; firstStart: FirstStart; admission: Admission },
  ) {
    const { store, masterKey, firstStart, admission } = opened;
    this.#plan = options.plan;
    this.#admission = admission;
    this.#o = options;
    this.keyNote = keyNoteOf(masterKey);
    this.ledger = ownLedger(options, store, masterKey, () => this.#graph.ledgerMissed());
    this.#lock = lock;
    this.store = store;
    this.failure = new Promise((_, reject) => {
      this.#failed = reject;
    });
    this.failure.catch(() => {});
    const { clock, log } = options;
    this.#pausing = new Pausing({
      admission,
      file: pausesFile(options.plan.configDir),
      clock,
      log,
      apply: () => this.#inTurn(() => this.#follow()),
    });
    const { stateDir: dir, configDir } = options.plan;
    const failed = (error: Error) => this.#failed(error);
    this.#stateFolder = new StateFolder({ dir, configDir, firstStart, clock, log, failed });
    const refill = (id: string) => void this.#refill(id);
    this.#rooms = new Rooms({ store, clock, log, plan: () => this.#graph.plan, refill });
    this.#graph = new Graph(
      {
        ...options,
        store,
        firstStart,
        hurry: () => this.#hurries(firstStart.firstStartMs),
        accepted: (records) => options.onAccepted?.(records),
        failed: (error) => this.#failed(error),
        admission,
        pausing: this.#pausing,
        rooms: this.#rooms,
        modes: options.modes ?? NO_TEXT,
        ledger: this.ledger,
      },
      options.plan,
    );
    this.#backfill = new Backfill({
      ...options,
      stateDir: options.plan.stateDir,
      store,
      admission,
      plan: () => this.#plan,
      spool: (receiver, unit, how) => this.#graph.spool(receiver, unit, how),
      lastLiveMs: () => this.#graph.lastLiveMs,
    });
  }

  /** Bytes that the receivers know of and have not read. */
  get lagBytes(): number {
    return this.#graph.lagBytes;
  }

  /** What `modes` says has changed. */
  modesChanged(): void {
    this.ledger?.forgetWords();
    this.#graph.modesChanged();
  }

  /** What is configured now. */
  get plan(): Plan {
    return this.#plan;
  }

  /** The pause that the user is in. */
  get pause(): Pause | undefined {
    return this.#admission.pause;
  }

  /** Takes the state folder's lock and opens the state. Starts nothing. */
  static async open(options: ServiceOptions): Promise<Service> {
    const { plan, clock, log, platform } = options;
    const lock = acquireLock(plan.stateDir, { pid: process.pid, startedAtMs: clock.now() });
    try {
      const firstStart = readOrCreateFirstStart(plan.configDir, clock);
      const admission = new Admission({
        configDir: plan.configDir,
        home: platform,
        now: () => clock.now(),
        log,
        namesProjects: () => options.modes?.optIns.has("project_identity") === true,
      });
      const source = plan.service.outbox.key_source;
      const place = { source, dir: plan.stateDir, platform, log };
      const masterKey = await loadMasterKey(place);
      const store = StateStore.open({
        dir: plan.stateDir,
        exporters: queuesOf(plan),
        masterKey: masterKey.key,
        keySource: masterKey.source,
        clock,
        log,
      });
      await endRotation(store, place);
      return new Service(options, lock, { store, masterKey, firstStart, admission });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Resolves once every component works. When one refuses, those already started are stopped again. */
  async start(): Promise<void> {
    try {
      for (const { id } of this.#plan.exporters) if (this.#rooms.mayRefill(id)) this.store.refill(id);
      await this.#follow();
    } catch (error) {
      await this.stop(AbortSignal.abort());
      throw error;
    }
    this.#prune();
    this.#rooms.start();
    this.#pausing.watch();
    this.#stateFolder.watch();
    if (!this.#o.once) this.#backfill.watch();
  }

  /**
   * Makes what runs equal to `plan` as far as it goes without a restart; what is equal goes on untouched. When a
   * component refuses, all is put back as it was, and this rejects with its error.
   */
  async reload(plan: Plan): Promise<Reloaded> {
    return this.#inTurn(() => this.#reload(plan));
  }

  async #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(change);
    this.#turn = done.catch(() => {});
    return done;
  }

  /** Runs what is configured, without receivers during a pause. */
  async #follow(plan: Plan = this.#plan): Promise<Changes> {
    if (this.#stopping) return { kept: 0, started: 0, stopped: 0 };
    const changes = await this.#pausing.switching((paused) =>
      this.#graph.reconcile(paused || this.#o.backfillOnly === true ? { ...plan, receivers: [] } : plan),
    );
    this.#plan = plan;
    return changes;
  }

  /** Resolves when every receiver has read everything that was there (`run --once`). */
  async readToEnd(): Promise<void> {
    await Promise.race([this.#graph.readToEnd(), this.failure]);
  }

  /** Sends what is queued until `signal` aborts. True when every queue is empty and nothing is parked. */
  async drain(signal: AbortSignal): Promise<boolean> {
    const emptied = await this.#graph.drain(signal);
    return emptied && !this.plan.exporters.some(({ id }) => this.store.parked(id).batches > 0);
  }

  /** Ends reading, sends once more what is queued until `signal` aborts, and closes. What is left stays queued. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopping = true;
    this.#cancelPrune?.();
    this.#rooms.stop();
    this.#pausing.stop();
    await this.#turn;
    await this.#backfill.stop();
    await this.#graph.stop(signal);
    await this.ledger?.close();
    this.store.close();
    this.#stateFolder.stop();
    this.#lock.release();
  }

  async #reload(after: Plan): Promise<Reloaded> {
    const before = this.#plan;
    const { plan, needsRestart } = livePlan(before, after);
    const kept = before.exporters.length + before.receivers.length;
    if (this.#stopping || samePlan(before, plan)) return { kept, started: 0, stopped: 0, needsRestart };
    try {
      return { ...(await this.#follow(plan)), needsRestart };
    } catch (error) {
      await this.#restore(before);
      throw error;
    }
  }

  async #restore(before: Plan): Promise<void> {
    try {
      await this.#follow(before);
    } catch (error) {
      this.#failed(
        error instanceof Error ? error : new Error("the configuration before could not be restored"),
      );
    }
  }

  /** Receivers stop, so that they begin again where the destination's first missing record is. */
  async #refill(exporter: string): Promise<void> {
    if (this.#o.once) return;
    await this.#inTurn(async () => {
      if (this.#stopping) return;
      await this.#graph.reconcile({ ...this.#plan, receivers: [] });
      this.#takeBack(exporter);
      await this.#follow();
    }).catch((error: unknown) =>
      this.#failed(error instanceof Error ? error : new Error("reading could not go on after a refill")),
    );
  }

  #takeBack(exporter: string): void {
    try {
      this.store.refill(exporter);
      this.#rooms.refilled(exporter);
    } catch {
      this.#o.log.warn("what a destination missed could not be read again, trying later", { exporter });
    }
  }

  #hurries(firstStartMs: number): boolean {
    const now = this.#o.clock.now();
    const age = now - firstStartMs;
    if (this.#o.hurry === true || (age >= 0 && age < FIRST_MINUTES_MS)) return true;
    return watchedRecently(this.#o.plan.stateDir, now);
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
}
