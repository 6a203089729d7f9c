import type { Clock, Logger } from "#component/component.ts";
import type { Admission } from "./admission.ts";
import { FileWatch } from "./file-watch.ts";
import type { Pause } from "./pauses.ts";

/** After so long what failed is tried again. */
const RETRY_MS = 1_000;
/** Some file systems tell the time of a write in steps of two seconds. */
const MTIME_STEP_MS = 2_000;

export interface PausingOptions {
  admission: Admission;
  /** Where the user's wish stands. */
  file: string;
  clock: Clock;
  log: Logger;
  /** Makes what runs what it should be: calls `switching`. */
  apply(): Promise<unknown>;
}

/** Stops the receivers when the user pauses, and starts them when the pause is over. */
export class Pausing {
  readonly #o: PausingOptions;
  /** The pause that the receivers are stopped for. */
  #pause: Pause | undefined;
  /** The pause began in this run, after everything before it was read and stored. */
  #isComplete = false;
  readonly #watch: FileWatch;
  #isBegun = false;
  #isLooking = false;
  #stopped = false;
  /** True while receivers are stopped for a pause. */
  isPausing = false;
  /** Files last written before it hold nothing but what the pause that ended hides. */
  skipBeforeMs: number | undefined;

  constructor(options: PausingOptions) {
    this.#o = options;
    const { file, clock } = options;
    this.#watch = new FileWatch({ file, clock, look: () => void this.#look() });
  }

  /** A stopping receiver could not store all that it had read. */
  leftOver(): void {
    this.#isComplete = false;
  }

  /** Calls `change` with whether nothing is to be read. One call at a time. */
  async switching<T>(change: (paused: boolean) => Promise<T>): Promise<T> {
    const { admission, log } = this.#o;
    const before = this.#pause;
    const now = admission.pause;
    if (now !== undefined && before === undefined) this.#isComplete = this.#isBegun;
    this.isPausing = now !== undefined;
    this.skipBeforeMs = before === undefined || now !== undefined ? undefined : this.#skipBefore(before);
    try {
      const changed = await change(now !== undefined);
      this.#pause = now;
      if (now !== undefined && before === undefined) log.info("paused, nothing is read");
      if (now === undefined && before !== undefined) log.info("the pause is over, reading goes on");
      return changed;
    } finally {
      this.isPausing = false;
      this.skipBeforeMs = undefined;
    }
  }

  /** Looks from now on whether the user pauses or resumes. */
  watch(): void {
    if (this.#stopped) return;
    this.#isBegun = true;
    this.#watch.start();
  }

  stop(): void {
    this.#stopped = true;
    this.#watch.close();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      if (!this.#isAsWished) await this.#o.apply();
    } catch {
      this.#o.log.error("reading could not be stopped or started for a pause, trying again");
    } finally {
      this.#isLooking = false;
    }
    const endsInMs = (this.#pause?.untilMs ?? Infinity) - this.#o.clock.now();
    this.#watch.dueIn(this.#isAsWished ? endsInMs : RETRY_MS);
  }

  get #isAsWished(): boolean {
    return (this.#o.admission.pause !== undefined) === (this.#pause !== undefined);
  }

  /** Only as long as the pause is not taken back: then what it hid is read. */
  #skipBefore({ fromMs }: Pause): number | undefined {
    const last = this.#o.admission.lastPause;
    return this.#isComplete && last?.fromMs === fromMs ? last.untilMs - MTIME_STEP_MS : undefined;
  }
}
