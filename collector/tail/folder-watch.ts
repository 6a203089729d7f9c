import { existsSync, type FSWatcher, statfsSync, watch } from "node:fs";
import path from "node:path";
import type { Platform } from "#component/component.ts";

/** Types of Linux file systems that tell nothing of what other machines write: NFS, SMB, 9p, FUSE, AFS, Ceph. */
const REMOTE = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546, 0x5346414f, 0x00c36400,
]);

/** True where the system tells of no changes, so that one has to look. */
export function needsPolling(dir: string, os: Platform["os"]): boolean {
  if (os === "win32") return dir.startsWith("\\\\");
  if (os !== "linux") return false;
  try {
    return REMOTE.has(statfsSync(dir).type >>> 0);
  } catch {
    return false;
  }
}

export interface FolderEvents {
  /** Something at this path appeared, went or was renamed (`moved`), or a file's content changed. */
  onChange(path: string, moved: boolean): void;
  /** It is not known what changed. */
  onUnknown(): void;
  /** The system has no watches left: look instead. */
  onExhausted(): void;
}

const EXHAUSTED = new Set(["ENOSPC", "EMFILE", "ENFILE"]);

/** Listens to folders: to each by itself on Linux, to whole trees elsewhere. Never to single files. */
export class FolderWatch {
  readonly #recursive: boolean;
  readonly #events: FolderEvents;
  readonly #watchers = new Map<string, { watcher: FSWatcher; recursive: boolean }>();

  constructor(os: Platform["os"], events: FolderEvents) {
    this.#recursive = os !== "linux";
    this.#events = events;
  }

  get size(): number {
    return this.#watchers.size;
  }

  /** Ends what is watched and not among these. */
  keep(dirs: ReadonlySet<string>): void {
    for (const dir of this.#watchers.keys()) if (!dirs.has(dir)) this.remove(dir);
  }

  /** Watches a folder: with all that is below it where `deep`, if the system can. True when it is a new watch. */
  add(dir: string, deep: boolean): boolean {
    if (this.#recursive && this.#isCovered(dir)) return false;
    return this.#start(dir, deep && this.#recursive);
  }

  #isCovered(dir: string): boolean {
    for (let above = path.dirname(dir); above !== path.dirname(above); above = path.dirname(above)) {
      if (this.#watchers.get(above)?.recursive === true) return true;
    }
    return false;
  }

  #start(dir: string, recursive: boolean): boolean {
    if (this.#watchers.has(dir)) return false;
    try {
      const watcher = watch(dir, { recursive, persistent: true }, (event, name) => {
        if (name === null) this.#events.onUnknown();
        else if (event === "rename" && isItself(dir, name)) this.#lost(dir);
        else this.#events.onChange(path.join(dir, name), event === "rename");
      });
      watcher.on("error", (error) => {
        this.remove(dir);
        this.#failed(error);
      });
      this.#watchers.set(dir, { watcher, recursive });
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** The folder itself went. One made again under its name is another one, so this watch is of no more use. */
  #lost(dir: string): void {
    this.remove(dir);
    this.#events.onUnknown();
  }

  #failed(error: unknown): void {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (typeof code === "string" && EXHAUSTED.has(code)) this.#events.onExhausted();
  }

  /** Ends what was watched at the path and below: a folder made again under the same name is another one. */
  forget(dir: string): void {
    for (const watched of this.#watchers.keys()) {
      if (watched === dir || watched.startsWith(dir + path.sep)) this.remove(watched);
    }
  }

  remove(dir: string): void {
    this.#watchers.get(dir)?.watcher.close();
    this.#watchers.delete(dir);
  }

  close(): void {
    for (const dir of this.#watchers.keys()) this.remove(dir);
  }
}

/** A folder tells of its own end under its own name, like a child of that name. */
function isItself(dir: string, name: string): boolean {
  return name === path.basename(dir) && !existsSync(path.join(dir, name));
}
