import path from "node:path";
import type { Platform } from "#component/component.ts";
import type { Selection } from "#tail/discovery.ts";
import { compileGlob } from "#tail/glob.ts";
import type { CursorConfig } from "./config.ts";

/** Below a project's folder, transcripts are a small part: all else is never looked into. */
const TRANSCRIPTS = ["projects", "*", "agent-transcripts", "**", "*.jsonl"];

/** The transcripts that a configuration follows on this machine. */
export function selectionOf(
  { include, exclude }: Pick<CursorConfig, "include" | "exclude">,
  platform: Platform,
): Selection {
  const compile = (pattern: string) => compileGlob(pattern, platform);
  return {
    includes: (include ?? defaultIncludes(platform)).map(compile),
    excludes: exclude.map(compile),
  };
}

/** Patterns of every place where Cursor keeps transcripts on this machine: one tree for the editor and its CLI. */
export function defaultIncludes({ os, homeDir, env }: Platform): string[] {
  const paths = os === "win32" ? path.win32 : path.posix;
  const moved = env["CURSOR_CONFIG_DIR"] ?? "";
  const homes = [paths.join(homeDir, ".cursor"), ...(moved === "" ? [] : [paths.resolve(homeDir, moved)])];
  return [...new Set(homes)].map((home) => paths.join(home, ...TRANSCRIPTS));
}

/** Cursor's `User` folder. */
export function defaultUserDir({ os, homeDir, env }: Platform): string {
  if (os === "darwin") return path.posix.join(homeDir, "Library/Application Support/Cursor/User");
  if (os === "win32") {
    const roaming = env["APPDATA"] ?? path.win32.join(homeDir, "AppData", "Roaming");
    return path.win32.join(roaming, "Cursor", "User");
  }
  const moved = env["XDG_CONFIG_HOME"] ?? "";
  return path.posix.join(moved === "" ? path.posix.join(homeDir, ".config") : moved, "Cursor", "User");
}

/** The folders below which Cursor's data would be: where one of them exists, Cursor was used. */
export function defaultRoots(platform: Platform): string[] {
  const projects = defaultIncludes(platform).map((pattern) => compileGlob(pattern, platform).base);
  return [...projects, defaultUserDir(platform)];
}
