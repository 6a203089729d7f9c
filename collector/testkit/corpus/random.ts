/** Repeatable chance: the same seed gives the same corpus on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }

  /** 32 bits, by xorshift. */
  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + (this.next() % (high - low + 1));
  }

  /** True `percent` times out of a hundred. */
  chance(percent: number): boolean {
    return this.between(1, 1000) <= percent * 10;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.between(0, list.length - 1)] ?? list[0];
  }

  hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += this.next().toString(16).padStart(8, "0");
    return text.slice(0, digits);
  }

  uuid(): string {
    return [this.hex(8), this.hex(4), `4${this.hex(3)}`, `9${this.hex(3)}`, this.hex(12)].join("-");
  }

  /** Mostly short, seldom very long. */
  size(typical: number, largest: number): number {
    const spread = this.between(1, 40) * this.between(1, 40) * this.between(1, 40);
    return Math.min(largest, 8 + Math.floor((typical * spread) / 4000));
  }
}
