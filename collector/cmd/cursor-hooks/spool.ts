import { lstatSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const SEGMENT = /^\d{4}-\d{2}-\d{2}\.jsonl$/;
const REASONS = ["full", "foreign", "malformed"] as const;

/** What the recorder left in its folder, as far as the collector has not taken it away. */
export interface Spool {
  /** The collector has put its key there, so that working directories are recorded. */
  hasKey: boolean;
  /** Turns in the segments; those of today stay there after they were read. */
  lines: number;
  bytes: number;
  /** Milliseconds since the Unix epoch, UTC; undefined where nothing is there. */
  lastMs: number | undefined;
  dropped: Record<(typeof REASONS)[number], number>;
}

/** Undefined where there is no such folder. */
export function readSpool(folder: string): Spool | undefined {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  const segments = readdirSync(folder)
    .filter((name) => SEGMENT.test(name))
    .map((name) => path.join(folder, name))
    .filter((file) => lstatSync(file, { throwIfNoEntry: false })?.isFile() === true);
  const texts = segments.map((file) => readFileSync(file));
  const times = segments.map((file) => Math.trunc(lstatSync(file).mtimeMs));
  return {
    hasKey: sizeOf(path.join(folder, "key.pub")) > 0,
    lines: texts.reduce((sum, text) => sum + linesIn(text), 0),
    bytes: texts.reduce((sum, { length }) => sum + length, 0),
    lastMs: times.length > 0 ? Math.max(...times) : undefined,
    dropped: {
      full: sizeOf(path.join(folder, "dropped-full")),
      foreign: sizeOf(path.join(folder, "dropped-foreign")),
      malformed: sizeOf(path.join(folder, "dropped-malformed")),
    },
  };
}

function sizeOf(file: string): number {
  const found = lstatSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : 0;
}

function linesIn(text: Buffer): number {
  return text.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0);
}
