import { Worker } from "node:worker_threads";
import type { Answer, Job } from "./job.ts";

/** Memory of the thread's own objects; rows beside them take a few megabytes. */
const HEAP_MB = 64;

/** Asks the thread that reads databases. It begins with the first question. */
export class DatabaseThread {
  #worker: Worker | undefined;
  #stopped = false;
  #next = 0;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  /** Never rejects: a thread that fails makes the database `unusable` for this question. */
  ask(job: Job): Promise<Answer> {
    const worker = this.#started();
    if (worker === undefined) return Promise.resolve({ outcome: "unusable" });
    this.#next += 1;
    const number = this.#next;
    return new Promise((resolve) => {
      this.#waiting.set(number, resolve);
      worker.postMessage({ number, job });
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#worker?.terminate();
    this.#failed();
  }

  #started(): Worker | undefined {
    if (this.#stopped) return undefined;
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./worker.ts", import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 4 },
    });
    worker.on("message", ({ number, answer }: { number: number; answer: Answer }) => {
      const resolve = this.#waiting.get(number);
      this.#waiting.delete(number);
      resolve?.(answer);
    });
    const failed = () => {
      if (this.#worker === worker) this.#failed();
    };
    worker.on("error", failed);
    worker.on("exit", failed);
    this.#worker = worker;
    return worker;
  }

  /** The next question begins another thread. */
  #failed(): void {
    this.#worker = undefined;
    for (const resolve of this.#waiting.values()) resolve({ outcome: "unusable" });
    this.#waiting.clear();
  }
}
