import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

export interface Entry {
  /** At most 100 bytes of ASCII. */
  name: string;
  text: string;
}

const BLOCK = 512;
/** Two empty blocks end an archive. */
const END = Buffer.alloc(2 * BLOCK);
/** Where the checksum stands in a header. It counts as spaces while it is added up. */
const CHECKSUM = { at: 148, length: 8 };

/** Regular files as a `.tar.gz` (ustar), readable by their owner alone, without the name of any person or group. */
export function tarGz(entries: readonly Entry[], atMs: number): Buffer {
  const blocks = entries.flatMap(({ name, text }) => {
    const bytes = Buffer.from(text);
    const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
    return [header(name, bytes.length, atMs), bytes, padding];
  });
  return gzipSync(Buffer.concat([...blocks, END]));
}

function header(name: string, size: number, atMs: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    block.write(value.toString(8).padStart(length - 1, "0"), at, "latin1");
  block.write(name, 0, 100, "latin1");
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(Math.floor(atMs / 1_000), 136, 12);
  block.fill(" ", CHECKSUM.at, CHECKSUM.at + CHECKSUM.length);
  block.write("0", 156, "latin1");
  block.write("ustar\u000000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\u0000 `, CHECKSUM.at, "latin1");
  return block;
}
