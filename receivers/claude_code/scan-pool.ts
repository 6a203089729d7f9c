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

/** Scans a backlog on all cores and hands the results over in the order of the chunks. */
export class ScanPool {
  readonly #workers: Worker[] = [];
  readonly #size: number;
  #stopped = false;

  constructor(size: number = Math.min(MAX_WORKERS, Math.max(1, availableParallelism() - 1))) {
    this.#size = size;
  }

  /** Rejects when a worker fails; what was yielded before is valid. */
  async *scan(chunks: readonly ScanJob[][]): AsyncGenerator<ScanResult, void> {
    const results = new Map<number, ScanResult>();
    const state: { next: number; failure: Error | undefined; wake: () => void } = {
      next: 0,
      failure: undefined,
      wake: () => {},
    };
    let allowed = WINDOW;
    const idle: { worker: Worker; running: number[] }[] = [];
    const feed = () => {
      while (state.next < Math.min(chunks.length, allowed)) {
        const slot = idle.toSorted((a, b) => a.running.length - b.running.length)[0];
        if (slot === undefined || slot.running.length >= AHEAD) return;
        slot.running.push(state.next);
        slot.worker.postMessage(chunks[state.next]);
        state.next += 1;
      }
    };
    for (let i = 0; i < Math.min(this.#size, chunks.length); i += 1) {
      const worker = new Worker(new URL("./scan-worker.ts", import.meta.url));
      this.#workers.push(worker);
      const slot = { worker, running: [] as number[] };
      idle.push(slot);
      worker.on("message", (result: ScanResult) => {
        const index = slot.running.shift();
        if (index !== undefined) results.set(index, result);
        state.wake();
      });
      worker.on("error", (error) => {
        state.failure = error instanceof Error ? error : new Error("scan worker failed");
        state.wake();
      });
    }
    feed();
    try {
      for (let index = 0; index < chunks.length; index += 1) {
        while (!results.has(index)) {
          if (state.failure !== undefined) throw state.failure;
          if (this.#stopped) return;
          await new Promise<void>((resolve) => {
            state.wake = resolve;
          });
          feed();
        }
        const result = results.get(index);
        results.delete(index);
        allowed += 1;
        feed();
        if (result !== undefined) yield result;
      }
    } finally {
      await this.stop();
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }
}
