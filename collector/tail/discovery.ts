import { type Dirent, readdirSync } from "node:fs";
import path from "node:path";
import type { Glob } from "./glob.ts";

export interface Found {
  files: string[];
  /** Every folder that was read, to be watched. */
  dirs: string[];
}

export interface Selection {
  includes: Glob[];
  excludes: Glob[];
  /** Names of folders and of files that hold nothing to follow, wherever they are. */
  never?: ReadonlySet<string>;
}

export function isSelected(file: string, { includes, excludes, never }: Selection): boolean {
  if (never?.has(path.basename(file)) === true) return false;
  return includes.some((glob) => glob.matches(file)) && !excludes.some((glob) => glob.matches(file));
}

/** Lists every selected file. A folder that cannot be read is passed over: it may be gone, or not ours. */
export function discover(selection: Selection): Found {
  const found: Found = { files: [], dirs: [] };
  const seen = new Set<string>();
  for (const { base } of selection.includes) walk(base, selection, { found, seen });
  return found;
}

/** The same below one folder. */
export function discoverBelow(dir: string, selection: Selection): Found {
  const found: Found = { files: [], dirs: [] };
  walk(dir, selection, { found, seen: new Set() });
  return found;
}

function walk(dir: string, selection: Selection, into: { found: Found; seen: Set<string> }): void {
  if (into.seen.has(dir)) return;
  into.seen.add(dir);
  const entries = list(dir);
  if (entries === undefined) return;
  into.found.dirs.push(dir);
  for (const entry of entries) {
    const below = path.join(dir, entry.name);
    if (entry.isDirectory()) {
      if (
        selection.never?.has(entry.name) === true ||
        !selection.includes.some((glob) => glob.mayHold(below))
      )
        continue;
      walk(below, selection, into);
    } else if (entry.isFile() || entry.isSymbolicLink()) {
      if (isSelected(below, selection)) into.found.files.push(below);
    }
  }
}

function list(dir: string): Dirent[] | undefined {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return undefined;
  }
}
