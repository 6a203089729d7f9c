import { existsSync } from "node:fs";
import type { Platform } from "#component/component.ts";
import { readHooksStatus } from "../cursor-hooks/status.ts";
import type { StartFolder } from "./folder.ts";
import { defaultRoots } from "../../../receivers/claude_code/roots.ts";
import { defaultRoots as cursorRoots } from "../../../receivers/cursor/roots.ts";

export interface FoundTools {
  cursor: boolean;
  /** One of them was used here. */
  any: boolean;
  /** For people: which tools were found here. Both are followed, whenever they come. */
  sentences: string[];
}

/** Looks which tools keep logs on this machine. Reads no file. */
export function findTools(platform: Platform): FoundTools {
  const claudeCode = defaultRoots(platform).some((root) => existsSync(root));
  const cursor = cursorRoots(platform).some((root) => existsSync(root));
  const followed = "found, followed from now on (what was there before is skipped)";
  const sentences = [
    claudeCode ? `Claude Code: ${followed}` : "Claude Code: not found on this computer",
    cursor ? `Cursor: ${followed}` : "Cursor: not found on this computer",
  ];
  return { cursor, any: claudeCode || cursor, sentences };
}

/** What to do where nothing tells Cursor's token counts; nothing where something does. */
export function hooksNote(platform: Platform, { state, collectorConfigFile }: StartFolder): string[] {
  const { levels } = readHooksStatus({ platform, stateDir: state });
  if (levels.some((level) => level.state === "installed" && level.otherFolder === undefined)) return [];
  const command = `npm run talos -- cursor-hooks install --config ${collectorConfigFile}`;
  return ["Cursor writes no token counts to its files. Its hooks tell them:", `  ${command}`];
}
