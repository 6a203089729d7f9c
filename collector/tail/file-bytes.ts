import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes at a file's start that tell it from another. */
export const HEAD_BYTES = 1024;
/** Bytes before an offset that tell whether the file still is what was read. */
export const MARKER_BYTES = 64;
const NEWLINE = 10;

export interface FileStat {
  /** Device and inode, as `dev:ino`. Survives a rename, not a copy. */
  identity: string;
  size: number;
  mtimeMs: number;
  birthMs: number;
}

/** Undefined for what is not a file. */
export function identify(fd: number, path: string): FileStat | undefined {
  const stat = fstatSync(fd, { bigint: true });
  if (!stat.isFile()) return undefined;
  return {
    identity: identityOf(stat.dev, stat.ino, path),
    size: Number(stat.size),
    mtimeMs: Number(stat.mtimeNs) / 1e6,
    birthMs: Number(stat.birthtimeMs),
  };
}

/** Some file systems number no files; there the path must do. It is hashed like every identity. */
export function identityOf(dev: bigint, ino: bigint, path: string): string {
  return ino === 0n ? `path:${path}` : `${dev}:${ino}`;
}

/** Undefined for what cannot be opened. */
export function open(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}

/** Opens a file to look into it. Undefined where the disk or the network does not let it be read. */
export function lookInto<T>(path: string, look: (fd: number) => T): T | undefined {
  const fd = open(path);
  if (fd === undefined) return undefined;
  try {
    return look(fd);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** A disk or network that fails in the middle of a file, not a bug. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

/** Fewer bytes where the file ends. */
export function readAt(fd: number, from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let used = 0;
  while (used < length) {
    const read = readSync(fd, bytes, used, length - used, from + used);
    if (read === 0) break;
    used += read;
  }
  return used === length ? bytes : bytes.slice(0, used);
}

export function readBefore(fd: number, offset: number): Uint8Array {
  const length = Math.min(MARKER_BYTES, offset);
  return readAt(fd, offset - length, length);
}

/** Bytes from the start of the file to the end of its last complete line. */
export function lastLineEnd(fd: number, size: number): number {
  const step = 64 * 1024;
  for (let to = size; to > 0; to -= step) {
    const from = Math.max(0, to - step);
    const at = Buffer.from(readAt(fd, from, to - from)).lastIndexOf(NEWLINE);
    if (at >= 0) return from + at + 1;
  }
  return 0;
}

/** True when a newline is in these bytes. */
export function hasNewline(fd: number, from: number, to: number): boolean {
  const step = 1024 * 1024;
  for (let at = from; at < to; at += step) {
    if (readAt(fd, at, Math.min(step, to - at)).includes(NEWLINE)) return true;
  }
  return false;
}
