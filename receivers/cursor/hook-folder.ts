import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { KeptSegments } from "./kept-segments.ts";

export const HOOK_FOLDER = "cursor-hooks";
const KEY_FILE = "key.pub";
const SEGMENT = /^(\d{4}-\d{2}-\d{2})\.jsonl$/;
const MOST_SEGMENTS = 400;
const DAY_MS = 86_400_000;
/** A recorder that began before midnight may end behind it. */
const GRACE_MS = 10 * 60_000;
/** Each byte of such a file is a call that the recorder could not keep, by its reason. */
const DROPS = {
  full: "receiver_lost_hooks",
  foreign: "receiver_foreign_hooks",
  malformed: "receiver_malformed_hooks",
};
const MOST_DROPS = 64 * 1024;

/** A file of what the recorder wrote in one day. */
export interface Segment {
  path: string;
  /** Milliseconds since the Unix epoch, UTC: nothing more is written to it after this. */
  endMs: number;
}

/** The folder between the hook recorder, which writes what Cursor said, and the receiver, which reads and tidies it. */
export class HookFolder {
  readonly path: string;
  readonly kept: KeptSegments;

  constructor(folder: string) {
    this.path = folder;
    this.kept = new KeptSegments(folder);
  }

  /** Makes the folder, for its owner alone, and puts the key in it that the recorder seals to. */
  prepare(publicKey: string): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    if (!lstatSync(this.path).isDirectory()) throw new Error("not a folder");
    chmodSync(this.path, 0o700);
    const file = path.join(this.path, KEY_FILE);
    const text = `${publicKey}\n`;
    if (textOf(file) !== text) replace(file, text);
  }

  /** In the order of their days. What is no plain file is not looked at. */
  segments(): Segment[] {
    const names = namesIn(this.path).filter((name) => SEGMENT.test(name));
    return names
      .toSorted()
      .slice(-MOST_SEGMENTS)
      .flatMap((name) => {
        const file = path.join(this.path, name);
        const dayMs = Date.parse(SEGMENT.exec(name)?.[1] ?? "");
        if (Number.isNaN(dayMs) || !isPlain(file)) return [];
        return [{ path: file, endMs: dayMs + DAY_MS + GRACE_MS }];
      });
  }

  /** The same with days since `sinceMs` that the collector has read and stored. */
  segmentsSince(sinceMs: number): Segment[] {
    const kept = this.kept.list().filter(({ endMs }) => endMs >= sinceMs);
    return [...kept, ...this.segments()].toSorted((a, b) => a.endMs - b.endMs);
  }

  /** What the recorder counted since the last call, by counter. */
  takeDrops(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const [reason, counter] of Object.entries(DROPS)) {
      const count = taken(path.join(this.path, `dropped-${reason}`));
      if (count > 0) counts.set(counter, count);
    }
    return counts;
  }
}

/** Moved away first: what is counted meanwhile begins another file. */
function taken(file: string): number {
  const aside = `${file}.read`;
  try {
    if (!isPlain(file)) return 0;
    renameSync(file, aside);
    const { size } = lstatSync(aside);
    rmSync(aside);
    return Math.min(size, MOST_DROPS);
  } catch {
    return 0;
  }
}

function isPlain(file: string): boolean {
  try {
    return lstatSync(file).isFile();
  } catch {
    return false;
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return isPlain(file) ? readFileSync(file, "utf8") : "";
  } catch {
    return "";
  }
}

/** In one step: the recorder reads all of it, or what was there before. */
function replace(file: string, text: string): void {
  const draft = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const fd = openSync(draft, "wx", 0o600);
    try {
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
