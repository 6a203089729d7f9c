export const LOWER = "abcdefghijklmnopqrstuvwxyz";
export const UPPER = LOWER.toUpperCase();
export const DIGITS = "0123456789";
export const HEX = `${DIGITS}abcdef`;
export const ALNUM = UPPER + LOWER + DIGITS;
export const URL_SAFE = `${ALNUM}-_`;
export const BASE64 = `${ALNUM}+/`;

/** The same numbers for the same seed, on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0 up to, and without, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** From `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[Math.floor(this.next() * values.length)] ?? values[0];
  }

  text(alphabet: string, length: number): string {
    return Array.from({ length }, () => alphabet[Math.floor(this.next() * alphabet.length)]).join("");
  }

  hex(length: number): string {
    return this.text(HEX, length);
  }

  alnum(length: number): string {
    return this.text(ALNUM, length);
  }

  base64(bytes: number): string {
    const binary = Array.from({ length: bytes }, () => String.fromCharCode(this.between(0, 255)));
    return btoa(binary.join(""));
  }

  uuid(): string {
    return `${this.hex(8)}-${this.hex(4)}-4${this.hex(3)}-a${this.hex(3)}-${this.hex(12)}`;
  }

  words(count: number): string {
    return Array.from({ length: count }, () => this.pick(WORDS)).join(" ");
  }

  /** As somebody chooses one who was told to use a capital, a digit and a sign. */
  password(): string {
    const word = this.pick(WORDS);
    const begin = word.slice(0, 1).toUpperCase() + word.slice(1);
    return this.pick([
      `${begin}${this.between(10, 9_999)}${this.pick(["!", "#", "?", "$", "*"])}`,
      `${word}-${this.text(LOWER, 4)}-${this.between(10, 99)}`,
      this.text(`${ALNUM}!#%*+`, this.between(10, 20)).replace(/^./, "k") + "7",
      `${this.text(LOWER, 6)}${this.between(1, 99)}`,
    ]);
  }

  person(): string {
    return this.pick(NAMES);
  }
}

const WORDS: readonly [string, ...string[]] = [
  "window",
  "sorting",
  "harbour",
  "table",
  "button",
  "server",
  "invoice",
  "orange",
  "cluster",
  "planet",
  "river",
  "ticket",
  "folder",
  "market",
  "silver",
  "module",
  "garden",
  "request",
  "handler",
  "release",
];

const NAMES: readonly [string, ...string[]] = [
  "mkowalski",
  "jane.doe",
  "priya",
  "tobias",
  "oconnor",
  "lwright",
  "fatima",
  "sven",
  "hiroshi",
  "amelie",
  "d.ivanova",
  "carlos",
];
