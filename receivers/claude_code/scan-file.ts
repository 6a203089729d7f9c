import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { scanBuffer } from "./cursor.ts";
import { type ExtractData, ExtractWriter } from "./extract.ts";
import { Segment, type FileContext, type SegmentCounts } from "./segment.ts";
import { BlockBuffer, readLines } from "./tail.ts";

/** Bytes at a file's start that tell it from another. */
export const HEAD_BYTES = 1024;
/** Bytes before an offset that tell whether the file still is what was read. */
export const MARKER_BYTES = 64;
/** How far back the prompt is looked for that a file was at. */
const CONTEXT_BYTES = 256 * 1024;
const NEWLINE = 10;

export interface ScanJob {
  path: string;
  identity: string;
  /** Where to begin: the start of a line. */
  from: number;
  maxBytes: number;
  maxLineBytes: number;
  /** Undefined when it must be looked for before `from`. */
  context: FileContext | undefined;
}

export type ScanReport =
  /** The path leads to no file, or to another one than expected. */
  | { outcome: "gone"; rows: number }
  | {
      outcome: "read";
      /** Rows of the extract that are this file's: they follow those of the file before. */
      rows: number;
      /** Keys are in the extract; only the count is told here. */
      counts: SegmentCounts;
      oversize: number;
      /** Where the next stretch begins. */
      offset: number;
      searchedTo: number;
      atEnd: boolean;
      /** As the file was when reading began. */
      size: number;
      mtimeMs: number;
      context: FileContext;
      /** The file's first bytes, and those before `offset`: for digests. */
      head: Uint8Array;
      marker: Uint8Array;
    };

/** Reads stretches of files into rows. One per thread. */
export class FileScanner {
  readonly #block = new BlockBuffer();
  readonly writer = new ExtractWriter();
  readonly #segment = new Segment(scanBuffer(64), this.writer);

  scan(job: ScanJob): ScanReport {
    const fd = open(job.path);
    if (fd === undefined) return { outcome: "gone", rows: 0 };
    const before = this.writer.count;
    try {
      const stat = identify(fd, job.path);
      if (stat?.identity !== job.identity) return { outcome: "gone", rows: 0 };
      return this.#read(fd, job, stat);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      // What was read of it does not count.
      this.#segment.finish();
      return { outcome: "gone", rows: this.writer.count - before };
    } finally {
      closeSync(fd);
    }
  }

  #read(fd: number, job: ScanJob, stat: FileStat): ScanReport {
    const segment = this.#segment;
    const before = this.writer.count;
    segment.begin(job.context ?? { turn: lastPromptId(fd, job.from), searches: [] });
    const end = readLines(fd, this.#block, job, (buffer, start, stop, offset) =>
      segment.line(buffer, start, stop, offset),
    );
    const context = segment.finish();
    return {
      outcome: "read",
      rows: this.writer.count - before,
      counts: segment.counts,
      oversize: end.oversize,
      offset: end.offset,
      searchedTo: end.searchedTo,
      atEnd: end.atEnd,
      size: stat.size,
      mtimeMs: stat.mtimeMs,
      context,
      head: readAt(fd, 0, Math.min(HEAD_BYTES, end.offset)),
      marker: readBefore(fd, end.offset),
    };
  }
}

/** What was found in a chunk of files, one report for each. */
export interface ScanResult {
  reports: ScanReport[];
  data: ExtractData;
}

export function scanChunk(scanner: FileScanner, jobs: readonly ScanJob[]): ScanResult {
  const reports = jobs.map((job) => scanner.scan(job));
  return { reports, data: scanner.writer.take() };
}

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

function open(path: string): number | undefined {
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
function isSystemError(error: unknown): boolean {
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

/** The prompt that the lines before `offset` belong to, or "". */
function lastPromptId(fd: number, offset: number): string {
  if (offset === 0) return "";
  const length = Math.min(CONTEXT_BYTES, offset);
  const bytes = Buffer.from(readAt(fd, offset - length, length));
  const key = '"promptId":"';
  // Inside a string its quotes would be escaped.
  const at = bytes.lastIndexOf(key);
  const start = at + key.length;
  const stop = bytes.indexOf('"', start);
  const id = at < 0 || stop < 0 ? "" : bytes.toString("latin1", start, stop);
  return /^[\w-]{1,64}$/.test(id) ? id : "";
}
