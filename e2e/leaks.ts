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
  const needles = [...canaries].flatMap((canary) => formsOf(canary).map((form) => ({ canary, form })));
  const sources = [
    ...Object.entries(outputs),
    ...folders.flatMap((folder) => filesBelow(folder).map((file) => [file, readFileSync(file)] as const)),
  ];
  const found: string[] = [];
  for (const [name, content] of sources) {
    for (const bytes of [content, ...inflated(content)]) {
      const text = bytes.toString("latin1");
      for (const { canary, form } of needles) if (text.includes(form)) found.push(`${canary} in ${name}`);
    }
  }
  return [...new Set(found)];
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
      bytes.toString("utf16le"),
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
