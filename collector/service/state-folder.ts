import { existsSync, statSync } from "node:fs";
import path from "node:path";
import type { Clock, Logger } from "#component/component.ts";
import { STATE_FILE } from "#state/database.ts";
import { type FirstStart, keepFirstStart } from "#state/first-start.ts";
import { acquireLock, type Lock, LOCK_FILE, LockedError } from "#state/lock.ts";
import { FileWatch } from "./file-watch.ts";

/** Whoever deletes or moves the folder has ended by then. */
const SETTLE_MS = 1_000;

export interface StateFolderOptions {
  dir: string;
  configDir: string;
  firstStart: FirstStart;
  clock: Clock;
  log: Logger;
  /** Another collector has the folder now: this one must end. */
  failed(error: Error): void;
}

/**
 * Notices that the state was deleted or replaced beneath a running collector. That one goes on with what it has open,
 * where nothing is missing; the folder's name is held again, so that no second one begins beside it.
 */
export class StateFolder {
  readonly #o: StateFolderOptions;
  readonly #file: string;
  /** Of the file that is open. */
  readonly #inode: number | undefined;
  readonly #watch: FileWatch;
  #lock: Lock | undefined;
  #isMissed = false;
  #isTold = false;

  /** Once the state is open. */
  constructor(options: StateFolderOptions) {
    this.#o = options;
    this.#file = path.join(options.dir, STATE_FILE);
    this.#inode = inodeOf(this.#file);
    this.#watch = new FileWatch({ file: this.#file, clock: options.clock, look: () => this.#look() });
  }

  watch(): void {
    this.#watch.start();
  }

  stop(): void {
    this.#watch.close();
    this.#lock?.release();
  }

  #look(): void {
    const isHere = inodeOf(this.#file) === this.#inode;
    if (!isHere && !this.#isMissed) this.#watch.dueIn(SETTLE_MS);
    if (!isHere && this.#isMissed) this.#lost();
    this.#isMissed = !isHere;
  }

  #lost(): void {
    const { log, configDir, firstStart } = this.#o;
    if (!this.#isTold) {
      const message =
        "the state folder was deleted or replaced: nothing is lost, restart the collector to begin a new state";
      log.error(message);
    }
    this.#isTold = true;
    try {
      this.#hold();
      keepFirstStart(configDir, firstStart);
    } catch (error) {
      if (error instanceof LockedError) this.#o.failed(error);
      // A folder that cannot be made is tried again with the next look.
    }
  }

  #hold(): void {
    const { dir, clock } = this.#o;
    if (this.#lock !== undefined && existsSync(path.join(dir, LOCK_FILE))) return;
    this.#lock?.release();
    this.#lock = undefined;
    this.#lock = acquireLock(dir, { pid: process.pid, startedAtMs: clock.now() });
  }
}

function inodeOf(file: string): number | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })?.ino;
  } catch {
    return undefined;
  }
}
