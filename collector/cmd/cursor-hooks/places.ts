import path from "node:path";
import type { Home } from "#config/paths.ts";
import { LAUNCHER } from "../../../receivers/cursor/hooks/command.ts";

export type Level = "user" | "managed";

/** Where Cursor looks for hooks of a level. */
export function hooksFile(level: Level, { os, homeDir }: Home): string {
  if (level === "user")
    return (os === "win32" ? path.win32 : path.posix).join(homeDir, ".cursor", "hooks.json");
  return MANAGED[os];
}

const MANAGED: Record<Home["os"], string> = {
  darwin: "/Library/Application Support/Cursor/hooks.json",
  linux: "/etc/cursor/hooks.json",
  win32: "C:\\ProgramData\\Cursor\\hooks.json",
};

/** Where the file is that the command starts on Windows. */
export function launcherFile(level: Level, stateDir: string): string {
  return path.win32.join(level === "user" ? stateDir : "C:\\ProgramData\\talos-auditor", LAUNCHER);
}
