import type { ScanBuffer } from "#tail/scan-buffer.ts";

const BACKSLASH = 92;

/** Decodes the inside of a JSON string. Broken UTF-8 becomes replacement characters, a broken escape "". */
export function decode(buffer: ScanBuffer, start: number, stop: number): string {
  const { bytes } = buffer;
  let plain = true;
  for (let i = start; i < stop; i += 1) {
    const byte = bytes[i] ?? 0;
    if (byte === BACKSLASH) return unescape(bytes.toString("utf8", start, stop));
    if (byte > 127) plain = false;
  }
  return plain ? bytes.toString("latin1", start, stop) : bytes.toString("utf8", start, stop);
}

function unescape(raw: string): string {
  try {
    const value: unknown = JSON.parse(`"${raw}"`);
    return typeof value === "string" ? value : "";
  } catch {
    return "";
  }
}

/** Decodes strings that mostly repeat the last one: a file's session, model, directory. */
export class Memo {
  #bytes = new Uint8Array(256);
  #length = -1;
  #text = "";

  get(buffer: ScanBuffer, start: number, stop: number): string {
    const length = stop - start;
    if (start < 0 || length <= 0) return "";
    if (length === this.#length && this.#same(buffer.bytes, start)) return this.#text;
    const text = decode(buffer, start, stop);
    if (length <= this.#bytes.length) {
      this.#bytes.set(buffer.bytes.subarray(start, stop));
      this.#length = length;
      this.#text = text;
    }
    return text;
  }

  #same(bytes: Uint8Array, start: number): boolean {
    // Ids differ most at their ends.
    for (let i = this.#length - 1; i >= 0; i -= 1) if (bytes[start + i] !== this.#bytes[i]) return false;
    return true;
  }
}

/** Milliseconds since the Unix epoch of an ISO 8601 time, or NaN. */
export function timeOf(buffer: ScanBuffer, start: number, stop: number): number {
  if (start < 0) return Number.NaN;
  const { bytes } = buffer;
  if (stop - start !== 24 || bytes[start + 23] !== 90) return slowTime(buffer, start, stop);
  const number = (at: number, digits: number) => {
    let value = 0;
    for (let i = start + at; i < start + at + digits; i += 1) value = value * 10 + (bytes[i] ?? 0) - 48;
    return value;
  };
  const ms = Date.UTC(
    number(0, 4),
    number(5, 2) - 1,
    number(8, 2),
    number(11, 2),
    number(14, 2),
    number(17, 2),
  );
  const time = ms + number(20, 3);
  return time > 0 && time < 4e12 ? time : slowTime(buffer, start, stop);
}

function slowTime(buffer: ScanBuffer, start: number, stop: number): number {
  return Date.parse(decode(buffer, start, stop));
}
