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

/**
 * What a run holds, from its first to its fourth character on: what stands before it may be letters as well. Bytes
 * that are no printable ASCII come as one neutral character. Undefined where no stretch of it reads like text.
 */
export function decoded(run: string, offset: number): string | undefined {
  const bytes = bytesOf(run, offset);
  let text = printable(bytes);
  if (text.includes("\0")) text = text.replaceAll("\0", "");
  return hasText(text) ? text : undefined;
}

/** The first bytes of a private key in DER: PKCS #1 and #8, SEC 1. A certificate begins otherwise. */
export function isPrivateKey(run: string): boolean {
  if (!run.startsWith("M")) return false;
  const [tag, length = 0, ...rest] = bytesOf(run.slice(0, 40), 0);
  if (tag !== 0x30) return false;
  const [integer, one, version = 9] = rest.slice(length < 0x80 ? 0 : length - 0x80);
  return integer === 2 && one === 1 && version <= 1 && run.length >= 64;
}

function bytesOf(run: string, offset: number): Uint8Array {
  const bytes = new Uint8Array(Math.floor((run.length * 3) / 4) + 1);
  let [bits, held, size] = [0, 0, 0];
  for (let i = offset; i < run.length; i += 1) {
    const value = valueAt(run, i);
    if (value === OTHER) {
      i = endOfBetween(run, i) - 1;
      continue;
    }
    bits = ((bits << 6) | value) & 0xff_ff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[size] = (bits >> held) & 0xff;
    size += 1;
  }
  return bytes.subarray(0, size);
}

/** Behind a line break, which may be written with letters. */
function endOfBetween(run: string, index: number): number {
  BETWEEN.lastIndex = index;
  return index + Math.max(1, BETWEEN.exec(run)?.[0].length ?? 1);
}

const DECODER = new TextDecoder("latin1");

/** Every byte as one character; what is neither printable nor a blank or NUL becomes U+00B7. */
function printable(bytes: Uint8Array): string {
  for (const [i, byte] of bytes.entries()) {
    const plain = (byte >= 0x20 && byte < 0x7f) || byte === 0 || (byte >= 9 && byte <= 13);
    if (!plain) bytes[i] = 0xb7;
  }
  return DECODER.decode(bytes);
}

function hasText(text: string): boolean {
  let row = 0;
  for (let i = 0; i < text.length; i += 1) {
    row = text.charCodeAt(i) === 0xb7 ? 0 : row + 1;
    if (row >= PRINTABLE) return true;
  }
  return false;
}
