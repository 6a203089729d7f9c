import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { LedgerCipher } from "./cipher.ts";
import { type Head, openHead } from "./head.ts";

/** Where the ledger is whose key the outbox's key seals. */
export const LEDGER_FOLDER = "ledger";
/** Where it is while the key is in memory: it ends with the process. */
export const MEMORY_FOLDER = "ledger-memory";

const SEGMENT = /^(\d{12})\.seg$/;
const BODY = /^(\d{12})\.body$/;

/** The files of one ledger. */
export class LedgerFolder {
  readonly dir: string;
  readonly keyFile: string;
  readonly headFile: string;
  readonly lockFile: string;

  constructor(dir: string) {
    this.dir = dir;
    this.keyFile = path.join(dir, "key");
    this.headFile = path.join(dir, "head");
    this.lockFile = path.join(dir, "lock.db");
  }

  /** Its key ends with the collector. */
  get isInMemory(): boolean {
    return path.basename(this.dir) === MEMORY_FOLDER;
  }

  get exists(): boolean {
    return existsSync(this.keyFile);
  }

  segmentFile(first: number): string {
    return path.join(this.dir, `${named(first)}.seg`);
  }

  bodyFile(n: number): string {
    return path.join(this.dir, `${named(n)}.body`);
  }

  /** Numbers of the segments' first entries, in order. */
  segments(): number[] {
    return numbers(this.dir, SEGMENT);
  }

  /** Numbers of the entries whose body is a file of its own, in order. */
  bodies(): number[] {
    return numbers(this.dir, BODY);
  }

  /** Deletes these bodies for good. */
  forget(bodies: readonly number[]): void {
    for (const n of bodies) rmSync(this.bodyFile(n), { force: true });
  }

  /** Undefined where there is none. */
  body(cipher: LedgerCipher, n: number): "none" | "changed" | Uint8Array {
    const sealed = readIfThere(this.bodyFile(n));
    return sealed === undefined ? "none" : (cipher.open("body", n, sealed) ?? "changed");
  }

  cipher(masterKey: Uint8Array): LedgerCipher | undefined {
    const file = readIfThere(this.keyFile);
    return file && LedgerCipher.unwrap(file, masterKey);
  }

  /** Under how many keys it opens. */
  get keys(): number {
    const file = readIfThere(this.keyFile);
    return file === undefined ? 0 : LedgerCipher.wraps(file);
  }

  head(cipher: LedgerCipher): Head | "none" | "changed" {
    const sealed = readIfThere(this.headFile);
    return sealed === undefined ? "none" : (openHead(cipher, sealed) ?? "changed");
  }

  /** Bytes of a segment and of the bodies of its entries, which end before `next`. */
  sizeOf(first: number, next: number, bodies: readonly number[]): number {
    const own = bodies.filter((n) => n >= first && n < next).map((n) => this.bodyFile(n));
    return [this.segmentFile(first), ...own]
      .map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0)
      .reduce((a, b) => a + b, 0);
  }
}

function named(n: number): string {
  return String(n).padStart(12, "0");
}

function numbers(dir: string, pattern: RegExp): number[] {
  return readdirSync(dir)
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b);
}

export function readIfThere(file: string): Uint8Array | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (!existsSync(file)) return undefined;
    throw error;
  }
}
