import { existsSync } from "node:fs";
import type { Platform } from "#component/component.ts";
import { defaultRoots } from "../../../receivers/claude_code/roots.ts";
import { defaultRoots as cursorRoots } from "../../../receivers/cursor/roots.ts";

export interface FoundTools {
  claudeCode: boolean;
  /** For people: which tools were found here, and whether they are followed. */
  sentences: string[];
}

/** Looks which tools keep logs on this machine. Reads no file. */
export function findTools(platform: Platform): FoundTools {
  const claudeCode = defaultRoots(platform).some((root) => existsSync(root));
  const cursor = cursorRoots(platform).some((root) => existsSync(root));
  const sentences = [
    claudeCode
      ? "Claude Code: found, followed from now on (what was there before is skipped)"
      : "Claude Code: not found on this computer",
    cursor
      ? "Cursor: found, not followed by npm start; the receiver `cursor` follows it: docs/cursor.md"
      : "Cursor: not found on this computer",
  ];
  return { claudeCode, sentences };
}
