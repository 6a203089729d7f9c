import type { Clock } from "#component/component.ts";

/** Characters that may be looked at for each one of a text: its encodings count too. */
const TIMES = 40;
/** For short texts, whose windows are counted as a whole. */
const AT_LEAST = 2_000_000;
/** Characters after which the collector does other work. */
const STRETCH = 32_768;

/** The text may not leave. Carries the name of a rule and nothing of the text. */
export class DroppedError extends Error {
  override readonly name = "DroppedError";
  readonly rule: string;

  constructor(rule: string) {
    super(rule);
    this.rule = rule;
  }
}

/** How much work and time one text may take. */
export class Budget {
  readonly #signal: AbortSignal;
  readonly #clock: Pick<Clock, "now">;
  readonly #endMs: number;
  #left: number;
  #sincePause = 0;

  constructor(length: number, timeLimitMs: number, clock: Pick<Clock, "now">, signal: AbortSignal) {
    this.#left = AT_LEAST + TIMES * length;
    this.#clock = clock;
    this.#endMs = clock.now() + timeLimitMs;
    this.#signal = signal;
  }

  /** Call before looking at `characters`. Rejects once there is nothing left, and with the signal's reason. */
  async spend(characters: number): Promise<void> {
    this.#left -= characters;
    if (this.#left < 0) throw new DroppedError("over_budget");
    this.#sincePause += characters;
    if (this.#sincePause < STRETCH) return;
    this.#sincePause = 0;
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.#signal.throwIfAborted();
    if (this.#clock.now() > this.#endMs) throw new DroppedError("over_time");
  }
}
