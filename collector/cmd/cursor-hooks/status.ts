import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { HOOKS_FOLDER, launcherOf, recorderOf } from "../../../receivers/cursor/hooks/command.ts";
import { HOOK_EVENTS } from "../../../receivers/cursor/hooks/event.ts";
import { isThere } from "./change.ts";
import { HooksFile } from "./hooks-file.ts";
import { HooksFileError, oursIn } from "./merge.ts";
import { hooksFile, type Level } from "./places.ts";
import type { Home } from "#config/paths.ts";
import { readSpool, type Spool } from "./spool.ts";

export interface LevelStatus {
  level: Level;
  file: string;
  /** `partly`: not for every event, or more than once. `unreadable`: Cursor may not take it either. */
  state: "no_file" | "absent" | "installed" | "partly" | "unreadable";
  reason?: string;
  /** What a command of ours names that is not there: after an update that moved it, `install` again. */
  missing: string[];
  /** It records to another folder than this collector reads. */
  otherFolder?: string;
}

export interface HooksStatus {
  levels: LevelStatus[];
  /** Both levels record: each turn is told twice and counted once. */
  twice: boolean;
  /** Hooks of Claude Code on this machine, which Cursor runs too where it is told to. */
  claudeCodeHooks: number;
  folder: string;
  spool: Spool | undefined;
}

export interface Where {
  platform: Home;
  stateDir: string;
  /** But for tests, those of the levels. */
  files?: Partial<Record<Level, string>>;
}

export function readHooksStatus({ platform, stateDir, files = {} }: Where): HooksStatus {
  const folder = path.join(stateDir, HOOKS_FOLDER);
  const levels = (["user", "managed"] as const).map((level) =>
    levelStatus(level, files[level] ?? hooksFile(level, platform), folder),
  );
  return {
    levels,
    twice: levels.every(({ state }) => state === "installed" || state === "partly"),
    claudeCodeHooks: claudeCodeHooks(platform),
    folder,
    spool: readSpool(folder),
  };
}

function levelStatus(level: Level, name: string, folder: string): LevelStatus {
  try {
    const text = new HooksFile(name).read();
    if (text === undefined) return { level, file: name, state: "no_file", missing: [] };
    const ours = oursIn(text);
    if (ours.size === 0) return { level, file: name, state: "absent", missing: [] };
    const isWhole = HOOK_EVENTS.every((event) => ours.get(event)?.length === 1);
    const commands = [...new Set([...ours.values()].flat())];
    return { level, file: name, state: isWhole ? "installed" : "partly", ...pathsOf(commands, folder) };
  } catch (error) {
    if (!(error instanceof HooksFileError)) throw error;
    return { level, file: name, state: "unreadable", reason: error.message, missing: [] };
  }
}

function pathsOf(commands: readonly string[], folder: string): Pick<LevelStatus, "missing" | "otherFolder"> {
  const missing = new Set<string>();
  let otherFolder: string | undefined;
  for (const command of commands) {
    const launcher = launcherOf(command);
    if (launcher !== undefined && !isThere(launcher, false)) missing.add(launcher);
    const recorder = recorderOf(launcher === undefined ? command : textOf(launcher));
    if (recorder === undefined) continue;
    if (!isThere(recorder.node, true)) missing.add(recorder.node);
    if (!isThere(recorder.recorder, false)) missing.add(recorder.recorder);
    if (recorder.folder !== "" && recorder.folder !== folder) otherFolder = recorder.folder;
  }
  return { missing: [...missing], ...(otherFolder !== undefined && { otherFolder }) };
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

const ClaudeSettings = z.looseObject({
  hooks: z.record(z.string(), z.array(z.unknown())).optional(),
});

function claudeCodeHooks({ homeDir, env }: Home): number {
  const folder = env["CLAUDE_CONFIG_DIR"] || path.join(homeDir, ".claude");
  try {
    const settings = ClaudeSettings.parse(
      JSON.parse(readFileSync(path.join(folder, "settings.json"), "utf8")),
    );
    return Object.values(settings.hooks ?? {}).reduce((sum, entries) => sum + entries.length, 0);
  } catch {
    // Not there, or not as it is known: then nothing is said of it.
    return 0;
  }
}
