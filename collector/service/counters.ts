/** Counts that wait for the next commit, so that each is stored with what it counts. */
export class Counters {
  #waiting = new Map<string, number>();

  add(name: string, by = 1): void {
    if (by !== 0) this.#waiting.set(name, (this.#waiting.get(name) ?? 0) + by);
  }

  /** Hands over everything counted so far. */
  take(): Map<string, number> {
    const taken = this.#waiting;
    this.#waiting = new Map();
    return taken;
  }

  /** Puts counts back whose commit failed. */
  restore(counts: ReadonlyMap<string, number>): void {
    for (const [name, by] of counts) this.add(name, by);
  }
}
