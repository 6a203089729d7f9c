import { readBackfillRequest, writeBackfillRequest } from "../../service/backfill-files.ts";
import type { Plan } from "../../service/plan.ts";
import { systemClock, systemPlatform } from "../../service/system.ts";
import { backfillRequest, type Estimate, estimate, estimateText, type Span } from "../backfill.ts";
import { dayStart } from "../usage.ts";

const DAYS = 30;

export interface HistoryOptions {
  plan: Plan;
  say: (text: string) => void;
  now(): number;
}

/** `h` counts the last 30 days in memory; `y` then brings them in, any other key does not. */
export class History {
  readonly #o: HistoryOptions;
  #state: "idle" | "counting" | "asking" = "idle";
  #found: { span: Span; estimate: Estimate } | undefined;

  constructor(options: HistoryOptions) {
    this.#o = options;
  }

  key(key: string): void {
    if (this.#state === "asking") this.#answer(key);
    else if (this.#state === "idle" && key === "h") void this.#count();
  }

  async #count(): Promise<void> {
    const { plan, say } = this.#o;
    if (readBackfillRequest(plan.stateDir) !== undefined) return say("They are being brought in already.");
    this.#state = "counting";
    say(`Counting the last ${DAYS} days, in memory only …`);
    try {
      const untilMs = this.#o.now();
      const span = { sinceMs: dayStart(untilMs, DAYS), untilMs };
      const found = await estimate(
        { plan, platform: systemPlatform(), clock: systemClock, log: QUIET },
        span,
      );
      this.#found = { span, estimate: found };
      this.#ask(found);
    } catch {
      say("The transcripts could not be counted.");
      this.#state = "idle";
    }
  }

  #ask(found: Estimate): void {
    if (found.sum.requests + found.sum.prompts === 0) {
      this.#o.say(`Nothing was found in the last ${DAYS} days.`);
      this.#state = "idle";
      return;
    }
    this.#o.say(`The last ${DAYS} days: ${estimateText(found)}.`);
    this.#o.say("Bring them in? Counts only, no text; what is there already is not doubled. y/n");
    this.#state = "asking";
  }

  #answer(key: string): void {
    this.#state = "idle";
    const found = this.#found;
    this.#found = undefined;
    if (key !== "y" || found === undefined) return this.#o.say("Not brought in. h asks again.");
    writeBackfillRequest(this.#o.plan.stateDir, backfillRequest(found.span, undefined, found.estimate));
    this.#o.say("Bringing them in; what happens now goes first.");
  }
}

const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
