import path from "node:path";
import type { ReceiverFolder, ReceiverHost, TextWanted } from "#component/component.ts";
import type { Position, Unit } from "#component/unit.ts";
import type { FirstStart } from "#state/first-start.ts";
import type { StateStore } from "#state/store.ts";

export interface ReceiverGateOptions {
  store: StateStore;
  firstStart: FirstStart;
  once: boolean;
  /** False while a primary destination of this receiver is full. */
  hasRoom(): boolean;
  /** Takes out what may not be followed. */
  screen(unit: Unit): Unit;
  /** True while the receivers are stopped for a pause. */
  isPausing(): boolean;
  /** After a pause, when it ended. */
  skipBeforeMs: number | undefined;
  /** What may be read of texts now. */
  text(): TextWanted | undefined;
  /** Stores the unit in one synchronous commit, or throws. */
  spool(unit: Unit): void;
  failed(error: Error): void;
}

/** What one receiver sees of the collector. Holds it back while its primary destination is full. */
export class ReceiverGate implements ReceiverHost {
  readonly firstStartMs: number;
  readonly isFirstStart: boolean;
  readonly once: boolean;
  readonly skipBeforeMs: number | undefined;
  /** Resolves when the receiver says that it has read everything. */
  readonly done: Promise<void>;
  readonly #o: ReceiverGateOptions;
  readonly #waiting: (() => void)[] = [];
  #finish: () => void = () => {};
  #stopping = false;
  #closed = false;
  /** False while a unit that was given is not stored. */
  #isStored = true;

  constructor(options: ReceiverGateOptions) {
    this.#o = options;
    this.firstStartMs = options.firstStart.firstStartMs;
    this.isFirstStart = options.firstStart.created;
    this.once = options.once;
    this.skipBeforeMs = options.skipBeforeMs;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  fileKey(identity: string): string {
    return this.#o.store.fileKey(identity);
  }

  digest(bytes: Uint8Array): string {
    return this.#o.store.digest(bytes);
  }

  position(fileKey: string): Position | undefined {
    return this.#o.store.position(fileKey);
  }

  folder(name: string): ReceiverFolder {
    return { path: path.join(this.#o.store.dir, name), isOwn: true };
  }

  secret(purpose: string): Uint8Array {
    return this.#o.store.secret(purpose);
  }

  get isPausing(): boolean {
    return this.#o.isPausing();
  }

  text(): TextWanted | undefined {
    return this.#o.text();
  }

  /** True when everything that the receiver gave is stored. */
  get isStored(): boolean {
    return this.#isStored;
  }

  async submit(given: Unit): Promise<void> {
    this.#isStored = false;
    const unit = this.#o.screen(given);
    while (unit.records.length > 0 && !this.#o.hasRoom()) {
      if (this.#stopping) throw new StoppingError();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.#closed) throw new StoppingError();
    this.#o.spool(unit);
    this.#isStored = true;
  }

  finished(): void {
    this.#finish();
  }

  fatal(error: Error): void {
    this.#o.failed(error);
  }

  /** The queue may have room again. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** From now on nobody waits for room: what does not fit is read again at the next start. */
  stopWaiting(): void {
    this.#stopping = true;
    this.wake();
  }

  /** Nothing is stored after this. */
  close(): void {
    this.#closed = true;
    this.stopWaiting();
  }
}

/** The collector stops. The unit is not stored; its lines are read again at the next start. */
export class StoppingError extends Error {
  override readonly name = "StoppingError";

  constructor() {
    super("the collector is stopping");
  }
}
