/** Results that may wait for an earlier chunk, or for the main thread. */
const WINDOW = 64;
const NEXT = 0;
const TAKEN = 1;

/**
 * Who scans which chunk: every thread takes the next one for itself, from memory that all share. So none waits while
 * the main thread commits, and the main thread scans when it has nothing to commit.
 */
export class ScanTurns {
  readonly memory: SharedArrayBuffer;
  readonly #at: Int32Array;
  readonly #chunks: number;

  constructor(chunks: number, memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.memory = memory;
    this.#at = new Int32Array(memory);
    this.#chunks = chunks;
  }

  /** The next chunk for this thread; undefined after the last. Waits while too many results are waiting. */
  next(): number | undefined {
    const chunk = Atomics.add(this.#at, NEXT, 1);
    if (chunk >= this.#chunks) return undefined;
    for (;;) {
      const taken = Atomics.load(this.#at, TAKEN);
      if (chunk < taken + WINDOW) return chunk;
      Atomics.wait(this.#at, TAKEN, taken);
    }
  }

  /** The same for the thread that takes results: never waits. Undefined also where `fits` refuses the next chunk. */
  tryNext(fits: (chunk: number) => boolean): number | undefined {
    const chunk = Atomics.load(this.#at, NEXT);
    const due = chunk < Math.min(this.#chunks, Atomics.load(this.#at, TAKEN) + WINDOW);
    if (!due || !fits(chunk)) return undefined;
    return Atomics.compareExchange(this.#at, NEXT, chunk, chunk + 1) === chunk ? chunk : undefined;
  }

  /** A result was taken: there is room for another one. */
  took(): void {
    Atomics.add(this.#at, TAKEN, 1);
    Atomics.notify(this.#at, TAKEN);
  }
}
