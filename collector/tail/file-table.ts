import { type BigIntStats, statSync } from "node:fs";
import type { ReceiverHost } from "#component/component.ts";
import type { Position } from "#component/unit.ts";
import { HEAD_BYTES, identityOf, lastLineEnd, lookInto, readAt, readBefore } from "./file-bytes.ts";
import { resumeOffset, type TailedFile } from "./tailed-file.ts";

/** A file gone for so long is forgotten: an editor or a sync tool may put it back before. */
const FORGET_AFTER_MS = 10 * 60_000;

export interface Look<Context = unknown> {
  file: TailedFile<Context>;
  size: number;
  mtimeMs: number;
  birthMs: number;
}

/** Every followed file, by what it is and by where it is. */
export class FileTable<Context = unknown> {
  readonly #host: ReceiverHost;
  readonly #noContext: () => Context;
  readonly #byIdentity = new Map<string, TailedFile<Context>>();
  readonly #byPath = new Map<string, TailedFile<Context>>();
  /** Keys of files to forget with the next commit. */
  readonly #forgotten = new Set<string>();

  /** `noContext`: what is known at a file's start. */
  constructor(host: ReceiverHost, noContext: () => Context) {
    this.#host = host;
    this.#noContext = noContext;
  }

  get size(): number {
    return this.#byIdentity.size;
  }

  /** Adds every position that changed since the last call, and null for every file that is forgotten. */
  takeChanged(into: Map<string, Position | null>): void {
    for (const key of this.#forgotten) into.set(key, null);
    this.#forgotten.clear();
    for (const file of this.#byIdentity.values()) {
      if (!file.changed) continue;
      into.set(file.key, this.position(file));
      file.changed = false;
    }
  }

  /**
   * What is at the path now. A file seen for the first time begins at its stored position, else as `unknown` says;
   * one last written before `skipBeforeMs` begins at its end.
   */
  look(path: string, unknown: "beginning" | "end", skipBeforeMs = -Infinity): Look<Context> | undefined {
    const stat = statOf(path);
    if (stat === undefined || !stat.isFile()) return undefined;
    const identity = identityOf(stat.dev, stat.ino, path);
    const size = Number(stat.size);
    const mtimeMs = Number(stat.mtimeNs) / 1e6;
    const isSkipped = mtimeMs < skipBeforeMs;
    // Written since the first start, while the collector was still starting: what is older in it is told by its times.
    const from = mtimeMs < this.#host.firstStartMs ? unknown : "beginning";
    const file =
      this.#byIdentity.get(identity) ?? this.#create(identity, path, { size, unknown: from, isSkipped });
    this.#place(file, path);
    return { file, size, mtimeMs, birthMs: Number(stat.birthtimeMs) };
  }

  #place(file: TailedFile<Context>, path: string): void {
    file.goneSinceMs = undefined;
    if (this.#byPath.get(path) === file) return;
    if (this.#byPath.get(file.path) === file) this.#byPath.delete(file.path);
    file.path = path;
    this.#byPath.set(path, file);
  }

  #create(
    identity: string,
    path: string,
    at: { size: number; unknown: "beginning" | "end"; isSkipped: boolean },
  ): TailedFile<Context> {
    const key = this.#host.fileKey(identity);
    const position = at.isSkipped ? undefined : this.#host.position(key);
    const file = newFile(identity, key, { path, context: this.#noContext() });
    if (position !== undefined) resume(file, position);
    else {
      file.changed = true;
      if (at.unknown === "end" || at.isSkipped) this.#toEnd(file, at.size);
    }
    this.#byIdentity.set(identity, file);
    return file;
  }

  #toEnd(file: TailedFile<Context>, size: number): void {
    const end = lookInto(file.path, (fd) => {
      const offset = lastLineEnd(fd, size);
      return { offset, head: readAt(fd, 0, Math.min(HEAD_BYTES, offset)), marker: readBefore(fd, offset) };
    });
    if (end !== undefined) advance(file, this.#host, end);
  }

  /** Takes note of files that the last full look did not find. */
  missing(found: ReadonlySet<string>, now: number): void {
    for (const file of this.#byIdentity.values()) {
      // Where the path leads to another file now, this one was replaced.
      if (found.has(file.path) && this.#byPath.get(file.path) === file) continue;
      file.goneSinceMs ??= now;
      if (now - file.goneSinceMs < FORGET_AFTER_MS || file.holds.size > 0) continue;
      this.#byIdentity.delete(file.identity);
      if (this.#byPath.get(file.path) === file) this.#byPath.delete(file.path);
      this.#forgotten.add(file.key);
    }
  }

  /** Where reading resumes after a restart. */
  position(file: TailedFile<Context>): Position {
    const offset = resumeOffset(file);
    return {
      offset,
      head: file.head,
      headBytes: file.headBytes,
      marker: offset === file.offset ? file.marker : this.#markerAt(file, offset),
      grewAtMs: file.grewAtMs,
    };
  }

  #markerAt(file: TailedFile<Context>, offset: number): string {
    if (offset === 0) return "";
    return lookInto(file.path, (fd) => this.#host.digest(readBefore(fd, offset))) ?? "";
  }

  /** False when the file is no longer what was read up to its offset. */
  isSame(file: TailedFile<Context>, fd: number, size: number): boolean {
    if (size < file.offset) return false;
    if (file.headBytes > 0 && this.#host.digest(readAt(fd, 0, file.headBytes)) !== file.head) return false;
    return file.marker === "" || this.#host.digest(readBefore(fd, file.offset)) === file.marker;
  }
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

function newFile<Context>(
  identity: string,
  key: string,
  { path, context }: { path: string; context: Context },
): TailedFile<Context> {
  return {
    key,
    identity,
    path,
    offset: 0,
    searchedTo: 0,
    size: -1,
    mtimeMs: -1,
    head: "",
    headBytes: 0,
    marker: "",
    grewAtMs: 0,
    context,
    hasContext: false,
    holds: new Map(),
    changed: false,
    goneSinceMs: undefined,
  };
}

function resume(file: TailedFile, position: Position): void {
  file.offset = position.offset;
  file.searchedTo = position.offset;
  file.head = position.head;
  file.headBytes = position.headBytes;
  file.marker = position.marker;
  file.grewAtMs = position.grewAtMs;
}

/** Everything is to be read again: the file was rewritten, truncated or replaced. */
export function rewind<Context>(file: TailedFile<Context>, context: Context): void {
  file.offset = 0;
  file.searchedTo = 0;
  file.head = "";
  file.headBytes = 0;
  file.marker = "";
  file.context = context;
  file.hasContext = true;
  file.changed = true;
  for (const key of file.holds.keys()) file.holds.set(key, 0);
}

/** Lines up to `offset` were read. `head` and `marker` are the bytes to recognise the file by. */
export function advance(
  file: TailedFile,
  host: ReceiverHost,
  to: { offset: number; head: Uint8Array; marker: Uint8Array },
): void {
  if (to.offset !== file.offset || file.headBytes === 0) file.changed = true;
  file.offset = to.offset;
  file.searchedTo = Math.max(file.searchedTo, to.offset);
  if (to.head.length > file.headBytes) {
    file.headBytes = to.head.length;
    file.head = host.digest(to.head);
  }
  file.marker = to.offset === 0 ? "" : host.digest(to.marker);
}
