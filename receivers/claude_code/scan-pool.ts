import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type FileScanner, scanChunk, type ScanJob, type ScanResult } from "./scan-file.ts";
import { ScanTurns } from "./scan-turns.ts";

/** The main thread has a core of its own to store what is found; more threads than these wait for it. */
const MAX_WORKERS = 4;

/** What a thread is given: every chunk, and the memory that says which is next. */
export interface ScanWork {
  chunks: readonly ScanJob[][];
  memory: SharedArrayBuffer;
}

export interface ScanPoolOptions {
  /** Threads; by default one less than there are cores. */
  size?: number;
  /** This thread's own scanner and the chunks it may scan while it would wait. By default it scans none. */
  here?: { scanner: FileScanner; fits: (chunk: number) => boolean };
}

/** Scans a backlog on all cores and hands the results over in the order of the chunks. For one backlog. */
export class ScanPool {
  readonly #size: number;
  readonly #here: ScanPoolOptions["here"];
  readonly #workers: Worker[] = [];
  readonly #results = new Map<number, ScanResult>();
  #chunks: readonly ScanJob[][] = [];
  #turns = new ScanTurns(0);
  #taken = 0;
  #failed = false;
  #stopped = false;
  #wake: () => void = () => {};

  constructor({ size, here }: ScanPoolOptions = {}) {
    this.#size = size ?? Math.min(MAX_WORKERS, Math.max(1, availableParallelism() - 1));
    this.#here = here;
  }

  /** Starts the threads. */
  begin(chunks: readonly ScanJob[][]): void {
    this.#chunks = chunks;
    this.#turns = new ScanTurns(chunks.length);
    const work: ScanWork = { chunks, memory: this.#turns.memory };
    for (let i = 0; i < Math.min(this.#size, chunks.length); i += 1) {
      const worker = this.#spawn();
      this.#workers.push(worker);
      worker.postMessage(work);
    }
  }

  /** The next chunk's result; undefined after the last one, or when stopped. Rejects when a thread failed. */
  async next(): Promise<ScanResult | undefined> {
    while (!this.#stopped && this.#taken < this.#chunks.length) {
      const result = this.#results.get(this.#taken);
      if (result !== undefined) {
        this.#results.delete(this.#taken);
        this.#taken += 1;
        this.#turns.took();
        return result;
      }
      if (this.#failed) throw new Error("a scan thread failed");
      if (this.#scanHere()) await new Promise(setImmediate);
      else await this.#nextMessage();
    }
    return undefined;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()));
  }

  /** False when no chunk is left that this thread may scan. */
  #scanHere(): boolean {
    if (this.#here === undefined) return false;
    const chunk = this.#turns.tryNext(this.#here.fits);
    if (chunk === undefined) return false;
    this.#results.set(chunk, scanChunk(this.#here.scanner, this.#chunks[chunk] ?? []));
    return true;
  }

  #nextMessage(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #spawn(): Worker {
    const worker = new Worker(new URL("./scan-worker.ts", import.meta.url));
    worker.on("message", ({ chunk, result }: { chunk: number; result: ScanResult }) => {
      this.#results.set(chunk, result);
      this.#wake();
    });
    const failed = () => {
      this.#failed = true;
      this.#wake();
    };
    worker.on("error", failed);
    worker.on("exit", failed);
    return worker;
  }
}
