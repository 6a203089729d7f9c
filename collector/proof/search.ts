import { readdirSync } from "node:fs";
import path from "node:path";
import { gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";

/** Compressed, in base64, and compressed again. */
const MOST_WRAPPERS = 3;

/** Many thousands of needles at once: a table of their first four bytes, then the whole comparison. */
export class NeedleIndex {
  readonly #maybe = new Uint8Array(1 << 22);
  readonly #byStart = new Map<number, { needle: string; form: Buffer }[]>();

  constructor(needles: Iterable<string>) {
    for (const needle of needles) {
      for (const text of formsOf(needle)) {
        const form = Buffer.from(text, "latin1");
        if (form.length < 4) continue;
        const start = form.readUInt32LE(0);
        this.#maybe[slot(start)] = 1;
        const others = this.#byStart.get(start);
        if (others === undefined) this.#byStart.set(start, [{ needle, form }]);
        else others.push({ needle, form });
      }
    }
  }

  /** In the bytes as they are, and in whatever of them inflates, as it is or from base64, and so on within that. */
  findAnywhereIn(bytes: Buffer, depth = MOST_WRAPPERS): Set<string> {
    const found = this.findIn(bytes);
    if (depth === 0) return found;
    for (const more of [...inflated(bytes), ...inflatedBase64(bytes)]) {
      for (const needle of this.findAnywhereIn(more, depth - 1)) found.add(needle);
    }
    return found;
  }

  findIn(bytes: Buffer): Set<string> {
    const found = new Set<string>();
    for (let at = 0; at + 4 <= bytes.length; at++) {
      const start = bytes.readUInt32LE(at);
      if (this.#maybe[slot(start)] === 0) continue;
      for (const { needle, form } of this.#byStart.get(start) ?? []) {
        if (bytes.compare(form, 0, form.length, at, Math.min(bytes.length, at + form.length)) === 0)
          found.add(needle);
      }
    }
    return found;
  }
}

function slot(start: number): number {
  return Math.imul(start, 0x9e37_79b1) >>> 10;
}

/** As bytes, one character each: plain, UTF-16, hex, URL-encoded, in JSON, and base64 in each of its three alignments. */
function formsOf(needle: string): Set<string> {
  const bytes = Buffer.from(needle, "utf8");
  const wide = Buffer.from(needle, "utf16le");
  const hex = bytes.toString("hex");
  const percent = hex.replaceAll(/../g, "%$&");
  const base64 = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    // The first and last digits also hold bits of what stands beside.
    return shifted.slice(shift === 0 ? 0 : shift + 1, Math.floor((shift + bytes.length) / 3) * 4);
  });
  return new Set([
    bytes.toString("latin1"),
    wide.toString("latin1"),
    Buffer.from(wide).swap16().toString("latin1"),
    hex,
    hex.toUpperCase(),
    percent,
    percent.toUpperCase(),
    encodeURIComponent(needle.toWellFormed()),
    Buffer.from(JSON.stringify(needle).slice(1, -1), "utf8").toString("latin1"),
    ...base64,
    ...base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_")),
  ]);
}

export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

const STREAMS: { magic: Buffer; inflate: (bytes: Buffer) => Buffer }[] = [
  { magic: Buffer.from([0x1f, 0x8b, 0x08]), inflate: (bytes) => gunzipSync(bytes) },
  { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), inflate: (bytes) => zstdDecompressSync(bytes) },
  { magic: Buffer.from([0x78, 0x9c]), inflate: (bytes) => inflateSync(bytes) },
  { magic: Buffer.from([0x78, 0x01]), inflate: (bytes) => inflateSync(bytes) },
];

/** Whatever inflates, wherever in the bytes it begins. */
function inflated(content: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (const { magic, inflate } of STREAMS) {
    for (let at = content.indexOf(magic); at !== -1; at = content.indexOf(magic, at + 1)) {
      try {
        found.push(inflate(content.subarray(at)));
      } catch {
        // Most places that look like a beginning are none.
      }
    }
  }
  try {
    found.push(inflateRawSync(content));
  } catch {
    // Not a bare deflate stream.
  }
  return found;
}

/** How base64 begins of each of the streams. */
const BASE64_STREAM = /(?:H4sI|KLUv|eJ[w-z]|eA[E-H])[\w+/-]{8,}/g;

function inflatedBase64(content: Buffer): Buffer[] {
  const streams = content.toString("latin1").match(BASE64_STREAM) ?? [];
  return streams.flatMap((text) => inflated(Buffer.from(text, "base64")));
}
