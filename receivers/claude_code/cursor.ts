/** A byte-level reader of one JSON line. Strings are passed over four bytes at a time; nothing is decoded. */
import type { ScanBuffer } from "#tail/scan-buffer.ts";

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** The line is not compact JSON, or not JSON at all: the caller takes the safe path. */
export class MalformedLine extends Error {
  override readonly name = "MalformedLine";
}
/** One instance, because a stack per bad line would cost more than the line. */
const MALFORMED = new MalformedLine("not compact JSON");

/**
 * The index of the quote that ends a string. The caller has put a quote behind the line, so the search ends there
 * at the latest, or in the guard.
 */
export function stringEnd({ bytes, words }: ScanBuffer, from: number): number {
  let p = from;
  for (;;) {
    while ((p & 3) !== 0 && bytes[p] !== QUOTE) p += 1;
    if ((p & 3) === 0) {
      let i = p >> 2;
      let hit = 0;
      // A byte of `t` is zero where the text has a quote; the lowest marked byte is exact.
      for (; ; i += 1) {
        const t = (words[i] ?? 0) ^ 0x22222222;
        hit = (t - 0x01010101) & ~t & 0x80808080;
        if (hit !== 0) break;
      }
      p = (i << 2) + ((31 - Math.clz32(hit & -hit)) >> 3);
    }
    if (bytes[p - 1] !== BACKSLASH || !isEscaped(bytes, p, from)) return p;
    p += 1;
  }
}

function isEscaped(bytes: Uint8Array, quote: number, from: number): boolean {
  let p = quote - 1;
  while (p >= from && bytes[p] === BACKSLASH) p -= 1;
  return ((quote - 1 - p) & 1) === 1;
}

export class Cursor {
  buffer: ScanBuffer;
  bytes: Uint8Array;
  pos = 0;
  end = 0;
  /** The last key or string, without its quotes. */
  start = 0;
  stop = 0;
  /** Whether a key written with escapes is refused. The parser has undone those that need none. */
  isStrict = true;

  constructor(buffer: ScanBuffer) {
    this.buffer = buffer;
    this.bytes = buffer.bytes;
  }

  /** Begins at `from`; the byte at `end` must be a quote for as long as the cursor is used. */
  reset(buffer: ScanBuffer, from: number, end: number): void {
    this.isStrict = true;
    this.buffer = buffer;
    this.bytes = buffer.bytes;
    this.pos = from;
    this.end = end;
  }

  peek(): number {
    return this.bytes[this.pos] ?? 0;
  }

  /** Steps into the object at the cursor, or steps over another value and returns false. */
  enterObject(): boolean {
    if (this.bytes[this.pos] !== OPEN_BRACE) {
      this.skip();
      return false;
    }
    this.pos += 1;
    return true;
  }

  /** Steps into the array at the cursor, or steps over another value and returns false. */
  enterArray(): boolean {
    if (this.bytes[this.pos] !== OPEN_BRACKET) {
      this.skip();
      return false;
    }
    this.pos += 1;
    return true;
  }

  /** Moves to the next key's value; the key is at `start`..`stop`. False after the object's end. */
  nextKey(): boolean {
    const { bytes } = this;
    if (bytes[this.pos] === COMMA) this.pos += 1;
    else if (bytes[this.pos] === CLOSE_BRACE) return this.#leave();
    if (bytes[this.pos] !== QUOTE) throw MALFORMED;
    this.string();
    if (bytes[this.pos] !== COLON) throw MALFORMED;
    this.pos += 1;
    return true;
  }

  /** Moves to the next element. False after the array's end. */
  nextElement(): boolean {
    const byte = this.bytes[this.pos];
    if (byte === COMMA) this.pos += 1;
    else if (byte === CLOSE_BRACKET) return this.#leave();
    if (this.pos >= this.end) throw MALFORMED;
    return true;
  }

  #leave(): false {
    this.pos += 1;
    if (this.pos > this.end) throw MALFORMED;
    return false;
  }

  /** Steps over the string at the cursor and leaves its bytes at `start`..`stop`. */
  string(): void {
    this.start = this.pos + 1;
    this.stop = stringEnd(this.buffer, this.start);
    if (this.stop >= this.end) throw MALFORMED;
    this.pos = this.stop + 1;
  }

  /** True when a string was there; another value is stepped over. */
  tryString(): boolean {
    if (this.bytes[this.pos] === QUOTE) {
      this.string();
      return true;
    }
    this.skip();
    return false;
  }

  /** Which key this is, or 0. */
  key(table: KeyTable): number {
    const id = table.find(this.bytes, this.start, this.stop);
    if (id === 0 && this.isStrict && this.#isEscaped()) throw MALFORMED;
    return id;
  }

  #isEscaped(): boolean {
    for (let p = this.start; p < this.stop; p += 1) if (this.bytes[p] === BACKSLASH) return true;
    return false;
  }

  /** A non-negative whole number, or -1 for anything else. */
  count(): number {
    const { bytes } = this;
    let value = 0;
    let p = this.pos;
    for (; p < this.end; p += 1) {
      const digit = (bytes[p] ?? 0) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const byte = bytes[p];
    if (p > this.pos && (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET)) {
      this.pos = p;
      return Number.isSafeInteger(value) ? value : -1;
    }
    this.skip();
    return -1;
  }

  /** Steps over any value. */
  skip(): void {
    const byte = this.bytes[this.pos];
    if (byte === QUOTE) this.string();
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.#skipContainer();
    else this.#skipPrimitive();
  }

  #skipPrimitive(): void {
    const { bytes, end } = this;
    let p = this.pos;
    for (; p < end; p += 1) {
      const byte = bytes[p];
      if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET) break;
      if (byte === QUOTE || byte === OPEN_BRACE || byte === OPEN_BRACKET) throw MALFORMED;
    }
    if (p === this.pos || p >= end) throw MALFORMED;
    this.pos = p;
  }

  /** Balanced depth and closed strings are enough here: a torn line fails at least one of them. */
  #skipContainer(): void {
    const { bytes, end } = this;
    let depth = 0;
    let p = this.pos;
    while (p < end) {
      const byte = bytes[p] ?? 0;
      if (byte === QUOTE) {
        p = stringEnd(this.buffer, p + 1);
        if (p >= end) throw MALFORMED;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
      else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        depth -= 1;
        if (depth === 0) {
          this.pos = p + 1;
          return;
        }
      }
      p += 1;
    }
    throw MALFORMED;
  }
}

/** Finds a key among the few that matter without decoding it. Returns 0 for every other key. */
export class KeyTable {
  readonly #slots: { id: number; name: Uint8Array }[][] = Array.from({ length: 256 }, () => []);

  constructor(names: Record<string, number>) {
    for (const [key, id] of Object.entries(names)) {
      const name = new TextEncoder().encode(key);
      this.#slots[slotOf(name, 0, name.length)]?.push({ id, name });
    }
  }

  find(bytes: Uint8Array, start: number, stop: number): number {
    const slot = this.#slots[slotOf(bytes, start, stop)];
    if (slot === undefined || slot.length === 0) return 0;
    for (const entry of slot) if (equalBytes(bytes, start, stop, entry.name)) return entry.id;
    return 0;
  }
}

function slotOf(bytes: Uint8Array, start: number, stop: number): number {
  const first = bytes[start] ?? 0;
  const last = bytes[stop - 1] ?? 0;
  return ((stop - start) * 37 + first * 7 + last * 3) & 255;
}

export function equalBytes(bytes: Uint8Array, start: number, stop: number, name: Uint8Array): boolean {
  if (stop - start !== name.length) return false;
  for (let i = 0; i < name.length; i += 1) if (bytes[start + i] !== name[i]) return false;
  return true;
}
