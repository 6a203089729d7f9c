import type { LedgerCipher } from "./cipher.ts";
import { bodyDigest, type Entry, GENESIS, parseEntry, type Sent } from "./entry.ts";
import { type LedgerFolder, readIfThere } from "./folder.ts";
import { type Framed, follows, frameAt, type RawFrame, readEntry, readStart } from "./frame.ts";
import type { Head } from "./head.ts";

/** What is wrong, in one word. */
export type Flaw =
  /** It is not as it was written. */
  | "changed"
  /** It is not there. */
  | "removed"
  /** It stands where another was written. */
  | "moved"
  /** It does not follow the entry before. */
  | "unchained"
  /** The kept body is not the one that left. */
  | "body"
  /** The note of where the ledger ends is not as it was written. */
  | "head"
  /** The receipt does not prove that it arrived. */
  | "receipt";

export interface Problem {
  /** Number of the entry. */
  n: number;
  /** Of the last one, where several are concerned. */
  until?: number;
  flaw: Flaw;
}

/** An entry with what is kept beside it. */
export interface Kept {
  n: number;
  text: string;
  hash: string;
  entry: Entry;
  /** Of a request; empty for others. */
  nonce: Uint8Array;
  /** Undefined where it is no longer kept. */
  body: Uint8Array | undefined;
}

export type Step = { kept: Kept } | { problem: Problem };

/**
 * Every entry from the oldest to the newest, and what is wrong on the way. Reads beside a collector that writes: the
 * head is read first, so that what is appended meanwhile only comes on top.
 */
export class LedgerReader {
  readonly #folder: LedgerFolder;
  readonly #cipher: LedgerCipher;
  /** The next number, and the hash that it follows; undefined where that is not known any more. */
  #next = 1;
  #previous: string | undefined = GENESIS;
  #head: Head | undefined;
  #start: string | undefined;
  /** By destination: the body that was kept last. */
  readonly #bodies = new Map<string, { n: number; body: Uint8Array }>();

  constructor(folder: LedgerFolder, cipher: LedgerCipher) {
    this.#folder = folder;
    this.#cipher = cipher;
  }

  /** What the first entry that is kept follows. */
  get start(): string {
    return this.#start ?? GENESIS;
  }

  *read(): Generator<Step> {
    const head = this.#folder.head(this.#cipher);
    const segments = this.#folder.segments();
    if (typeof head === "object") this.#head = head;
    else if (head === "changed" || segments.length > 0) yield { problem: { n: 0, flaw: "head" } };
    const [oldest] = segments;
    // Asked for again: what was deleted for its age meanwhile is not in the list.
    this.#next = this.#firstKept() ?? oldest ?? 1;
    // What was deleted for its age is no flaw: the chain is checked from the first entry that is kept.
    if (this.#next > 1) this.#previous = undefined;
    for (const [at, first] of segments.entries()) {
      // A crash kept it from being deleted.
      if (first < this.#next && (segments[at + 1] ?? Infinity) <= this.#next) continue;
      yield* this.#segment(first, at === segments.length - 1);
    }
    const last = this.#head?.n ?? 0;
    if (last >= this.#next) yield { problem: { n: this.#next, until: last, flaw: "removed" } };
  }

  *#segment(first: number, isLast: boolean): Generator<Step> {
    const bytes = readIfThere(this.#folder.segmentFile(first));
    if (bytes === undefined) {
      const kept = this.#firstKept() ?? 0;
      // Otherwise it was not the collector that deleted it, which shows with the next one.
      if (kept > this.#next) [this.#next, this.#previous] = [kept, undefined];
      return;
    }
    const raw = frameAt(bytes, 0);
    const start = raw?.n === first ? readStart(this.#cipher, raw) : undefined;
    if (raw === undefined || start === undefined) {
      // Begun this moment, or cut off before anything was in it.
      if (isLast && raw === undefined && first > (this.#head?.n ?? 0)) return;
      yield { problem: { n: this.#next, flaw: "changed" } };
      this.#previous = undefined;
    } else yield* this.#begin(first, start.previous);
    yield* this.#entries(bytes, raw?.end ?? 0, isLast);
  }

  #firstKept(): number | undefined {
    const head = this.#folder.head(this.#cipher);
    return typeof head === "object" ? head.first : this.#head?.first;
  }

  *#begin(first: number, previous: string): Generator<Step> {
    if (first > this.#next) {
      yield { problem: { n: this.#next, until: first - 1, flaw: "removed" } };
      this.#next = first;
    } else if (first < this.#next) yield { problem: { n: first, flaw: "moved" } };
    else if (this.#previous !== undefined && this.#previous !== previous) {
      yield { problem: { n: first, flaw: "unchained" } };
    }
    this.#previous = previous;
    this.#start ??= previous;
  }

  *#entries(bytes: Uint8Array, from: number, isLast: boolean): Generator<Step> {
    let at = from;
    while (at < bytes.length) {
      const raw = frameAt(bytes, at);
      if (raw === undefined) {
        // Being written now, or cut off by a crash before its request left.
        if (!isLast || this.#next <= (this.#head?.n ?? 0)) {
          yield { problem: { n: this.#next, flaw: "changed" } };
          this.#next += 1;
          this.#previous = undefined;
        }
        return;
      }
      yield* this.#entry(raw);
      at = raw.end;
    }
  }

  *#entry(raw: RawFrame): Generator<Step> {
    const framed = readEntry(this.#cipher, raw);
    const entry = framed && parseEntry(framed.text);
    if (framed === undefined || entry?.n !== raw.n) {
      yield { problem: { n: this.#next, flaw: "changed" } };
      this.#next += 1;
      this.#previous = undefined;
      return;
    }
    const { n } = raw;
    if (n < this.#next) {
      yield { problem: { n, flaw: "moved" } };
      return;
    }
    if (n > this.#next) {
      yield { problem: { n: this.#next, until: n - 1, flaw: "removed" } };
      this.#previous = undefined;
    }
    this.#next = n + 1;
    const isFollowing = this.#previous === undefined || follows(framed, this.#previous);
    this.#previous = framed.hash;
    if (!isFollowing || (this.#head?.n === n && this.#head.hash !== framed.hash)) {
      yield { problem: { n, flaw: "unchained" } };
    }
    yield* this.#kept(framed, entry);
  }

  *#kept({ text, hash, nonce, body: inside }: Framed, entry: Entry): Generator<Step> {
    const { n } = entry;
    const none = { n, text, hash, entry, nonce, body: undefined };
    if (entry.kind !== "sent") {
      yield { kept: none };
      return;
    }
    const body = this.#bodyOf(entry, inside);
    const isWrong = body === "changed" || (body !== undefined && bodyDigest(nonce, body) !== entry.digest);
    if (isWrong) yield { problem: { n, flaw: "body" } };
    yield { kept: { ...none, body: isWrong ? undefined : body } };
  }

  #bodyOf(sent: Sent, inside: Uint8Array): Uint8Array | "changed" | undefined {
    const { n, destination, body_of: of, text } = sent;
    if (text === true) {
      const apart = this.#folder.body(this.#cipher, n);
      return apart === "none" ? undefined : apart;
    }
    if (of === undefined) {
      this.#bodies.set(destination, { n, body: inside });
      return inside;
    }
    const last = this.#bodies.get(destination);
    return last?.n === of ? last.body : undefined;
  }
}
