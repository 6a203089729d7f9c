import { existsSync } from "node:fs";
import path from "node:path";
import type { ReceiverHost, Settings } from "#component/component.ts";
import { discover, discoverBelow, type Found, isSelected, type Selection } from "./discovery.ts";
import type { FileTable, Look } from "./file-table.ts";
import { FolderWatch, needsPolling } from "./folder-watch.ts";

/** A burst of writes is taken together: each pass ends in a commit, which costs a sync of the disk. */
const COALESCE_MS = 100;

export interface FollowingOptions<Context> {
  settings: Settings;
  host: ReceiverHost;
  /** As a receiver's settings name them; times in milliseconds. */
  config: {
    /** Undefined: the usual folders, of a tool that is perhaps not used here. */
    include?: readonly string[] | undefined;
    start_at: "end" | "beginning";
    watch: "auto" | "events" | "poll";
    poll_interval: number;
    reconcile_interval: number;
  };
  selection: Selection;
  files: FileTable<Context>;
  /** Said when the first look finds no file. */
  noneFound: string;
  /** Reads what is new in these files and stores it. */
  pass(looks: Look<Context>[]): Promise<void>;
  /** After the last pass of `run --once`. */
  finish(): Promise<void>;
  /** When the next pass has something to do without a change, on the machine's clock. */
  nextDeadline(): number | undefined;
}

/** Notices what changes in files, and has it read: one pass at a time. */
export class Following<Context> {
  readonly #o: FollowingOptions<Context>;
  readonly #watch: FolderWatch;
  readonly #dirtyFiles = new Set<string>();
  readonly #dirtyFolders = new Set<string>();
  #isFirstLook = true;
  #fullLookDue = true;
  #polling = false;
  #stopped = false;
  #running: Promise<void> | undefined;
  #again = false;
  #cancelWake: (() => void) | undefined;
  #cancelDeadline: (() => void) | undefined;
  #cancelLook: (() => void) | undefined;

  constructor(options: FollowingOptions<Context>) {
    this.#o = options;
    this.#watch = new FolderWatch(options.settings.platform.os, {
      onChange: (changed, moved) => this.#changed(changed, moved),
      onUnknown: () => this.#lookAtAll(),
      onExhausted: () => this.#poll("no watches left, polling instead"),
    });
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    if (!this.#o.host.once) this.#chooseWatching();
    this.#run();
  }

  /** Begins no further pass. The one that runs goes on: `settled` waits for it. */
  stop(): void {
    this.#stopped = true;
    this.#cancelWake?.();
    this.#cancelDeadline?.();
    this.#cancelLook?.();
    this.#watch.close();
  }

  async settled(signal: AbortSignal): Promise<void> {
    await Promise.race([this.#running, aborted(signal)]);
  }

  /** Reads what is there now. False when it took too long. */
  async lastLook(signal: AbortSignal): Promise<boolean> {
    this.#fullLookDue = true;
    this.#run();
    await this.settled(signal);
    return !signal.aborted;
  }

  /** A pass is due soon, though no file that is followed changed. */
  wake(): void {
    if (this.#stopped || this.#cancelWake !== undefined) return;
    this.#cancelWake = this.#o.settings.clock.after(COALESCE_MS, () => {
      this.#cancelWake = undefined;
      this.#run();
    });
  }

  #chooseWatching(): void {
    const { watch } = this.#o.config;
    const { os } = this.#o.settings.platform;
    if (watch === "poll") this.#polling = true;
    else if (watch === "auto" && this.#o.selection.includes.some(({ base }) => needsPolling(base, os))) {
      this.#poll("a network mount tells of no changes, polling instead");
    }
    this.#scheduleLook();
  }

  #poll(reason: string): void {
    if (this.#polling || this.#stopped) return;
    this.#polling = true;
    this.#o.settings.log.warn(reason, { interval_ms: this.#o.config.poll_interval });
    this.#watch.close();
    this.#scheduleLook();
  }

  /** The only timer that runs while nothing happens. */
  #scheduleLook(): void {
    this.#cancelLook?.();
    const { poll_interval, reconcile_interval } = this.#o.config;
    this.#cancelLook = this.#o.settings.clock.after(
      this.#polling ? poll_interval : reconcile_interval,
      () => {
        this.#scheduleLook();
        this.#lookAtAll();
      },
    );
  }

  #lookAtAll(): void {
    this.#fullLookDue = true;
    this.wake();
  }

  #changed(changed: string, moved: boolean): void {
    const { selection } = this.#o;
    if (isSelected(changed, selection)) this.#dirtyFiles.add(changed);
    else if (!moved) return;
    else if (selection.includes.some((glob) => glob.mayHold(changed))) this.#dirtyFolders.add(changed);
    else if (selection.includes.some(({ base }) => isAbove(changed, base))) this.#fullLookDue = true;
    else return;
    this.wake();
  }

  /** What is noticed meanwhile makes another pass. */
  #run(): void {
    if (this.#stopped) return;
    if (this.#running !== undefined) {
      this.#again = true;
      return;
    }
    this.#running = this.#passes()
      .catch((error: unknown) => {
        // The error's own text may name a path.
        this.#o.host.fatal(
          new Error(`reading transcripts failed: ${error instanceof Error ? error.name : "unknown"}`),
        );
      })
      .finally(() => {
        this.#running = undefined;
        this.#scheduleDeadline();
      });
  }

  async #passes(): Promise<void> {
    do {
      this.#again = false;
      await this.#o.pass(this.#fullLookDue ? this.#everything() : this.#whatChanged());
    } while (this.#again && !this.#stopped);
    if (!this.#o.host.once || this.#stopped) return;
    await this.#o.finish();
    this.#o.host.finished();
  }

  #everything(): Look<Context>[] {
    const { host, config, settings, selection, files } = this.#o;
    this.#fullLookDue = false;
    this.#dirtyFiles.clear();
    this.#dirtyFolders.clear();
    const isHistory = this.#isFirstLook && host.isFirstStart && config.start_at === "end";
    const skipBeforeMs = this.#isFirstLook ? host.skipBeforeMs : undefined;
    const above = host.once || this.#polling ? [] : this.#missingRoots();
    for (const dir of above) this.#watch.add(dir, false);
    const found = this.#listed(() => discover(selection));
    this.#watch.keep(new Set([...found.dirs, ...above]));
    const paths = new Set(found.files);
    if (this.#isFirstLook && paths.size === 0) {
      settings.log[config.include === undefined ? "info" : "warn"](this.#o.noneFound);
    }
    this.#isFirstLook = false;
    files.missing(paths, settings.clock.now());
    return this.#look(paths, isHistory ? "end" : "beginning", skipBeforeMs);
  }

  #whatChanged(): Look<Context>[] {
    for (const folder of this.#dirtyFolders) {
      this.#watch.forget(folder);
      const found = this.#listed(() => discoverBelow(folder, this.#o.selection));
      for (const file of found.files) this.#dirtyFiles.add(file);
    }
    this.#dirtyFolders.clear();
    const paths = new Set(this.#dirtyFiles);
    this.#dirtyFiles.clear();
    return this.#look(paths, "beginning");
  }

  /** Watches what it lists, and lists again what was new: it may have changed before it was watched. */
  #listed(list: () => Found): Found {
    for (let i = 0; ; i += 1) {
      const found = list();
      if (this.#o.host.once || this.#polling || this.#stopped) return found;
      let isNew = false;
      for (const dir of found.dirs) {
        const deep = this.#o.selection.includes.some((glob) => glob.isDeep(dir));
        if (this.#watch.add(dir, deep)) isNew = true;
      }
      if (!isNew || i >= 3) return found;
    }
  }

  #look(paths: ReadonlySet<string>, unknown: "beginning" | "end", skipBeforeMs?: number): Look<Context>[] {
    const looks: Look<Context>[] = [];
    for (const file of paths) {
      const look = this.#o.files.look(file, unknown, skipBeforeMs);
      if (look !== undefined) looks.push(look);
    }
    return looks;
  }

  /** For each root that does not exist yet, the nearest folder above it that does. */
  #missingRoots(): string[] {
    const above: string[] = [];
    for (const { base } of this.#o.selection.includes) {
      let dir = base;
      while (!existsSync(dir) && path.dirname(dir) !== dir) dir = path.dirname(dir);
      if (dir !== base) above.push(dir);
    }
    return above;
  }

  #scheduleDeadline(): void {
    this.#cancelDeadline?.();
    this.#cancelDeadline = undefined;
    const next = this.#stopped ? undefined : this.#o.nextDeadline();
    if (next === undefined) return;
    const { clock } = this.#o.settings;
    this.#cancelDeadline = clock.after(Math.max(10, next - clock.now()), () => this.#run());
  }
}

function isAbove(dir: string, base: string): boolean {
  return base === dir || base.startsWith(dir + path.sep);
}

/** Resolves once the signal is given. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
