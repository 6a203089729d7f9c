import type { Clock } from "#component/component.ts";

/** Does one thing again and again, never twice at the same time. */
export class Repeating {
  readonly #clock: Clock;
  /** Resolves to the milliseconds until the next time. Never rejects. */
  readonly #task: (signal: AbortSignal) => Promise<number>;
  readonly #abort = new AbortController();
  #running: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #again = false;

  constructor(clock: Clock, task: (signal: AbortSignal) => Promise<number>) {
    this.#clock = clock;
    this.#task = task;
  }

  /** Does it now, or once more when it is being done. */
  now(): void {
    if (this.#abort.signal.aborted) return;
    this.#cancel?.();
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Ends what is being done, and resolves when it has ended. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#cancel?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    let waitMs = 0;
    while (this.#again && !this.#abort.signal.aborted) {
      this.#again = false;
      waitMs = await this.#task(this.#abort.signal);
    }
    if (!this.#abort.signal.aborted) this.#cancel = this.#clock.after(waitMs, () => this.now());
  }
}

/** About `ms`, so that a team's machines do not all come at the same moment. */
export function about(ms: number, random: () => number): number {
  return Math.round(ms * (0.9 + 0.2 * random()));
}
