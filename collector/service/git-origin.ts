import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import path from "node:path";
import { normalizeRemote } from "#component/scope.ts";

const MAX_CONFIG_BYTES = 256 * 1024;
const MAX_POINTER_BYTES = 4 * 1024;
const MAX_DEPTH = 64;
const MAX_REMEMBERED = 2_048;
/** A clone gets another origin seldom, and a folder becomes a repository seldom. */
const FRESH_MS = 60_000;

/**
 * The `origin` of the repository that holds a folder, read from git's own files; git itself is never run. What is
 * found is compared in memory and, where the team wants projects told apart by it, hashed by the gate. It is never
 * sent or logged as it is, and stored at most within a text that waits encrypted.
 */
export class GitOrigins {
  readonly #now: () => number;
  readonly #known = new Map<string, { origin: string | undefined; atMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Normalised, as `normalizeRemote` does. Undefined without a repository or without an `origin`. */
  of(cwd: string): string | undefined {
    const now = this.#now();
    const known = this.#known.get(cwd);
    if (known !== undefined && Math.abs(now - known.atMs) < FRESH_MS) return known.origin;
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    const origin = originOf(cwd);
    this.#known.set(cwd, { origin, atMs: now });
    return origin;
  }
}

function originOf(cwd: string): string | undefined {
  const gitDir = gitDirOf(cwd);
  if (gitDir === undefined) return undefined;
  const text = readSmall(path.join(commonDir(gitDir), "config"), MAX_CONFIG_BYTES);
  const url = text === undefined ? undefined : originUrl(text);
  return url === undefined ? undefined : normalizeRemote(url);
}

/** The nearest `.git` upwards. A folder that is gone is still below its repository. */
function gitDirOf(cwd: string): string | undefined {
  if (!path.isAbsolute(cwd)) return undefined;
  let dir = path.resolve(cwd);
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const dotGit = path.join(dir, ".git");
    const stat = statSafely(dotGit);
    if (stat?.isDirectory() === true) return dotGit;
    if (stat?.isFile() === true) return pointedAt(dotGit, dir);
    const above = path.dirname(dir);
    if (above === dir) return undefined;
    dir = above;
  }
  return undefined;
}

/** Worktrees and submodules have a file that says where their repository is. */
function pointedAt(file: string, dir: string): string | undefined {
  const target = /^gitdir:\s*(.+?)\s*$/m.exec(readSmall(file, MAX_POINTER_BYTES) ?? "")?.[1];
  return target === undefined ? undefined : path.resolve(dir, target);
}

/** Worktrees share the configuration of the repository that they belong to. */
function commonDir(gitDir: string): string {
  const target = readSmall(path.join(gitDir, "commondir"), MAX_POINTER_BYTES)?.trim() ?? "";
  return target === "" ? gitDir : path.resolve(gitDir, target);
}

/** The first `url` of `[remote "origin"]`, as git reads its configuration. */
export function originUrl(config: string): string | undefined {
  let isOrigin = false;
  for (const raw of config.replaceAll(/\\\r?\n/g, "").split(/\r?\n/)) {
    let line = raw.trim();
    const section = /^\[\s*([A-Za-z0-9.-]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\](.*)$/.exec(line);
    if (section !== null) {
      const [, name = "", sub = "", rest = ""] = section;
      const isDotted = name.toLowerCase() === "remote.origin";
      isOrigin = isDotted || (name.toLowerCase() === "remote" && sub === "origin");
      line = rest.trim();
    }
    const value = isOrigin ? /^url\s*=\s*(.*)$/i.exec(line)?.[1] : undefined;
    if (value !== undefined) return valueOf(value);
  }
  return undefined;
}

/** Without quotes, escapes and a comment at the end. */
function valueOf(raw: string): string {
  let value = "";
  let quoted = false;
  for (let i = 0; i < raw.length; i += 1) {
    const char = raw[i] ?? "";
    if (char === '"') quoted = !quoted;
    else if (char === "\\") value += raw[(i += 1)] ?? "";
    else if (!quoted && (char === "#" || char === ";")) break;
    else value += char;
  }
  return value.trim();
}

/** The file's text, or undefined when it is not there, not a file, or larger than such a file ever is. */
function readSmall(file: string, maxBytes: number): string | undefined {
  let fd: number;
  try {
    if (statSafely(file)?.isFile() !== true) return undefined;
    fd = openSync(file, "r");
  } catch {
    return undefined;
  }
  try {
    const { size } = fstatSync(fd);
    if (size > maxBytes) return undefined;
    const bytes = Buffer.alloc(size);
    return bytes.toString("utf8", 0, readSync(fd, bytes, 0, size, 0));
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

function statSafely(file: string): ReturnType<typeof statSync> | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
