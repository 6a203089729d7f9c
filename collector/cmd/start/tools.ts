import { existsSync } from "node:fs";
import path from "node:path";
import type { Platform } from "#component/component.ts";
import { defaultRoots } from "../../../receivers/claude_code/roots.ts";

export interface FoundTools {
  claudeCode: boolean;
  /** For people: which tools were found here, and whether they are followed. */
  sentences: string[];
}

/** Looks which tools keep logs on this machine. Reads no file. */
export function findTools(platform: Platform): FoundTools {
  const claudeCode = defaultRoots(platform).some((root) => existsSync(root));
  const cursor = existsSync(cursorFolder(platform));
  const sentences = [
    claudeCode
      ? "Claude Code: found, followed from now on (what was there before is skipped)"
      : "Claude Code: not found on this computer",
    cursor ? "Cursor: found, not followed: not in this version" : "Cursor: not found on this computer",
  ];
  return { claudeCode, sentences };
}

function cursorFolder({ os, homeDir, env }: Platform): string {
  if (os === "darwin") return path.posix.join(homeDir, "Library/Application Support/Cursor");
  if (os === "win32")
    return path.win32.join(env["APPDATA"] ?? path.win32.join(homeDir, "AppData/Roaming"), "Cursor");
  return path.posix.join(env["XDG_CONFIG_HOME"] ?? path.posix.join(homeDir, ".config"), "Cursor");
}
