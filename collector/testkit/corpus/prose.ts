import { Random } from "./random.ts";

const WORDS = [
  "let", "else", "while", "module", "cache", "shard", "retry", "deploy", "schema", "commit", "merge", "panic",
  "größe", "crème", "данные", "日本語", "🦊", "\"quoted\"", "C:\\temp\\x", "{", "}", "[0]", "=>", "//", "\t", "\n",
  "\"usage\":{\"output_tokens\":7}", "\"type\":\"assistant\"", "}{\"parentUuid\":null", "\u2028", "a.b", "$1", "%s",
] as const; // prettier-ignore

/** Text that looks like code and like records, so that only a real reader of JSON is not misled. */
export class Prose {
  readonly #pool: string;

  constructor(seed: number) {
    const random = new Random(seed);
    const words: string[] = [];
    for (let i = 0; i < 60_000; i += 1) words.push(random.pick(WORDS));
    this.#pool = words.join(" ");
  }

  /** About `length` UTF-16 units, never half a character. */
  take(random: Random, length: number): string {
    let text = "";
    while (text.length < length) {
      const from = random.between(0, this.#pool.length - 2);
      text += this.#pool.slice(from, from + Math.min(length - text.length, this.#pool.length));
    }
    return text.toWellFormed();
  }
}
