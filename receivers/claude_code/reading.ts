import { existsSync } from "node:fs";
import type { Clock, Logger, ReceiverHost } from "#component/component.ts";
import { hasNewline, lookInto } from "#tail/file-bytes.ts";
import { advance, type FileTable, type Look as LookAt, rewind } from "#tail/file-table.ts";
import type { Outgoing } from "#tail/outgoing.ts";
import type { TailedFile as TailedFileOf } from "#tail/tailed-file.ts";
import type { ClaudeCodeConfig } from "./config.ts";
import { ExtractReader, type ExtractData, RowKind } from "./extract.ts";
import type { Ledger } from "./ledger.ts";
import { FileScanner, type ScanJob, type ScanReport, type ScanResult } from "./scan-file.ts";
import { type FileContext, noContext } from "./segment.ts";
import { ScanPool } from "./scan-pool.ts";

type Look = LookAt<FileContext>;
type TailedFile = TailedFileOf<FileContext>;

/** More than this is a backlog: worth starting threads for. */
const BACKLOG_BYTES = 32 * 1024 * 1024;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** The main thread scans no larger chunk: it must also hear signals. */
const MAX_HERE_BYTES = 16 * 1024 * 1024;
const STRETCH_BYTES = 8 * 1024 * 1024;
/** An unfinished line longer than this is not read again until its newline is there. */
const LONG_TAIL_BYTES = 1024 * 1024;

export interface ReadingOptions {
  host: ReceiverHost;
  clock: Clock;
  log: Logger;
  config: ClaudeCodeConfig;
  files: FileTable<FileContext>;
  ledger: Ledger;
  outgoing: Outgoing;
  isStopped(): boolean;
  /** Bytes of the files that are being read and that were not read yet. */
  lag(bytes: number): void;
}

/** Reads what is new in files and books it: on this thread, or on all cores when there is much. */
export class Reading {
  readonly #o: ReadingOptions;
  readonly #scanner = new FileScanner();
  #pool: ScanPool | undefined;
  #toldUnreadable = false;
  #lagBytes = 0;

  constructor(options: ReadingOptions) {
    this.#o = options;
  }

  /** Reads every file to its present end, the oldest first: an original stands before its copies. */
  async readAll(looks: readonly Look[]): Promise<void> {
    const due = looks
      .filter((look) => this.#isDue(look))
      .toSorted((a, b) => a.birthMs - b.birthMs || (a.file.path < b.file.path ? -1 : 1));
    const bytes = due.reduce((sum, { file, size }) => sum + size - file.offset, 0);
    this.#lag(bytes);
    if (bytes >= BACKLOG_BYTES && due.length > 1) await this.#backlog(due);
    else for (const { file } of due) await this.#readHere(file);
    if (!this.#o.isStopped()) this.#lag(0);
  }

  #lag(bytes: number): void {
    this.#lagBytes = bytes;
    this.#o.lag(bytes);
  }

  async stop(): Promise<void> {
    await this.#pool?.stop();
  }

  /** False when nothing happened since the last look. A rewritten file is rewound here. */
  #isDue({ file, size, mtimeMs }: Look): boolean {
    if (size === file.size && mtimeMs === file.mtimeMs) return false;
    if (file.offset === 0 && file.headBytes === 0 && file.searchedTo < LONG_TAIL_BYTES) return size > 0;
    const isDue = lookInto(file.path, (fd) => {
      if (!this.#o.files.isSame(file, fd, size)) {
        rewind(file, noContext());
        this.#o.outgoing.count("receiver_rewritten_files");
      }
      const isLong = file.searchedTo - file.offset > LONG_TAIL_BYTES && size >= file.searchedTo;
      return isLong ? hasNewline(fd, file.searchedTo, size) : size > file.offset;
    });
    if (isDue === undefined) this.#unreadable(file);
    if (isDue === false) {
      file.size = size;
      file.mtimeMs = mtimeMs;
      file.searchedTo = size;
    }
    return isDue === true;
  }

  async #readHere(file: TailedFile): Promise<void> {
    for (;;) {
      if (this.#o.isStopped()) return;
      const report = this.#scanner.scan(this.#job(file, STRETCH_BYTES));
      this.#book(file, report, new Rows(this.#scanner.writer.take()));
      if (this.#o.outgoing.isFull) await this.#o.outgoing.flush();
      if (report.outcome === "gone" || report.atEnd) return;
      await new Promise(setImmediate);
    }
  }

  #job(file: TailedFile, maxBytes: number): ScanJob {
    return {
      path: file.path,
      identity: file.identity,
      from: file.offset,
      maxBytes,
      maxLineBytes: this.#o.config.max_line_size,
      context: file.hasContext || file.offset === 0 ? file.context : undefined,
    };
  }

  async #backlog(due: readonly Look[]): Promise<void> {
    const chunks = chunked(due);
    const sizes = chunks.map((chunk) => chunk.reduce((sum, { size, file }) => sum + size - file.offset, 0));
    const fits = (chunk: number) => (sizes[chunk] ?? Infinity) <= MAX_HERE_BYTES;
    const pool = new ScanPool({ here: { scanner: this.#scanner, fits } });
    this.#pool = pool;
    let done = 0;
    try {
      pool.begin(chunks.map((chunk) => chunk.map(({ file }) => this.#job(file, Infinity))));
      for (let result = await pool.next(); result !== undefined; result = await pool.next()) {
        this.#bookChunk(chunks[done] ?? [], result);
        done += 1;
        if (this.#o.outgoing.isFull) await this.#o.outgoing.flush();
      }
      if (this.#o.isStopped()) return;
    } catch {
      this.#o.log.warn("scan threads do not work here, reading on one thread");
    } finally {
      this.#pool = undefined;
      await pool.stop();
    }
    // Whatever the threads did not do.
    for (const { file } of chunks.slice(done).flat()) await this.#readHere(file);
  }

  #bookChunk(looks: readonly Look[], { reports, data }: ScanResult): void {
    const rows = new Rows(data);
    for (const [i, report] of reports.entries()) {
      const file = looks[i]?.file;
      if (file !== undefined) this.#book(file, report, rows);
    }
  }

  #book(file: TailedFile, report: ScanReport, rows: Rows): void {
    if (report.outcome === "gone") {
      this.#unreadable(file);
      rows.skip(report.rows);
      return;
    }
    this.#account(file, report);
    advance(file, this.#o.host, report);
    file.searchedTo = report.searchedTo;
    file.size = report.atEnd ? report.size : -1;
    file.mtimeMs = report.mtimeMs;
    file.context = report.context;
    file.hasContext = true;
    const touched = rows.book(report.rows, file, this.#o.ledger);
    if (report.counts.closers > 0) this.#o.ledger.followed(file, touched);
  }

  /** Said once: a file that is only gone is no news. */
  #unreadable({ path }: TailedFile): void {
    this.#o.outgoing.count("receiver_unreadable_files");
    if (this.#toldUnreadable || !existsSync(path)) return;
    this.#toldUnreadable = true;
    this.#o.log.warn("a transcript cannot be read, will try again: may this user read all of them?");
  }

  #account(file: TailedFile, report: Extract<ScanReport, { outcome: "read" }>): void {
    const { outgoing, clock } = this.#o;
    const { counts } = report;
    const bytes = report.offset - file.offset;
    if (bytes > 0) {
      file.grewAtMs = clock.now();
      this.#lag(Math.max(0, this.#lagBytes - bytes));
    }
    outgoing.count("receiver_read_bytes", bytes);
    outgoing.count("receiver_read_lines", counts.lines + report.oversize);
    outgoing.count("receiver_malformed_lines", counts.malformed);
    outgoing.count("receiver_unknown_types", counts.unknownTypes);
    outgoing.count("receiver_oversize_lines", report.oversize);
    outgoing.drop("synthetic", counts.synthetic);
    outgoing.drop("malformed", counts.unreadable);
  }
}

/** The rows of an extract, taken file after file. */
class Rows {
  readonly #reader: ExtractReader;
  #next = 0;

  constructor(data: ExtractData) {
    this.#reader = new ExtractReader(data);
  }

  skip(count: number): void {
    this.#next += count;
  }

  /** Books the next `count` rows. Returns the keys of the requests among them. */
  book(count: number, file: TailedFile, ledger: Ledger): Set<string> {
    const touched = new Set<string>();
    const end = this.#next + count;
    for (; this.#next < end; this.#next += 1) {
      const kind = this.#reader.kind(this.#next);
      if (kind === RowKind.request) {
        const piece = this.#reader.request(this.#next);
        touched.add(piece.key);
        ledger.request(piece, file);
      } else if (kind === RowKind.prompt) ledger.prompt(this.#reader.prompt(this.#next), file);
      else ledger.search(this.#reader.search(this.#next));
    }
    return touched;
  }
}

function chunked(looks: readonly Look[]): Look[][] {
  const chunks: Look[][] = [];
  let bytes = Infinity;
  for (const look of looks) {
    if (bytes >= CHUNK_BYTES) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)?.push(look);
    bytes += look.size - look.file.offset;
  }
  return chunks;
}
