import path from "node:path";
import type { Platform } from "#component/component.ts";

export interface Glob {
  /** The folder above the first wildcard, absolute. */
  base: string;
  /** True for the path of a file that the pattern names. */
  matches(file: string): boolean;
  /** True for a folder that may hold such files. */
  mayHold(dir: string): boolean;
  /** True for a folder below which any depth may match: all of it is worth watching. */
  isDeep(dir: string): boolean;
}

const MAGIC = /[*?[{]/;

/** `*` and `?` stay within a name, `**` is any number of folders, `{a,b}` is a choice. */
export function compileGlob(pattern: string, { os, homeDir }: Pick<Platform, "os" | "homeDir">): Glob {
  const paths = os === "win32" ? path.win32 : path.posix;
  const expanded = paths.resolve(
    homeDir,
    pattern.replace(/^~(?=$|[/\\])/, () => homeDir),
  );
  const parts = expanded.split(paths.sep);
  const magic = parts.findIndex((part) => MAGIC.test(part));
  const fixed = magic < 0 ? parts.slice(0, -1) : parts.slice(0, magic);
  const base = fixed.join(paths.sep);
  const flags = os === "linux" ? "u" : "iu";
  const sources = parts.slice(fixed.length).map((part) => (part === "**" ? part : nameSource(part)));
  const whole = new RegExp(`^${joined(sources)}$`, flags);
  const relative = (file: string) => file.slice(base.length + 1).split(paths.sep);
  const isBelow = (file: string) => file.startsWith(base + paths.sep);
  const names = sources.map((source) => (source === "**" ? undefined : new RegExp(`^${source}$`, flags)));
  return {
    base: base === "" ? paths.sep : base,
    matches: (file) => isBelow(file) && whole.test(relative(file).join("/")),
    isDeep: (dir) => {
      const depth = names.indexOf(undefined);
      if (depth < 0 || (dir !== base && !isBelow(dir))) return false;
      const dirs = dir === base ? [] : relative(dir);
      return dirs.length >= depth && isPrefix(dirs.slice(0, depth), names);
    },
    mayHold: (dir) => dir === base || (isBelow(dir) && isPrefix(relative(dir), names)),
  };
}

/** True when the pattern may go on below these folders. */
function isPrefix(dirs: string[], names: (RegExp | undefined)[]): boolean {
  for (const [i, dir] of dirs.entries()) {
    const name = names[i];
    if (i >= names.length - 1) return false;
    if (name === undefined) return true;
    if (!name.test(dir)) return false;
  }
  return true;
}

function joined(sources: string[]): string {
  let text = "";
  for (const [i, source] of sources.entries()) {
    const isLast = i === sources.length - 1;
    if (source === "**") text += isLast ? ".*" : "(?:[^/]+/)*";
    else text += isLast ? source : `${source}/`;
  }
  return text;
}

function nameSource(part: string): string {
  let text = "";
  let depth = 0;
  for (const char of part) {
    if (char === "*") text += "[^/]*";
    else if (char === "?") text += "[^/]";
    else if (char === "{") {
      depth += 1;
      text += "(?:";
    } else if (char === "}" && depth > 0) {
      depth -= 1;
      text += ")";
    } else if (char === "," && depth > 0) text += "|";
    else text += char.replace(/[\\^$.|+()[\]{}/]/, "\\$&");
  }
  return text + ")".repeat(depth);
}
