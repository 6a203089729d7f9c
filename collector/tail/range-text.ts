import { closeSync, openSync, readSync } from "node:fs";

/** More than any contract lets out; a line with a pasted image is longer, and its text is not worth the memory. */
const MOST_BYTES = 16 * 1024 * 1024;

/** The lines of a stretch of a file. Empty when it is gone, unreadable or very long: its counts are known all the same. */
export function linesIn(file: string, from: number, to: number): string[] {
  const length = to - from;
  if (length <= 0 || length > MOST_BYTES) return [];
  try {
    const fd = openSync(file, "r");
    try {
      const bytes = Buffer.alloc(length);
      return bytes.toString("utf8", 0, readSync(fd, bytes, 0, length, from)).split("\n");
    } finally {
      closeSync(fd);
    }
  } catch {
    return [];
  }
}
