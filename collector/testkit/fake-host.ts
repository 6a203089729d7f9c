/** A host in memory that keeps what the real one keeps. */
import { createHash } from "node:crypto";
import path from "node:path";
import type { ReceiverFolder, ReceiverHost } from "#component/component.ts";
import type { SourceRecord, Weight } from "#component/record.ts";
import type { DropReason, Position, Unit } from "#component/unit.ts";

const hash = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 32);

/** What outlives a crash: positions and emitted keys. */
export class FakeStore {
  readonly positions = new Map<string, Position>();
  readonly records = new Map<string, SourceRecord>();
  readonly drops = new Map<DropReason, number>();
  readonly counts = new Map<string, number>();
  improved = 0;
  read = 0;
  open = 0;
  units = 0;

  commit(unit: Unit): void {
    this.units += 1;
    for (const [key, position] of unit.positions) {
      if (position === null) this.positions.delete(key);
      else this.positions.set(key, position);
    }
    for (const record of unit.records) this.#add(record);
    for (const [reason, n] of unit.drops) this.#drop(reason, n);
    for (const [name, n] of unit.counts) this.counts.set(name, (this.counts.get(name) ?? 0) + n);
    this.open = unit.open;
  }

  #add(record: SourceRecord): void {
    const known = this.records.get(record.local.request);
    if (known !== undefined && !isHeavier(record.weight, known.weight)) return this.#drop("duplicate", 1);
    if (known !== undefined) this.improved += 1;
    this.records.set(record.local.request, record);
  }

  #drop(reason: DropReason, n: number): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + n);
  }

  get requests(): SourceRecord[] {
    return [...this.records.values()].filter(
      (r) => r.eventName === "gen_ai.client.inference.operation.details",
    );
  }

  get prompts(): SourceRecord[] {
    return [...this.records.values()].filter((r) => r.eventName === "talos.prompt");
  }

  sum(attribute: string): number {
    return this.requests.reduce((sum, r) => sum + Number(r.attributes.get(attribute) ?? 0), 0);
  }
}

function isHeavier(a: Weight, than: Weight): boolean {
  if (a.final !== than.final) return a.final;
  return a.output > than.output || a.input > than.input || a.webSearches > than.webSearches;
}

export interface FakeHostOptions {
  store?: FakeStore;
  once?: boolean;
  firstStartMs?: number;
  isFirstStart?: boolean;
  /** Of the state: a receiver has a folder in it, and secrets. */
  stateDir?: string;
  /** The folder is another collector's: it is looked at. */
  isLooking?: boolean;
  skipBeforeMs?: number;
}

export class FakeHost implements ReceiverHost {
  readonly store: FakeStore;
  readonly once: boolean;
  readonly firstStartMs: number;
  readonly isFirstStart: boolean;
  readonly stateDir: string | undefined;
  readonly skipBeforeMs: number | undefined;
  readonly #isLooking: boolean;
  readonly done: Promise<void>;
  finished: () => void = () => {};
  fatal: (error: Error) => void = () => {};
  /** So many submits are refused before one is taken. */
  refusals = 0;
  /** After a crash nothing is stored any more. */
  crashed = false;

  constructor(options: FakeHostOptions = {}) {
    this.store = options.store ?? new FakeStore();
    this.once = options.once ?? false;
    this.firstStartMs = options.firstStartMs ?? 0;
    this.isFirstStart = options.isFirstStart ?? false;
    this.stateDir = options.stateDir;
    this.skipBeforeMs = options.skipBeforeMs;
    this.#isLooking = options.isLooking ?? false;
    this.done = new Promise((resolve, reject) => {
      this.finished = resolve;
      this.fatal = reject;
    });
    this.done.catch(() => {});
  }

  fileKey(identity: string): string {
    return hash(`file ${identity}`);
  }

  digest(bytes: Uint8Array): string {
    return hash(bytes);
  }

  folder(name: string): ReceiverFolder | undefined {
    if (this.stateDir === undefined) return undefined;
    return { path: path.join(this.stateDir, name), isOwn: !this.#isLooking };
  }

  secret(purpose: string): Uint8Array {
    return createHash("sha256").update(`${this.stateDir} ${purpose}`).digest();
  }

  position(fileKey: string): Position | undefined {
    return this.store.positions.get(fileKey);
  }

  async submit(unit: Unit): Promise<void> {
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw Object.assign(new Error("disk full"), { code: "ENOSPC" });
    }
    if (this.crashed) throw new Error("crashed");
    this.store.commit(unit);
  }
}
