import { readSync } from "node:fs";
import { scanBuffer, type ScanBuffer } from "./scan-buffer.ts";

const NEWLINE = 10;
/** Large enough for few system calls, small enough to stay in a core's cache. */
const BLOCK_BYTES = 1 << 20;
const KEPT_BYTES = 4 << 20;

/** The block buffer of a thread, used for one file after the other. */
export class BlockBuffer {
  current: ScanBuffer = scanBuffer(BLOCK_BYTES);

  /** Doubles, so that a line of any length is copied a constant number of times. Keeps the first `used` bytes. */
  grow(used: number, largest: number): void {
    const larger = scanBuffer(Math.min(this.current.capacity * 2, Math.max(largest, BLOCK_BYTES)));
    this.current.bytes.copy(larger.bytes, 0, 0, used);
    this.current = larger;
  }

  /** Gives back what a long line needed. */
  release(): void {
    if (this.current.capacity > KEPT_BYTES) this.current = scanBuffer(BLOCK_BYTES);
  }
}

export interface Stretch {
  /** Where to begin: the start of a line. */
  from: number;
  /** Reading stops after about so many bytes, at the end of a line. */
  maxBytes: number;
  /** Longer lines are stepped over. */
  maxLineBytes: number;
}

export interface StretchEnd {
  /** Bytes from the start of the file to the first line that was not read: there the next stretch begins. */
  offset: number;
  /** Bytes from the start of the file up to which there is no further newline. */
  searchedTo: number;
  oversize: number;
  /** Nothing but an unfinished line is left. */
  atEnd: boolean;
}

export type OnLine = (buffer: ScanBuffer, start: number, end: number, offset: number) => void;

/** Hands over every complete line, without its newline. What follows the last newline stays unread. */
export function readLines(fd: number, block: BlockBuffer, stretch: Stretch, onLine: OnLine): StretchEnd {
  const reader = new LineReader(fd, block, stretch, onLine);
  while (reader.step());
  block.release();
  return reader.result();
}

class LineReader {
  readonly #fd: number;
  readonly #block: BlockBuffer;
  readonly #stretch: Stretch;
  readonly #onLine: OnLine;
  /** File position of the buffer's first byte. */
  #base: number;
  /** Bytes in the buffer. */
  #used = 0;
  /** Bytes of the buffer in which there is no newline. */
  #searched = 0;
  /** In the middle of a line that is too long. */
  #skipping = false;
  #lineStart: number;
  #oversize = 0;
  #atEnd = false;

  constructor(fd: number, block: BlockBuffer, stretch: Stretch, onLine: OnLine) {
    this.#fd = fd;
    this.#block = block;
    this.#stretch = stretch;
    this.#onLine = onLine;
    this.#base = stretch.from;
    this.#lineStart = stretch.from;
  }

  result(): StretchEnd {
    const searchedTo = Math.max(this.#base + this.#searched, this.#lineStart);
    return { offset: this.#lineStart, searchedTo, oversize: this.#oversize, atEnd: this.#atEnd };
  }

  /** Reads one block. False when the stretch is over. */
  step(): boolean {
    if (this.#lineStart - this.#stretch.from >= this.#stretch.maxBytes) return false;
    this.#makeRoom();
    const { bytes, capacity } = this.#block.current;
    const read = readSync(this.#fd, bytes, this.#used, capacity - this.#used, this.#base + this.#used);
    if (read === 0) {
      this.#atEnd = true;
      return false;
    }
    this.#used += read;
    this.#lines();
    return true;
  }

  #makeRoom(): void {
    const { capacity } = this.#block.current;
    if (this.#used < capacity) return;
    const { maxLineBytes } = this.#stretch;
    if (this.#used > maxLineBytes) this.#dropBuffer();
    else this.#block.grow(this.#used, maxLineBytes + BLOCK_BYTES);
  }

  #dropBuffer(): void {
    this.#skipping = true;
    this.#base += this.#used;
    this.#used = 0;
    this.#searched = 0;
  }

  #lines(): void {
    const { bytes } = this.#block.current;
    let start = 0;
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, Math.max(start, this.#searched));
      if (newline < 0 || newline >= this.#used) break;
      this.#line(start, newline);
      start = newline + 1;
      this.#searched = start;
    }
    if (this.#skipping) {
      this.#dropBuffer();
      return;
    }
    if (start > 0) bytes.copyWithin(0, start, this.#used);
    this.#base += start;
    this.#used -= start;
    this.#searched = this.#used;
  }

  #line(start: number, newline: number): void {
    const offset = this.#base + start;
    this.#lineStart = this.#base + newline + 1;
    if (this.#skipping || newline - start > this.#stretch.maxLineBytes) {
      this.#skipping = false;
      this.#oversize += 1;
      return;
    }
    this.#onLine(this.#block.current, start, newline, offset);
  }
}
