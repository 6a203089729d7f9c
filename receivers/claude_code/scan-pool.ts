import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { ExtractData } from "./extract.ts";
import type { ScanJob, ScanReport } from "./scan-file.ts";

export interface ScanResult {
  reports: ScanReport[];
  data: ExtractData;
}

/** The main thread has a core of its own to store what is found; more threads than these wait for it. */
const MAX_WORKERS = 4;
/** Chunks given to each worker at once, so that it never waits while the main thread commits. */
const AHEAD = 16;
/** Results that may wait for an earlier chunk, or for the main thread. */
const WINDOW = 64;

interface Slot {
  worker: Worker;
  /** Chunks that it has and has not answered, in order. */
  running: number[];
}

/** Scans a backlog on other cores and hands the results over in the order of the chunks. For one backlog. */
export class ScanPool {
  readonly #size: number;
  readonly #slots: Slot[] = [];
  readonly #results = new Map<number, ScanResult>();
  #chunks: readonly ScanJob[][] = [];
  #given = 0;
  #taken = 0;
  #failed = false;
  #stopped = false;
  #wake: () => void = () => {};

  constructor(size: number = Math.min(MAX_WORKERS, Math.max(1, availableParallelism() - 1))) {
    this.#size = size;
  }

  /** Starts the threads. */
  begin(chunks: readonly ScanJob[][]): void {
    this.#chunks = chunks;
    for (let i = 0; i < Math.min(this.#size, chunks.length); i += 1) this.#slots.push(this.#spawn());
    this.#feed();
  }

  /** The next chunk's result; undefined after the last one, or when stopped. Rejects when a thread failed. */
  async next(): Promise<ScanResult | undefined> {
    while (!this.#stopped && this.#taken < this.#chunks.length) {
      const result = this.#results.get(this.#taken);
      if (result !== undefined) {
        this.#results.delete(this.#taken);
        this.#taken += 1;
        this.#feed();
        return result;
      }
      if (this.#failed) throw new Error("a scan thread failed");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return undefined;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await Promise.all(this.#slots.splice(0).map(({ worker }) => worker.terminate()));
  }

  #spawn(): Slot {
    const slot: Slot = { worker: new Worker(new URL("./scan-worker.ts", import.meta.url)), running: [] };
    slot.worker.on("message", (result: ScanResult) => {
      const index = slot.running.shift();
      if (index !== undefined) this.#results.set(index, result);
      this.#feed();
      this.#wake();
    });
    const failed = () => {
      this.#failed = true;
      this.#wake();
    };
    slot.worker.on("error", failed);
    slot.worker.on("exit", failed);
    return slot;
  }

  #feed(): void {
    while (this.#given < Math.min(this.#chunks.length, this.#taken + WINDOW)) {
      const slot = this.#slots.toSorted((a, b) => a.running.length - b.running.length)[0];
      if (slot === undefined || slot.running.length >= AHEAD) return;
      slot.running.push(this.#given);
      slot.worker.postMessage(this.#chunks[this.#given]);
      this.#given += 1;
    }
  }
}
