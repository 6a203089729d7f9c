import { closeSync } from "node:fs";
import type { Clock, Logger, ReceiverHost } from "#component/component.ts";
import {
  hasNewline,
  HEAD_BYTES,
  identify,
  isSystemError,
  lookInto,
  open,
  readAt,
  readBefore,
} from "#tail/file-bytes.ts";
import { advance, type FileTable, type Look, rewind } from "#tail/file-table.ts";
import { BlockBuffer, readLines } from "#tail/lines.ts";
import type { Outgoing } from "#tail/outgoing.ts";
import {
  noContext,
  placeOf,
  type TranscriptContext,
  type TranscriptFile,
  TranscriptReader,
} from "./transcript.ts";
import type { WorkingFolders } from "./working-folder.ts";

const STRETCH_BYTES = 4 * 1024 * 1024;
/** An unfinished line longer than this is not read again until its newline is there. */
const LONG_TAIL_BYTES = 1024 * 1024;

export interface ReadingOptions {
  host: ReceiverHost;
  clock: Clock;
  log: Logger;
  maxLineBytes: number;
  files: FileTable<TranscriptContext>;
  folders: WorkingFolders;
  outgoing: Outgoing;
  isStopped(): boolean;
}

/** Reads what is new in transcripts into their turns. */
export class Reading {
  readonly #o: ReadingOptions;
  readonly #block = new BlockBuffer();
  /** By conversation: Cursor may write one into two folders. */
  readonly #files = new Map<string, Set<TranscriptFile>>();
  #toldUnreadable = false;

  constructor(options: ReadingOptions) {
    this.#o = options;
  }

  /** Reads every file that grew to its present end. Returns the conversations that have news. */
  async readAll(looks: readonly Look<TranscriptContext>[]): Promise<Set<string>> {
    const touched = new Set<string>();
    for (const look of looks.toSorted((a, b) => a.birthMs - b.birthMs)) {
      if (this.#o.isStopped()) break;
      const conversation = this.#known(look);
      if (conversation === undefined || !this.#isDue(look)) continue;
      await this.#read(look.file);
      touched.add(conversation);
    }
    return touched;
  }

  /** The conversation's transcript, read to where it is known; the one with the most turns, where there are several. */
  async transcriptOf(conversation: string): Promise<TranscriptFile | undefined> {
    let best: TranscriptFile | undefined;
    for (const file of this.#files.get(conversation) ?? []) {
      if (file.goneSinceMs !== undefined && !file.context.isLoaded) continue;
      if (!file.context.isLoaded) await this.#read(file);
      if (best !== undefined && file.context.turns.length <= best.context.turns.length) release(file);
      else {
        if (best !== undefined) release(best);
        best = file;
      }
    }
    return best;
  }

  /** Reads what was written since. A hook tells how long the transcript was: all of that must be known. */
  async catchUp(conversation: string): Promise<void> {
    for (const file of this.#files.get(conversation) ?? []) {
      if (file.context.isLoaded && file.goneSinceMs === undefined) await this.#read(file);
    }
  }

  get conversations(): IterableIterator<string> {
    return this.#files.keys();
  }

  #known({ file }: Look<TranscriptContext>): string | undefined {
    const conversation = placeOf(file.path)?.conversation;
    if (conversation === undefined) return undefined;
    const files = this.#files.get(conversation) ?? new Set();
    this.#files.set(conversation, files.add(file));
    return conversation;
  }

  /** False when nothing happened since the last look. A rewritten file is rewound here. */
  #isDue({ file, size, mtimeMs }: Look<TranscriptContext>): boolean {
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
    if (isDue === undefined) this.#unreadable();
    if (isDue === false) {
      file.size = size;
      file.mtimeMs = mtimeMs;
    }
    return isDue === true;
  }

  async #read(file: TranscriptFile): Promise<void> {
    if (!file.context.isLoaded) this.#begin(file);
    // Until its conversation is settled, what is read now is read again after a crash.
    if (!file.holds.has("open")) file.holds.set("open", Math.max(file.offset, file.context.resumeAt));
    while (!this.#o.isStopped() && this.#stretch(file)) await new Promise(setImmediate);
  }

  /** Turns are counted from the start of the file, whatever was read of it before. */
  #begin(file: TranscriptFile): void {
    const resumeAt = file.offset;
    const newSinceMs = resumeAt === 0 ? 0 : Math.max(this.#o.host.firstStartMs, file.grewAtMs);
    file.context = { turns: [], isLoaded: true, resumeAt, newSinceMs };
    file.offset = 0;
  }

  /** True when more is left. */
  #stretch(file: TranscriptFile): boolean {
    const fd = open(file.path);
    if (fd === undefined) return this.#unreadable();
    try {
      const stat = identify(fd, file.path);
      if (stat?.identity !== file.identity) return false;
      const { context } = file;
      const reader = new TranscriptReader(this.#o.folders);
      const atEnd = this.#o.clock.now();
      const latestMs = Math.min(stat.mtimeMs, atEnd);
      const earliestMs = Math.max(0, Math.min(stat.birthMs, latestMs));
      const earlier = { earliestMs, latestMs, isDated: false };
      const newSinceMs = Math.min(context.newSinceMs, latestMs);
      const later = {
        earliestMs: Math.max(earliestMs, newSinceMs),
        latestMs,
        isDated: context.newSinceMs > 0,
      };
      const stretch = { from: file.offset, maxBytes: STRETCH_BYTES, maxLineBytes: this.#o.maxLineBytes };
      const end = readLines(fd, this.#block, stretch, (buffer, start, stop, offset) => {
        const range = { from: offset, to: offset + (stop - start) + 1 };
        const written = offset < context.resumeAt ? earlier : later;
        reader.line(buffer.bytes.toString("utf8", start, stop), range, file, written);
      });
      this.#account(file, reader, end);
      const to = {
        offset: end.offset,
        head: readAt(fd, 0, Math.min(HEAD_BYTES, end.offset)),
        marker: readBefore(fd, end.offset),
      };
      advance(file, this.#o.host, to);
      // What an earlier run read stays read, should this one end in the middle.
      if (end.offset < context.resumeAt) file.changed = false;
      file.searchedTo = end.searchedTo;
      file.size = end.atEnd ? stat.size : -1;
      file.mtimeMs = stat.mtimeMs;
      if (end.atEnd) context.newSinceMs = Math.max(context.newSinceMs, latestMs);
      return !end.atEnd;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return this.#unreadable();
    } finally {
      closeSync(fd);
    }
  }

  #account(file: TranscriptFile, reader: TranscriptReader, end: { offset: number; oversize: number }): void {
    const { outgoing, clock } = this.#o;
    const { resumeAt } = file.context;
    const bytes = end.offset - Math.max(file.offset, resumeAt);
    if (bytes > 0) file.grewAtMs = clock.now();
    if (file.offset < resumeAt && bytes <= 0) return;
    outgoing.count("receiver_read_bytes", bytes);
    outgoing.count("receiver_read_lines", reader.counts.lines + end.oversize);
    outgoing.count("receiver_malformed_lines", reader.counts.malformed);
    outgoing.count("receiver_unknown_types", reader.counts.unknown);
    outgoing.count("receiver_oversize_lines", end.oversize);
  }

  /** Said once: a file that is only gone is no news. */
  #unreadable(): false {
    this.#o.outgoing.count("receiver_unreadable_files");
    if (!this.#toldUnreadable) {
      this.#toldUnreadable = true;
      this.#o.log.warn("a transcript cannot be read, will try again: may this user read all of them?");
    }
    return false;
  }
}

/** What was read of it needs not be read again. */
export function release(file: TranscriptFile): void {
  if (file.holds.delete("open")) file.changed = true;
}
