import { randomBytes } from "node:crypto";
import type { Clock, Departure, DepartureAnswer, Ledger, Logger, Noted } from "#component/component.ts";
import { LEDGER_HEADER, writeLedgerMark } from "#proto/receipt.ts";
import { stateError } from "#state/errors.ts";
import { bodyDigest, type Draft } from "./entry.ts";
import { NONCE_BYTES } from "./frame.ts";
import type { OpenLedger } from "./open.ts";
import { type Carried, type Limits, LedgerWriter } from "./writer.ts";

/** Longest that a request waits for a disk. */
const PATIENCE_MS = 2_000;
/** In a burst of requests the disk is waited for once in so long; a request by itself always waits for it. */
const SYNC_EVERY_MS = 1_000;
const LONGEST_RECEIPT = 2_000;
const NOT_NOTED: Noted = { headers: {}, answered: () => {} };

export interface LedgerOptions {
  /** Called at the first request, and again after it failed. */
  open(): OpenLedger;
  limits: Limits;
  /** Keeps words that left, too. */
  keepContent: boolean;
  /** The collector itself, which forgets what a run before it left. */
  isOwner: boolean;
  /** SHA-256 of the team's key, hex, where this machine is enrolled. */
  pinned(): string | undefined;
  clock: Pick<Clock, "now" | "after">;
  log: Logger;
  /** A request could not be kept. */
  missed?(): void;
}

/** Writes down what leaves. Delivery never waits long for it, and never fails by it. */
export class RequestLedger implements Ledger {
  readonly #o: LedgerOptions;
  #open: (OpenLedger & { writer: LedgerWriter }) | undefined;
  /** By destination: the body that was kept last, so that a request that is sent again and again is kept once. */
  readonly #last = new Map<string, { body: Uint8Array; n: number }>();
  /** Bodies with words that nobody has acknowledged: by their number, who was to get them. */
  readonly #words = new Map<number, string>();
  /** Requests that left since one could be kept. */
  #missed = 0;
  #isFailing = false;
  #syncing: Promise<void> = Promise.resolve();
  /** By a clock that nobody sets. */
  #syncedAtMs = -Infinity;
  #cancelSync: (() => void) | undefined;

  constructor(options: LedgerOptions) {
    this.#o = options;
  }

  async leaving(departure: Departure): Promise<Noted> {
    const noted = this.#tried(() => this.#note(departure));
    if (noted === undefined) {
      this.#missed += 1;
      this.#o.missed?.();
      return NOT_NOTED;
    }
    if (performance.now() - this.#syncedAtMs >= SYNC_EVERY_MS) await this.#synced();
    else this.#syncSoon();
    return noted;
  }

  /** Words of which nobody knows whether they arrived are not kept when a mode changes. */
  forgetWords(): void {
    if (this.#o.keepContent) return;
    this.#tried(() => this.#forget(() => true));
  }

  /** For another process of this user, where the key is in memory alone; otherwise undefined, as before anything left. */
  tellKey(): string | undefined {
    return this.#open?.folder.isInMemory === true ? this.#open.cipher.tell() : undefined;
  }

  async close(): Promise<void> {
    await this.#synced();
    this.#open?.writer.close();
    this.#open = undefined;
  }

  #note(departure: Departure): Noted {
    const { writer } = this.#opened();
    this.#tellMissed(writer);
    const nonce = randomBytes(NONCE_BYTES);
    const { destination, hasText, isTeams } = departure;
    const kept = this.#carried(departure, nonce, writer.first);
    const { n, hash } = writer.append(this.#draft(departure, nonce, kept.bodyOf), kept);
    if (hasText === true) this.#words.set(n, destination);
    else if (kept.bodyOf === undefined) this.#last.set(destination, { body: departure.body, n });
    this.#isFailing = false;
    return {
      headers: isTeams === true ? { [LEDGER_HEADER]: writeLedgerMark(nonce, hash) } : {},
      answered: (answer) => {
        this.#tried(() => this.#answered(n, departure, answer));
      },
    };
  }

  #carried(
    { destination, body, hasText }: Departure,
    nonce: Uint8Array,
    first: number,
  ): Carried & { bodyOf: number | undefined } {
    const last = this.#last.get(destination);
    const isSame =
      hasText !== true && body.length > 0 && last !== undefined && last.n >= first && same(last.body, body);
    return {
      nonce,
      body: isSame ? new Uint8Array() : body,
      isApart: hasText === true,
      bodyOf: isSame ? last.n : undefined,
    };
  }

  #draft(departure: Departure, nonce: Uint8Array, bodyOf: number | undefined): Draft {
    const { destination, method, url, body, type, encoding, records, mode, places, isMasked } = departure;
    return {
      kind: "sent",
      at: Math.trunc(this.#o.clock.now()),
      destination,
      method,
      host: url.host,
      path: url.pathname,
      type,
      encoding,
      bytes: body.length,
      digest: bodyDigest(nonce, body),
      ...(records !== undefined && { records }),
      ...(mode !== undefined && { mode }),
      ...(departure.hasText === true && { text: true as const }),
      ...(isMasked === true && { masked: true as const }),
      ...(departure.isTeams === true && { team: true as const }),
      ...(places !== undefined && { places: places.map(placeOf) }),
      ...(bodyOf !== undefined && { body_of: bodyOf }),
    };
  }

  #answered(of: number, { destination }: Departure, answer: DepartureAnswer): void {
    const { status, isTaken, rejected, receipt } = answer;
    const isReceipt = receipt !== undefined && receipt.length <= LONGEST_RECEIPT && /^[\w.-]+$/.test(receipt);
    const pinned = isReceipt ? this.#o.pinned() : undefined;
    this.#opened().writer.append({
      kind: "answered",
      at: Math.trunc(this.#o.clock.now()),
      of,
      outcome: isTaken ? "taken" : status === undefined ? "failed" : "refused",
      ...(status !== undefined && { status }),
      ...(rejected !== undefined && { rejected }),
      ...(isReceipt && { receipt }),
      ...(pinned !== undefined && { pinned }),
    });
    if (isTaken && !this.#o.keepContent) this.#forget((n, to) => n <= of && to === destination);
    this.#syncSoon();
  }

  #syncSoon(): void {
    this.#cancelSync ??= this.#o.clock.after(SYNC_EVERY_MS, () => void this.#synced());
  }

  #forget(which: (n: number, destination: string) => boolean): void {
    const bodies = [...this.#words].filter(([n, to]) => which(n, to)).map(([n]) => n);
    this.#open?.folder.forget(bodies);
    for (const n of bodies) this.#words.delete(n);
  }

  #tellMissed(writer: LedgerWriter): void {
    if (this.#missed === 0) return;
    writer.append({ kind: "missed", at: Math.trunc(this.#o.clock.now()), requests: this.#missed });
    this.#missed = 0;
  }

  #opened(): OpenLedger & { writer: LedgerWriter } {
    if (this.#open !== undefined) return this.#open;
    const opened = this.#o.open();
    const writer = new LedgerWriter(opened.folder, opened.cipher, this.#o.limits);
    if (this.#o.isOwner && !this.#o.keepContent) opened.folder.forget(opened.folder.bodies());
    this.#open = { ...opened, writer };
    return this.#open;
  }

  /** In turn, because a later one covers what an earlier one was to. */
  async #synced(): Promise<void> {
    this.#cancelSync?.();
    this.#cancelSync = undefined;
    this.#syncedAtMs = performance.now();
    const synced = this.#syncAfter(this.#syncing, this.#open?.writer);
    this.#syncing = synced;
    const late = Promise.withResolvers<void>();
    const cancel = this.#o.clock.after(PATIENCE_MS, () => late.resolve());
    await Promise.race([synced, late.promise]);
    cancel();
  }

  async #syncAfter(before: Promise<void>, writer: LedgerWriter | undefined): Promise<void> {
    await before;
    try {
      await writer?.sync();
    } catch (error) {
      this.#failed(error);
    }
  }

  #tried<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #failed(error: unknown): void {
    const { code } = stateError(error, "ledger");
    if (!this.#isFailing) {
      this.#o.log.error("the ledger cannot be written: what leaves meanwhile is counted in it later", {
        code,
      });
    }
    this.#isFailing = true;
    this.#last.clear();
    const broken = this.#open;
    this.#open = undefined;
    try {
      broken?.writer.close();
    } catch {
      // What it held is opened again with the next request.
    }
  }
}

function placeOf({ fileKey, from, to }: { fileKey: string; from: number; to?: number }) {
  return { file: fileKey, from, ...(to !== undefined && { to }) };
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
