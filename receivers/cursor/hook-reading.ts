import { closeSync } from "node:fs";
import path from "node:path";
import type { Clock, Logger, Platform, ReceiverHost } from "#component/component.ts";
import type { Position } from "#component/unit.ts";
import { HEAD_BYTES, identify, isSystemError, lookInto, open, readAt, readBefore } from "#tail/file-bytes.ts";
import { advance, FileTable, type Look, rewind } from "#tail/file-table.ts";
import { FolderWatch } from "#tail/folder-watch.ts";
import { BlockBuffer, readLines } from "#tail/lines.ts";
import type { Outgoing } from "#tail/outgoing.ts";
import type { TailedFile } from "#tail/tailed-file.ts";
import type { HookFolder, Segment } from "./hook-folder.ts";
import type { HookKey } from "./hook-key.ts";
import type { HookTurns } from "./hook-turns.ts";
import { HookEvent } from "./hooks/event.ts";
import type { HookTurn } from "./turn.ts";

const STRETCH_BYTES = 1024 * 1024;
/** The recorder writes lines of 4 KiB at most. */
const MOST_LINE_BYTES = 16 * 1024;
/** So many turns are in memory at once; what is more waits in its file. */
const MOST_TURNS = 20_000;
const MOST_FOLDER_LENGTH = 4_096;
/** A clock that is set back leaves such times; nothing is sent of a later one. */
const MOST_AHEAD_MS = 86_400_000;

interface Context {
  /** Turns that the file tells of. */
  turns: Set<HookTurn>;
  /** False: the file was not read in this run, and all of it is told again. */
  isLoaded: boolean;
  /** Lines before were counted in an earlier run. */
  resumeAt: number;
}

const noContext = (): Context => ({ turns: new Set(), isLoaded: false, resumeAt: 0 });

export interface HookReadingOptions {
  host: ReceiverHost;
  clock: Clock;
  log: Logger;
  outgoing: Outgoing;
  platform: Pick<Platform, "os">;
  folder: HookFolder;
  /** The folder is this receiver's: it may be made and tidied. */
  isOwn: boolean;
  /** Without it, nothing can be sealed to this collector. */
  key: HookKey | undefined;
  turns: HookTurns;
  /** A folder that somebody works in. */
  learn(folder: string): void;
  /** Has another pass made. */
  wake(): void;
  isStopped(): boolean;
}

/** Reads what the hook recorder wrote, and puts aside what is read and stored. */
export class HookReading {
  readonly #o: HookReadingOptions;
  readonly #files: FileTable<Context>;
  readonly #watch: FolderWatch;
  readonly #block = new BlockBuffer();
  readonly #segments = new Map<TailedFile<Context>, Segment>();
  #isUnsettled = false;
  #toldUnusable = false;

  constructor(options: HookReadingOptions) {
    this.#o = options;
    this.#files = new FileTable(options.host, noContext);
    const wake = () => options.wake();
    this.#watch = new FolderWatch(options.platform.os, {
      onChange: wake,
      onUnknown: wake,
      // Each full look at transcripts looks here, too.
      onExhausted: () => {},
    });
  }

  /** Makes the folder that the recorder waits for. Without it, there are only the other sources. */
  start(): void {
    const { folder, isOwn, key, host } = this.#o;
    try {
      if (isOwn && key !== undefined) folder.prepare(key.publicKey);
      if (!host.once) this.#watch.add(folder.path, false);
    } catch {
      this.#unusable();
    }
  }

  stop(): void {
    this.#watch.close();
  }

  /** Reads what is new. Returns the conversations that have news. */
  async read(): Promise<Set<string>> {
    const touched = new Set<string>();
    const { folder, isOwn, outgoing, clock, host } = this.#o;
    this.#isUnsettled = true;
    if (isOwn) for (const [counter, by] of folder.takeDrops()) outgoing.count(counter, by);
    const segments = isOwn ? folder.segments() : folder.segmentsSince(host.skipBeforeMs ?? 0);
    this.#segments.clear();
    for (const segment of segments) {
      const look = this.#files.look(segment.path, "beginning");
      if (look === undefined) continue;
      this.#segments.set(look.file, segment);
      if (!this.#isDue(look)) continue;
      while (!this.#o.isStopped() && !this.#isFull && this.#stretch(look.file, touched)) {
        await new Promise(setImmediate);
      }
    }
    this.#files.missing(new Set(segments.map((segment) => segment.path)), clock.now());
    return touched;
  }

  /** More is there than may be in memory at once: it is read once some of that is stored. */
  get #isFull(): boolean {
    return this.#o.turns.size >= MOST_TURNS;
  }

  /** True when `read` is to be called again at once: `run --once` reads to the end. */
  get isMore(): boolean {
    return [...this.#segments.keys()].some(({ size }) => size < 0) && !this.#isFull;
  }

  /** What was read is settled, as far as it can be. */
  settled(): void {
    this.#isUnsettled = false;
  }

  /** None before what was read is settled: a crash would lose what only its lines told of. */
  takePositions(into: Map<string, Position | null>): void {
    this.#o.turns.takePositions(into);
    if (!this.#isUnsettled) this.#files.takeChanged(into);
  }

  /** Puts segments aside of which all is stored. Call it when nothing waits to be stored. */
  tidy(): void {
    const { turns, folder, isOwn, clock } = this.#o;
    for (const [file, segment] of this.#segments) {
      const { context } = file;
      const isRead = context.isLoaded && file.size >= 0 && clock.now() >= segment.endMs;
      if (isOwn && isRead && [...context.turns].every((turn) => turns.isStored(turn))) {
        if (this.#isGrown(file) || !folder.kept.keep(segment.path)) continue;
        this.#segments.delete(file);
        for (const turn of context.turns) if (!this.#isToldElsewhere(turn)) turns.forget(turn, true);
      } else if (turns.size > MOST_TURNS / 2) this.#release(context);
    }
    if (isOwn) folder.kept.prune(clock.now());
    if (this.isMore) this.#o.wake();
  }

  /** A line that tells of one of these again finds its place. */
  #release({ turns }: Context): void {
    for (const turn of turns) {
      if (!this.#o.turns.isStored(turn)) continue;
      turns.delete(turn);
      this.#o.turns.forget(turn, false);
    }
  }

  #isToldElsewhere(turn: HookTurn): boolean {
    return [...this.#segments.keys()].some(({ context }) => context.turns.has(turn));
  }

  #isGrown(file: TailedFile<Context>): boolean {
    return lookInto(file.path, (fd) => identify(fd, file.path)?.size) !== file.offset;
  }

  #isDue({ file, size, mtimeMs }: Look<Context>): boolean {
    if (!file.context.isLoaded) {
      const isSame = lookInto(file.path, (fd) => this.#files.isSame(file, fd, size));
      file.context = { ...noContext(), isLoaded: true, resumeAt: isSame === true ? file.offset : 0 };
      file.offset = 0;
      return true;
    }
    if (size === file.size && mtimeMs === file.mtimeMs) return false;
    const isSame = lookInto(file.path, (fd) => this.#files.isSame(file, fd, size));
    if (isSame === false) {
      rewind(file, { ...noContext(), isLoaded: true });
      this.#o.outgoing.count("receiver_rewritten_files");
    }
    return true;
  }

  /** True when more is left. */
  #stretch(file: TailedFile<Context>, touched: Set<string>): boolean {
    const fd = open(file.path);
    if (fd === undefined) return this.#unusable();
    try {
      const stat = identify(fd, file.path);
      if (stat?.identity !== file.identity) return false;
      const { outgoing } = this.#o;
      const { resumeAt } = file.context;
      const before = file.offset;
      const stretch = { from: before, maxBytes: STRETCH_BYTES, maxLineBytes: MOST_LINE_BYTES };
      const end = readLines(fd, this.#block, stretch, (buffer, start, stop, offset) => {
        const id = this.#line(file, buffer.bytes.toString("utf8", start, stop), offset >= resumeAt);
        if (id !== undefined) touched.add(id);
      });
      if (end.offset > resumeAt) {
        outgoing.count("receiver_read_bytes", end.offset - Math.max(before, resumeAt));
        outgoing.count("receiver_oversize_lines", end.oversize);
      }
      advance(file, this.#o.host, {
        offset: end.offset,
        head: readAt(fd, 0, Math.min(HEAD_BYTES, end.offset)),
        marker: readBefore(fd, end.offset),
      });
      // What an earlier run read stays read, should this one end in the middle.
      if (end.offset <= resumeAt) file.changed = false;
      file.size = end.atEnd ? stat.size : -1;
      file.mtimeMs = stat.mtimeMs;
      return !end.atEnd;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return this.#unusable();
    } finally {
      closeSync(fd);
    }
  }

  /** The conversation that the line has news of. With `isNew`, nobody read it before. */
  #line(file: TailedFile<Context>, text: string, isNew: boolean): string | undefined {
    const { outgoing, turns } = this.#o;
    const count = (name: string) => {
      if (isNew) outgoing.count(name);
    };
    if (text.trim() === "") return undefined;
    count("receiver_read_lines");
    const value = parse(text);
    const { data: event } = HookEvent.safeParse(value);
    if (event === undefined || event.at > this.#o.clock.now() + MOST_AHEAD_MS) {
      count(isOtherVersion(value) ? "receiver_unknown_types" : "receiver_malformed_lines");
      return undefined;
    }
    const told = turns.add(event, this.#folderOf(event, count));
    if (told.kind === "taken") {
      count("receiver_repeated_hooks");
      return undefined;
    }
    file.context.turns.add(told.turn);
    if (told.kind === "known") {
      count("receiver_repeated_hooks");
      return undefined;
    }
    if (told.isExclusive) count("receiver_exclusive_inputs");
    return isOwed(told.turn) ? told.turn.conversation : undefined;
  }

  /** The working directory; "" where it cannot be opened, or is none. */
  #folderOf({ cwd: sealed }: HookEvent, count: (name: string) => void): string {
    const { key, platform } = this.#o;
    if (sealed === undefined || key === undefined) return "";
    const cwd = key.open(sealed) ?? "";
    const paths = platform.os === "win32" ? path.win32 : path.posix;
    // oxlint-disable-next-line no-control-regex -- such a name is none that anybody works in
    const isFolder = paths.isAbsolute(cwd) && cwd.length <= MOST_FOLDER_LENGTH && !/[\0-\x1f]/.test(cwd);
    if (!isFolder) {
      count("receiver_unopened_folders");
      return "";
    }
    this.#o.learn(cwd);
    return cwd;
  }

  /** Said once. */
  #unusable(): false {
    this.#o.outgoing.count("receiver_unusable_hooks");
    if (!this.#toldUnusable) {
      this.#toldUnusable = true;
      const message =
        "what Cursor's hooks record cannot be read, or nowhere be written: the other sources are read alone";
      this.#o.log.warn(message);
    }
    return false;
  }
}

/** It was not emitted yet, or with less than is known now. */
function isOwed({ place, emitted, input, output }: HookTurn): boolean {
  return place < 0 || input > emitted.input || output > emitted.output;
}

function isOtherVersion(value: unknown): boolean {
  return typeof value === "object" && value !== null && "v" in value && value.v !== 1;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
