import type { DatabaseSync } from "node:sqlite";
import { ChangedMeanwhile, withDatabase } from "./open.ts";

/** So long the file is open at a time, then it is closed: Cursor's writer is to notice nothing of a reader. */
const SLICE_MS = 2;
/**
 * So long it stays closed before it is opened again. A thread that has slept gets the processor for longer than a slice
 * takes, even where others want it: it is hardly ever made to wait while it has a file open.
 */
const REST_MS = 5;
/** A slice that somebody's write spoiled is tried again so often. */
const MOST_TRIES = 3;

/** A stretch of reading, in one opening of the file. */
export interface Slice {
  db: DatabaseSync;
  /** Asked after every row: when true, nothing more is to be read. */
  isOver(): boolean;
}

/** What was read so far. Made anew by every slice, so that one which does not count leaves no trace. */
export interface Progress<T> {
  value: T;
  isDone: boolean;
}

/** What is to be read. */
export interface Reading<T> {
  read: (slice: Slice, before: T) => Progress<T>;
  mayEnd?: (value: T) => boolean;
}

let closedAtMs = -REST_MS;

/**
 * Reads in slices until all is read, or until about `budgetMs` were spent with the file open and `mayEnd` lets it end.
 * At least one row is read in each.
 */
export function inSlices<T>(
  file: string,
  budgetMs: number,
  first: T,
  { read, mayEnd = () => true }: Reading<T>,
): Progress<T> {
  let value = first;
  let spentMs = 0;
  for (let tries = 0; ;) {
    rest();
    const started = performance.now();
    try {
      const progress = held(file, (slice) => read(slice, value));
      value = progress.value;
      if (progress.isDone) return progress;
      tries = 0;
    } catch (error) {
      tries += 1;
      if (tries >= MOST_TRIES || !isPassing(error)) throw error;
    }
    spentMs += performance.now() - started;
    if (spentMs >= budgetMs && mayEnd(value)) return { value, isDone: false };
  }
}

function held<T>(file: string, read: (slice: Slice) => T): T {
  try {
    return withDatabase(file, (db) => {
      // A log that a crash left behind is read whole at every opening: then reading may take as long as that took.
      const endMs = performance.now() + Math.max(SLICE_MS, opening(db));
      return read({ db, isOver: () => performance.now() >= endMs });
    });
  } finally {
    closedAtMs = performance.now();
  }
}

/** How long SQLite takes to begin, in milliseconds. */
function opening(db: DatabaseSync): number {
  const started = performance.now();
  db.prepare("SELECT max(rowid) FROM cursorDiskKV").get();
  return performance.now() - started;
}

const nobody = new Int32Array(new SharedArrayBuffer(4));

function rest(): void {
  const leftMs = closedAtMs + REST_MS - performance.now();
  if (leftMs > 0) Atomics.wait(nobody, 0, 0, leftMs);
}

/** Primary codes of SQLite's that pass by themselves: busy, locked, read-only (a crash left a journal), I/O, cannot open, schema. */
const PASSING = new Set([5, 6, 8, 10, 14, 17]);

/** Somebody writes, or replaces the file: the same question may be answered a moment later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ChangedMeanwhile) return true;
  return (
    error instanceof Error &&
    "errcode" in error &&
    typeof error.errcode === "number" &&
    PASSING.has(error.errcode & 0xff)
  );
}
