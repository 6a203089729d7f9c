/** A stretch of a text that may be base64, over line breaks. */
export interface Run {
  start: number;
  end: number;
}

/** Shorter ones hold nothing that a rule would know. */
const SHORTEST = 20;
/** Characters of a line that its base64 must have, for the next line to continue it. */
const FULL_LINE = 40;
/** Printable characters in a row that make what was decoded a text. */
const PRINTABLE = 12;

const OTHER = 255;
const VALUES = new Uint8Array(128).fill(OTHER);
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
for (let i = 0; i < ALPHABET.length; i += 1) VALUES[ALPHABET.charCodeAt(i)] = i;
VALUES["-".charCodeAt(0)] = 62;
VALUES["_".charCodeAt(0)] = 63;

function valueAt(text: string, index: number): number {
  return VALUES[text.charCodeAt(index)] ?? OTHER;
}

/** What stands between two lines of base64: the break, also as it stands in JSON, and what indents or quotes. */
const BETWEEN = /=?(?:\r?\n|(?:\\{1,4}r)?\\{1,4}n)[ \t>+|]{0,16}/y;

/** Every stretch of at least 20 characters of base64, of either alphabet. One pass. */
export function* base64Runs(text: string): Generator<Run> {
  let index = 0;
  while (index < text.length) {
    if (valueAt(text, index) === OTHER) {
      index += 1;
      continue;
    }
    const end = endOfRun(text, index);
    const padding = text.startsWith("==", end) ? 2 : text.startsWith("=", end) ? 1 : 0;
    if (end - index >= SHORTEST) yield { start: index, end: end + padding };
    index = end + 1;
  }
}

function endOfRun(text: string, start: number): number {
  let [line, index] = [start, start];
  for (;;) {
    while (index < text.length && valueAt(text, index) !== OTHER) index += 1;
    if (index - line < FULL_LINE) return index;
    BETWEEN.lastIndex = index;
    const next = index + (BETWEEN.exec(text)?.[0].length ?? 0);
    if (next === index || next >= text.length || valueAt(text, next) === OTHER) return index;
    line = next;
    index = next;
  }
}

/** The first bytes of a private key in DER: PKCS #1 and #8, SEC 1. A certificate begins otherwise. */
export function isPrivateKey(run: string): boolean {
  if (!run.startsWith("M")) return false;
  const [tag, length = 0, ...rest] = new Base64Reader(run, 0).bytes(40);
  if (tag !== 0x30) return false;
  const [integer, one, version = 9] = rest.slice(length < 0x80 ? 0 : length - 0x80);
  return integer === 2 && one === 1 && version <= 1 && run.length >= 64;
}

/** Behind a line break, which may be written with letters. */
function endOfBetween(run: string, index: number): number {
  BETWEEN.lastIndex = index;
  return index + Math.max(1, BETWEEN.exec(run)?.[0].length ?? 1);
}

const LATIN = new TextDecoder("latin1");
/** Stands for a byte that is neither printable ASCII, nor a blank, nor NUL. */
const NEUTRAL = 0xb7;

/** What a run holds, piece by piece, so that other work is done in between. */
export class Base64Reader {
  readonly #run: string;
  #at: number;
  #bits = 0;
  #held = 0;
  #printable = 0;
  #hasText = false;

  /** `from`: the first character that counts, 0 to 3. What stands directly before base64 may look like it. */
  constructor(run: string, from: number) {
    this.#run = run;
    this.#at = from;
  }

  /** Characters that are not read yet. */
  get left(): number {
    return Math.max(0, this.#run.length - this.#at);
  }

  /** True once what was read has a stretch that reads like text. */
  get hasText(): boolean {
    return this.#hasText;
  }

  /** The next piece, of the bytes that are printable: NUL is left out, for the sake of UTF-16. */
  read(characters: number): string {
    const bytes = this.bytes(characters);
    let size = 0;
    for (const byte of bytes) {
      if (byte === 0) continue;
      const plain = (byte >= 0x20 && byte < 0x7f) || (byte >= 9 && byte <= 13);
      this.#printable = plain ? this.#printable + 1 : 0;
      this.#hasText ||= this.#printable >= PRINTABLE;
      bytes[size] = plain ? byte : NEUTRAL;
      size += 1;
    }
    return LATIN.decode(bytes.subarray(0, size));
  }

  /** The bytes of the next characters, as they are. */
  bytes(characters: number): Uint8Array {
    const end = Math.min(this.#run.length, this.#at + characters);
    const bytes = new Uint8Array(Math.ceil(((end - this.#at) * 3) / 4) + 1);
    let size = 0;
    while (this.#at < end) {
      const value = valueAt(this.#run, this.#at);
      if (value === OTHER) {
        this.#at = endOfBetween(this.#run, this.#at);
        continue;
      }
      this.#at += 1;
      this.#bits = ((this.#bits << 6) | value) & 0xff_ff;
      this.#held += 6;
      if (this.#held < 8) continue;
      this.#held -= 8;
      bytes[size] = (this.#bits >> this.#held) & 0xff;
      size += 1;
    }
    return bytes.subarray(0, size);
  }
}
