import path from "node:path";
import type { Platform } from "#component/component.ts";
import type { Selection } from "#tail/discovery.ts";
import { compileGlob } from "#tail/glob.ts";
import type { ClaudeCodeConfig } from "./config.ts";

/** `tool-results` holds content of tools, and never a transcript; journals of workflows have no usage and no times. */
const NEVER = new Set(["tool-results", "journal.jsonl"]);

/** The files that a configuration follows on this machine. */
export function selectionOf(
  { include, exclude }: Pick<ClaudeCodeConfig, "include" | "exclude">,
  platform: Platform,
): Selection {
  const compile = (pattern: string) => compileGlob(pattern, platform);
  return {
    includes: (include ?? defaultIncludes(platform)).map(compile),
    excludes: exclude.map(compile),
    never: NEVER,
  };
}

/** Patterns of every place where Claude Code keeps transcripts on this machine. */
export function defaultIncludes(platform: Platform): string[] {
  const paths = platform.os === "win32" ? path.win32 : path.posix;
  const projects = configDirs(platform).map((dir) =>
    paths.basename(dir) === "projects" ? dir : paths.join(dir, "projects"),
  );
  return [
    ...projects.map((dir) => paths.join(dir, "**", "*.jsonl")),
    ...desktopDirs(platform).map((dir) =>
      paths.join(dir, "local-agent-mode-sessions", "**", "projects", "**", "*.jsonl"),
    ),
  ];
}

/** The folders below which transcripts would be: where one of them exists, Claude Code was used. */
export function defaultRoots(platform: Platform): string[] {
  return [...new Set(defaultIncludes(platform).map((pattern) => compileGlob(pattern, platform).base))];
}

/** `CLAUDE_CONFIG_DIR` moves the whole tree, and may name several. */
function configDirs({ os, homeDir, env }: Platform): string[] {
  const paths = os === "win32" ? path.win32 : path.posix;
  const given = (env["CLAUDE_CONFIG_DIR"] ?? "")
    .split(",")
    .map((dir) => dir.trim())
    .filter((dir) => dir !== "")
    .map((dir) => paths.resolve(homeDir, dir.replace(/^~(?=$|[/\\])/, homeDir)));
  const xdg = env["XDG_CONFIG_HOME"] ?? "";
  const config = xdg === "" ? paths.join(homeDir, ".config") : xdg;
  return [...new Set([...given, paths.join(homeDir, ".claude"), paths.join(config, "claude")])];
}

/** Where Claude Desktop keeps what it stores; below it, each local agent session has a `projects` folder. */
function desktopDirs({ os, homeDir, env }: Platform): string[] {
  if (os === "darwin") return [path.posix.join(homeDir, "Library/Application Support/Claude")];
  if (os === "linux")
    return [path.posix.join(env["XDG_CONFIG_HOME"] ?? path.posix.join(homeDir, ".config"), "Claude")];
  const roaming = env["APPDATA"] ?? path.win32.join(homeDir, "AppData", "Roaming");
  const local = env["LOCALAPPDATA"] ?? path.win32.join(homeDir, "AppData", "Local");
  return [
    path.win32.join(roaming, "Claude"),
    path.win32.join(local, "Packages", "Claude*", "LocalCache", "Roaming", "Claude"),
  ];
}
