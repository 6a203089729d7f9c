const QUOTE = 34;

/** Bytes that every scanned buffer keeps free behind its content, filled with quotes, so that no search runs out. */
export const GUARD_BYTES = 16;

/** A buffer with its 32-bit view. Made by `scanBuffer`, which keeps the guard. */
export interface ScanBuffer {
  bytes: Buffer;
  words: Int32Array;
  /** Bytes that content may use. */
  capacity: number;
}

export function scanBuffer(capacity: number): ScanBuffer {
  const size = (capacity + GUARD_BYTES + 7) & ~7;
  const memory = new ArrayBuffer(size);
  const bytes = Buffer.from(memory);
  bytes.fill(QUOTE, size - GUARD_BYTES);
  return { bytes, words: new Int32Array(memory), capacity: size - GUARD_BYTES };
}
