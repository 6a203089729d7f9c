import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from "node:zlib";

/**
 * Looks for every canary in every file below the folders, and in the given outputs: as it is, in UTF-16, as hex, as
 * base64 in each of its three alignments, and inside gzip, deflate and zstd streams. Returns what was found where.
 */
export function findLeaks(
  folders: readonly string[],
  canaries: Iterable<string>,
  outputs: Readonly<Record<string, Buffer>> = {},
): string[] {
  const index = new NeedleIndex(canaries);
  const files = folders.flatMap((folder) =>
    filesBelow(folder).map((file) => [file, readFileSync(file)] as const),
  );
  const found = new Set<string>();
  for (const [name, content] of [...Object.entries(outputs), ...files]) {
    for (const bytes of [content, ...inflated(content)]) {
      for (const canary of index.findIn(bytes)) found.add(`${canary} in ${name}`);
    }
  }
  return [...found];
}

/** Many thousands of needles at once: a table of their first four bytes, then the whole comparison. */
class NeedleIndex {
  readonly #maybe = new Uint8Array(1 << 22);
  readonly #byStart = new Map<number, { canary: string; form: Buffer }[]>();

  constructor(canaries: Iterable<string>) {
    for (const canary of canaries) {
      for (const text of formsOf(canary)) {
        const form = Buffer.from(text, "latin1");
        if (form.length < 4) continue;
        const start = form.readUInt32LE(0);
        this.#maybe[slot(start)] = 1;
        this.#byStart.set(start, [...(this.#byStart.get(start) ?? []), { canary, form }]);
      }
    }
  }

  findIn(bytes: Buffer): Set<string> {
    const found = new Set<string>();
    for (let at = 0; at + 4 <= bytes.length; at++) {
      const start = bytes.readUInt32LE(at);
      if (this.#maybe[slot(start)] === 0) continue;
      for (const { canary, form } of this.#byStart.get(start) ?? []) {
        if (bytes.compare(form, 0, form.length, at, Math.min(bytes.length, at + form.length)) === 0)
          found.add(canary);
      }
    }
    return found;
  }
}

function slot(start: number): number {
  return Math.imul(start, 0x9e37_79b1) >>> 10;
}

function formsOf(canary: string): string[] {
  const bytes = Buffer.from(canary, "utf8");
  const base64 = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    // The first and last digits also hold bits of what stands beside.
    return shifted.slice(shift === 0 ? 0 : shift + 1, Math.floor((shift + bytes.length) / 3) * 4);
  });
  const urlSafe = base64.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"));
  return [
    ...new Set([
      bytes.toString("latin1"),
      Buffer.from(canary, "utf16le").toString("latin1"),
      bytes.toString("hex"),
      ...base64,
      ...urlSafe,
    ]),
  ];
}

function filesBelow(folder: string): string[] {
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

/** Whatever inflates, wherever in the file it begins. */
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
