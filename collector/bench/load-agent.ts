import { randomBytes } from "node:crypto";
import { type Batch, batchOf, LOST, post } from "./load-batch.ts";
import type { LoadMachine } from "./load-teams.ts";
import { sleep } from "./processes.ts";

const EVERY_MS = 5_000;
const MOST_RECORDS = 40;
/** What a collector waits before it sends again what was not taken. */
const AGAIN_MS = 1_000;
/** After the end, for what is still to be taken. */
const PATIENCE_MS = 60_000;

export interface Sample {
  /** When it was sent, by `performance.now()`. */
  atMs: number;
  ms: number;
}

/** Sends batches as a collector with something to send does, and sends again what was not acknowledged. */
export class LoadAgent {
  readonly machine: LoadMachine;
  readonly samples: Sample[] = [];
  /** Of records that were acknowledged. */
  readonly acknowledged = new Set<string>();
  /** Sent again until it was acknowledged: there is no doubt about anything. */
  readonly uncertain = new Set<string>();
  /** Requests whose answer got lost. */
  lost = 0;
  readonly #url: string;
  readonly #session = randomBytes(16).toString("hex");

  constructor(url: string, machine: LoadMachine) {
    this.#url = url;
    this.machine = machine;
  }

  async run(endMs: number): Promise<void> {
    await sleep(Math.random() * EVERY_MS);
    while (performance.now() < endMs) {
      const dueMs = performance.now() + EVERY_MS * (0.5 + Math.random());
      await this.#deliver(batchOf(1 + Math.floor(Math.random() * MOST_RECORDS), this.#session), endMs);
      await sleep(Math.max(0, Math.min(dueMs, endMs) - performance.now()));
    }
  }

  async #deliver(batch: Batch, endMs: number): Promise<void> {
    for (;;) {
      const atMs = performance.now();
      const { status } = await post(this.#url, this.machine.token, batch);
      this.samples.push({ atMs, ms: performance.now() - atMs });
      if (status === LOST) this.lost += 1;
      if (status === 200) {
        for (const uid of batch.uids) this.acknowledged.add(uid);
        return;
      }
      if (performance.now() > endMs + PATIENCE_MS)
        throw new Error(`a batch was answered ${status} to the end`);
      await sleep(AGAIN_MS);
    }
  }
}
