import { type FSWatcher, statSync, watch } from "node:fs";
import path from "node:path";
import type { Clock } from "#component/component.ts";

/** How often one looks where the system tells of changes: an event may be missed. */
const SELDOM_MS = 30_000;
/** How often where it does not. */
const OFTEN_MS = 1_000;
/** A replaced file makes several events. */
const SETTLE_MS = 50;

export interface FileWatchOptions {
  file: string;
  clock: Clock;
  /** The file may be another one than before. Called now and then in any case. */
  look(): void;
}

/** Has a small file looked at soon after it was written or replaced, at the cost of nothing while it was not. */
export class FileWatch {
  readonly #o: FileWatchOptions;
  readonly #folder: string;
  readonly #name: string;
  #watcher: FSWatcher | undefined;
  /** Of the folder that is watched: one that was replaced as a whole tells nothing more under its name. */
  #inode: number | undefined;
  #cancel: (() => void) | undefined;
  /** An event came since the last look. */
  #isDirty = false;
  #closed = false;

  constructor(options: FileWatchOptions) {
    this.#o = options;
    this.#folder = path.dirname(options.file);
    this.#name = path.basename(options.file);
  }

  /** From now on. The first look is now. */
  start(): void {
    this.#look();
  }

  /** The next look is due after `ms`, if none is before. */
  dueIn(ms: number): void {
    if (this.#closed) return;
    const latestMs = this.#isDirty ? SETTLE_MS : this.#intervalMs;
    this.#after(Math.min(Math.max(0, ms), latestMs));
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
    this.#unwatch();
  }

  get #intervalMs(): number {
    return this.#watcher === undefined ? OFTEN_MS : SELDOM_MS;
  }

  #look(): void {
    this.#isDirty = false;
    this.#watch();
    this.#after(this.#intervalMs);
    this.#o.look();
  }

  #after(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#o.clock.after(ms, () => this.#look());
  }

  #watch(): void {
    const inode = inodeOf(this.#folder);
    if (this.#watcher !== undefined && inode === this.#inode) return;
    this.#unwatch();
    if (inode === undefined) return;
    try {
      const watcher = watch(this.#folder, { persistent: false });
      watcher.on("change", (_event, name) => {
        // The folder tells of its own end under its own name.
        if (name === path.basename(this.#folder)) this.#unwatch();
        else if (name !== null && name !== this.#name) return;
        this.#changed();
      });
      watcher.on("error", () => {
        this.#unwatch();
        this.#changed();
      });
      this.#watcher = watcher;
      this.#inode = inode;
    } catch {
      // Looked at often instead.
    }
  }

  #changed(): void {
    this.#isDirty = true;
    this.dueIn(SETTLE_MS);
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

function inodeOf(folder: string): number | undefined {
  try {
    return statSync(folder, { throwIfNoEntry: false })?.ino;
  } catch {
    return undefined;
  }
}
