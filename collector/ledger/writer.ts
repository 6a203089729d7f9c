import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { promisify } from "node:util";
import { StateError } from "#state/errors.ts";
import { syncFolder } from "#state/private-file.ts";
import type { LedgerCipher } from "./cipher.ts";
import { type Draft, entryHash, entryText, GENESIS } from "./entry.ts";
import { entryFrame, type Framed, frameAt, readEntry, readStart, startFrame } from "./frame.ts";
import { type LedgerFolder, readIfThere } from "./folder.ts";
import { type Head, sealHead } from "./head.ts";
import { WriteLock } from "./write-lock.ts";

const syncData = promisify(fdatasync);

export interface Limits {
  /** Bytes on the disk. */
  maxSizeBytes: number;
  maxAgeMs: number;
}

/** A ledger goes from its front in so many parts. */
const PARTS = 16;
const LARGEST_SEGMENT_BYTES = 4 * 1024 * 1024;

/** Where this process believes that the ledger ends. */
interface Tail extends Head {
  /** Of the current segment; undefined before the next one is begun. */
  file: number | undefined;
  beganAtMs: number;
}

/** What an append needs beside the entry. */
export interface Carried {
  nonce: Uint8Array;
  body: Uint8Array;
  /** A body of its own, which can be forgotten. */
  isApart: boolean;
}
const NOTHING: Carried = { nonce: new Uint8Array(), body: new Uint8Array(), isApart: false };

/**
 * Appends to the ledger. Several processes may: each append takes the lock and first looks what the others wrote. What
 * a crash left half-written is cut off; what is damaged stays as evidence, and a new segment is begun.
 */
export class LedgerWriter {
  readonly #folder: LedgerFolder;
  readonly #cipher: LedgerCipher;
  readonly #limits: Limits;
  readonly #lock: WriteLock;
  readonly #segmentBytes: number;
  #tail: Tail | undefined;
  #isHeadBehind = false;

  constructor(folder: LedgerFolder, cipher: LedgerCipher, limits: Limits) {
    this.#folder = folder;
    this.#cipher = cipher;
    this.#limits = limits;
    this.#segmentBytes = Math.min(LARGEST_SEGMENT_BYTES, Math.floor(limits.maxSizeBytes / PARTS));
    this.#lock = new WriteLock(folder.lockFile);
  }

  /** Number of the oldest entry that is kept. */
  get first(): number {
    return this.#tail?.first ?? 0;
  }

  /** Throws with nothing written. */
  append(draft: Draft, carried: Carried = NOTHING): { n: number; hash: string } {
    return this.#lock.hold(() => {
      const tail = this.#rolled(this.#current(), draft.at);
      const n = tail.n + 1;
      const text = entryText(n, draft);
      const hash = entryHash(tail.hash, text);
      const { nonce, body, isApart } = carried;
      const framed: Framed = { text, hash, nonce, body: isApart ? new Uint8Array() : body };
      if (isApart) this.#writeBody(n, body);
      this.#write(tail, entryFrame(this.#cipher, n, framed));
      Object.assign(tail, { n, hash });
      this.#isHeadBehind = true;
      return { n, hash };
    });
  }

  /** What was appended so far is on the disk when this resolves. */
  async sync(): Promise<void> {
    const tail = this.#tail;
    if (tail?.file === undefined) return;
    const { file: _, beganAtMs: __, ...durable } = tail;
    await syncData(tail.file);
    if (!this.#isHeadBehind) return;
    this.#lock.hold(() => {
      if (this.#tail === undefined) return;
      const head = this.#folder.head(this.#cipher);
      if (typeof head === "object" && head.n >= durable.n) return;
      this.#writeHead(durable);
      this.#isHeadBehind = this.#tail.n > durable.n;
    });
  }

  close(): void {
    this.#release();
    this.#lock.close();
  }

  #release(): void {
    if (this.#tail?.file !== undefined) closeSync(this.#tail.file);
    this.#tail = undefined;
  }

  /** As it is on the disk now, whoever wrote last. */
  #current(): Tail {
    const tail = this.#tail;
    if (tail !== undefined && this.#isUnchanged(tail)) return tail;
    this.#release();
    this.#tail = this.#read();
    return this.#tail;
  }

  #isUnchanged(tail: Tail): boolean {
    if (tail.file === undefined) return false;
    const { size, nlink } = fstatSync(tail.file);
    if (size !== tail.size || nlink === 0) return false;
    const head = this.#folder.head(this.#cipher);
    return typeof head === "object" && head.segment === tail.segment;
  }

  #read(): Tail {
    const { segments, head } = this.#look();
    const last = this.#lastOf(segments, head?.n ?? 0);
    const empty = { n: 0, hash: GENESIS, segment: 0, size: 0 };
    const known = head ?? { ...empty, first: segments[0] ?? 1 };
    const { first } = known;
    if (last === undefined) return { ...known, first, file: undefined, beganAtMs: 0 };
    const scanned = this.#scan(last);
    // What the head names and the files do not hold was taken away. The chain goes on behind it, so that it shows.
    const isShort = known.n > scanned.n;
    const end = isShort ? { n: known.n, hash: known.hash } : { n: scanned.n, hash: scanned.hash };
    if (isShort || !scanned.isSound)
      return { ...end, first, segment: last, size: 0, file: undefined, beganAtMs: 0 };
    const file = openSync(this.#folder.segmentFile(last), constants.O_RDWR);
    if (fstatSync(file).size > scanned.size) ftruncateSync(file, scanned.size);
    this.#isHeadBehind ||= known.n < end.n;
    return { ...end, first, segment: last, size: scanned.size, file, beganAtMs: scanned.beganAtMs };
  }

  /** A segment that a crash left without its beginning never held an entry. */
  #lastOf(segments: number[], known: number): number | undefined {
    const last = segments.at(-1);
    if (last === undefined || last <= known) return last;
    const file = this.#folder.segmentFile(last);
    if (frameAt(readFileSync(file), 0) !== undefined) return last;
    rmSync(file);
    return this.#lastOf(segments.slice(0, -1), known);
  }

  #look(): { segments: number[]; head: Head | undefined } {
    if (readIfThere(this.#folder.keyFile) === undefined) {
      throw new StateError("io", "ledger: it was deleted or replaced");
    }
    const head = this.#folder.head(this.#cipher);
    return { segments: this.#folder.segments(), head: typeof head === "object" ? head : undefined };
  }

  /** `isSound`: up to `size` every entry follows the one before, and nothing whole stands behind. */
  #scan(first: number): { n: number; hash: string; size: number; beganAtMs: number; isSound: boolean } {
    const bytes = readFileSync(this.#folder.segmentFile(first));
    const raw = frameAt(bytes, 0);
    const start = raw && readStart(this.#cipher, raw);
    if (raw === undefined || start === undefined) {
      return { n: first, hash: GENESIS, size: 0, beganAtMs: 0, isSound: false };
    }
    let [n, hash, size] = [first - 1, start.previous, raw.end];
    for (let next = frameAt(bytes, size); next !== undefined; next = frameAt(bytes, size)) {
      const entry = next.n === n + 1 ? readEntry(this.#cipher, next) : undefined;
      if (entry === undefined) {
        // Numbers are not given twice, whatever stands there.
        return { n: Math.max(n + 1, next.n), hash, size, beganAtMs: start.atMs, isSound: false };
      }
      [n, hash, size] = [next.n, entry.hash, next.end];
    }
    return { n, hash, size, beganAtMs: start.atMs, isSound: true };
  }

  #rolled(tail: Tail, atMs: number): Tail {
    const isOld = atMs - tail.beganAtMs > this.#limits.maxAgeMs / PARTS;
    const hasEntries = tail.n >= tail.segment;
    if (tail.file !== undefined && !(hasEntries && (tail.size >= this.#segmentBytes || isOld))) return tail;
    const first = tail.n + 1;
    const start = startFrame(this.#cipher, { first, previous: tail.hash, atMs });
    const file = this.#begun(first, start);
    if (tail.file !== undefined) closeSync(tail.file);
    Object.assign(tail, { segment: first, size: start.length, file, beganAtMs: atMs });
    this.#writeHead(tail);
    tail.first = this.#prune(tail.first, first, atMs);
    return tail;
  }

  #begun(first: number, start: Uint8Array): number {
    const file = openSync(this.#folder.segmentFile(first), "wx", 0o600);
    try {
      writeWhole(file, start, 0);
      syncFolder(this.#folder.dir);
      return file;
    } catch (error) {
      closeSync(file);
      rmSync(this.#folder.segmentFile(first), { force: true });
      throw error;
    }
  }

  /** Whole segments go, the oldest first. Returns what is the first entry then; the files go once that is written. */
  #prune(first: number, current: number, nowMs: number): number {
    const { maxSizeBytes, maxAgeMs } = this.#limits;
    const segments = this.#folder.segments().filter((n) => n !== current);
    const bodies = this.#folder.bodies();
    const next = (at: number) => segments[at + 1] ?? current;
    const sizes = segments.map((n, at) => this.#folder.sizeOf(n, next(at), bodies));
    let total = sizes.reduce((a, b) => a + b, 0) + this.#segmentBytes;
    const gone: number[] = [];
    for (const [at, segment] of segments.entries()) {
      const isOld = nowMs - this.#beganAt(next(at), nowMs) > maxAgeMs;
      if (total <= maxSizeBytes && !isOld) break;
      total -= sizes[at] ?? 0;
      gone.push(segment);
    }
    const kept = gone.length === 0 ? first : next(gone.length - 1);
    if (gone.length === 0 || this.#tail === undefined) return kept;
    this.#writeHead({ ...this.#tail, first: kept });
    for (const segment of gone) rmSync(this.#folder.segmentFile(segment), { force: true });
    this.#folder.forget(bodies.filter((n) => n < kept));
    return kept;
  }

  /** When the segment was begun, which is when the one before ended. */
  #beganAt(segment: number, nowMs: number): number {
    const raw = frameAt(readIfThere(this.#folder.segmentFile(segment)) ?? new Uint8Array(), 0);
    return (raw && readStart(this.#cipher, raw)?.atMs) ?? nowMs;
  }

  #write(tail: Tail, bytes: Uint8Array): void {
    if (tail.file === undefined) throw new StateError("io", "ledger: no segment is open");
    try {
      writeWhole(tail.file, bytes, tail.size);
    } catch (error) {
      ftruncateSync(tail.file, tail.size);
      throw error;
    }
    tail.size += bytes.length;
  }

  #writeBody(n: number, body: Uint8Array): void {
    const file = this.#folder.bodyFile(n);
    const handle = openSync(file, "w", 0o600);
    try {
      writeWhole(handle, this.#cipher.seal("body", n, body), 0);
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    } finally {
      closeSync(handle);
    }
  }

  /** In one write of less than a sector, in place. */
  #writeHead({ first, n, hash, segment, size }: Head): void {
    const handle = openSync(this.#folder.headFile, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      writeWhole(handle, sealHead(this.#cipher, { first, n, hash, segment, size }), 0);
    } finally {
      closeSync(handle);
    }
  }
}

/** A full disk takes a part. */
function writeWhole(file: number, bytes: Uint8Array, position: number): void {
  const written = writeSync(file, bytes, 0, bytes.length, position);
  if (written < bytes.length) throw new StateError("disk_full", "ledger: the disk is full");
}
