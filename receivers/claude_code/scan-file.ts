import { closeSync } from "node:fs";
import {
  HEAD_BYTES,
  identify,
  type FileStat,
  isSystemError,
  open,
  readAt,
  readBefore,
} from "#tail/file-bytes.ts";
import { BlockBuffer, readLines } from "#tail/lines.ts";
import { scanBuffer } from "#tail/scan-buffer.ts";
import { type ExtractData, ExtractWriter } from "./extract.ts";
import { Segment, type FileContext, type SegmentCounts } from "./segment.ts";

/** How far back the prompt is looked for that a file was at. */
const CONTEXT_BYTES = 256 * 1024;

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
