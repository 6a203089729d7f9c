import { createHash } from "node:crypto";
import { type FSWatcher, readFileSync, statSync, watch } from "node:fs";
import path from "node:path";
import type { Clock } from "#component/component.ts";

/** An editor's several writes are one change. */
const SETTLE_MS = 300;
/** How often a folder that cannot be watched is looked at, for example because it does not exist yet. */
const LOOK_MS = 60_000;

export interface ConfigWatchOptions {
  clock: Clock;
  /** The content of a file is not what it was when `files` or `changed` said so last. */
  changed(): void;
}

/** Notices that one of some files changed, by events of the folders: files are often replaced, not written to. */
export class ConfigWatch {
  readonly #o: ConfigWatchOptions;
  readonly #watchers = new Map<string, { watcher: FSWatcher; inode: number | undefined }>();
  #files: readonly string[] = [];
  #seen: string | undefined;
  #cancelLook: (() => void) | undefined;
  #cancelSettle: (() => void) | undefined;
  #closed = false;

  constructor(options: ConfigWatchOptions) {
    this.#o = options;
  }

  /** Watches these files from now on. Their first content counts as a change, so that none is missed. */
  follow(files: readonly string[]): void {
    if (this.#closed) return;
    this.#files = files.map((file) => path.resolve(file));
    const folders = new Set(this.#files.map((file) => path.dirname(file)));
    for (const folder of this.#watchers.keys()) if (!folders.has(folder)) this.#unwatch(folder);
    for (const folder of folders) this.#watch(folder);
    this.#look();
    this.#settle();
  }

  close(): void {
    this.#closed = true;
    this.#cancelLook?.();
    this.#cancelSettle?.();
    for (const folder of this.#watchers.keys()) this.#unwatch(folder);
  }

  #watch(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, { persistent: false });
      watcher.on("change", (_event, name) => {
        if (this.#concerns(folder, name === null ? null : String(name))) this.#settle();
      });
      watcher.on("error", () => {
        this.#unwatch(folder);
        this.#look();
      });
      this.#watchers.set(folder, { watcher, inode: inodeOf(folder) });
    } catch {
      // Looked at now and then instead.
    }
  }

  #unwatch(folder: string): void {
    this.#watchers.get(folder)?.watcher.close();
    this.#watchers.delete(folder);
  }

  /** A folder that was replaced as a whole tells nothing more under its name. */
  #renew(): void {
    for (const [folder, { inode }] of this.#watchers) {
      if (inodeOf(folder) === inode) continue;
      this.#unwatch(folder);
      this.#watch(folder);
    }
    this.#look();
  }

  /** Mounted secrets are swapped by a link whose name begins with two dots. The folder's own name means itself. */
  #concerns(folder: string, name: string | null): boolean {
    if (name === null || name.startsWith("..") || name === path.basename(folder)) return true;
    return this.#files.includes(path.join(folder, name));
  }

  /** A timer runs only while a folder cannot be watched. */
  #look(): void {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    const folders = new Set(this.#files.map((file) => path.dirname(file)));
    if (this.#closed || [...folders].every((folder) => this.#watchers.has(folder))) return;
    this.#cancelLook = this.#o.clock.after(LOOK_MS, () => {
      for (const folder of folders) this.#watch(folder);
      this.#settle();
      this.#look();
    });
  }

  #settle(): void {
    this.#cancelSettle?.();
    this.#cancelSettle = this.#o.clock.after(SETTLE_MS, () => {
      this.#renew();
      const now = digestOf(this.#files);
      if (now === this.#seen) return;
      this.#seen = now;
      this.#o.changed();
    });
  }
}

function inodeOf(folder: string): number | undefined {
  return statSync(folder, { throwIfNoEntry: false })?.ino;
}

function digestOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(`\0${file}\0`);
    try {
      hash.update(readFileSync(file));
    } catch {
      hash.update("\0missing");
    }
  }
  return hash.digest("hex");
}
