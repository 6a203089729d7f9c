interface Wait {
  /** Milliseconds since the Unix epoch, UTC, like the one below. */
  untilMs: number;
  forgottenMs: number;
}

/** Most that are remembered. */
const MOST = 1_000;
/** So that a limit that was raised, or a bucket that was made anew, is soon asked again. */
const LONGEST_MS = 10_000;

/**
 * Who was told to wait, so that coming back too early costs next to nothing. Only what a bucket said is repeated, and
 * only to whom it said it: another isolate, which knows nothing of it, asks the bucket.
 */
export class Waits {
  readonly #waits = new Map<string, Wait>();

  get isEmpty(): boolean {
    return this.#waits.size === 0;
  }

  note(who: string, retryAfterS: number, nowMs: number): void {
    const waitMs = retryAfterS * 1_000;
    this.#waits.delete(who);
    this.#waits.set(who, { untilMs: nowMs + waitMs, forgottenMs: nowMs + Math.min(waitMs, LONGEST_MS) });
    // Maps hold their keys in the order in which they came.
    for (const oldest of this.#waits.keys()) {
      if (this.#waits.size <= MOST) break;
      this.#waits.delete(oldest);
    }
  }

  /** Whole seconds that are still to wait; undefined where the bucket is to be asked. */
  leftS(who: string, nowMs: number): number | undefined {
    const wait = this.#waits.get(who);
    if (wait === undefined) return undefined;
    if (nowMs < wait.forgottenMs) return Math.ceil((wait.untilMs - nowMs) / 1_000);
    this.#waits.delete(who);
    return undefined;
  }
}
