import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { Home } from "#config/paths.ts";
import {
  HOOKS_FOLDER,
  launcherText,
  posixEntry,
  RECORDER,
  type Recorder,
  windowsEntry,
} from "../../../receivers/cursor/hooks/command.ts";
import { HooksFile } from "./hooks-file.ts";
import { lineDiff } from "./line-diff.ts";
import { HooksFileError, isEmpty, restored, withOurs, withoutOurs } from "./merge.ts";
import { hooksFile, launcherFile, type Level } from "./places.ts";

export interface Installation {
  level: Level;
  platform: Home;
  stateDir: string;
  /** That of this process, but for tests. */
  node?: string;
  /** The file of the level, but for tests. */
  file?: string;
  launcher?: string;
  /** Shows what would be done, and does nothing. */
  dryRun: boolean;
}

export interface Change {
  file: string;
  changed: boolean;
  /** Nothing was left in the file, so it is gone. */
  deleted: boolean;
  /** The copy of the file as it was; undefined where there is none. */
  backup: string | undefined;
  diff: string[];
}

/** Puts the recorder into the level's file. Throws Error with the file's name and what is wrong with it. */
export function install(installation: Installation): Change {
  const recorder = recorderFor(installation);
  const launcher = installation.launcher ?? launcherFile(installation.level, installation.stateDir);
  const isWindows = installation.platform.os === "win32";
  const entry = isWindows ? windowsEntry(launcher) : posixEntry(recorder);
  return changing(installation, (file) => {
    const before = file.read();
    const after = withOurs(before, entry);
    if (installation.dryRun) return describe(file, before, after);
    if (isWindows) writeLauncher(launcher, launcherText(recorder));
    if (recorder.folder !== "") makeFolder(recorder.folder);
    if (after !== before) file.replace(before, after);
    return describe(file, before, after);
  });
}

/** Takes the recorder out of the level's file. Throws as `install` does. */
export function remove(installation: Installation): Change {
  return changing(installation, (file) => {
    const before = file.read();
    const without = before === undefined ? undefined : withoutOurs(before);
    const isOursAlone =
      without !== undefined && without !== before && isEmpty(without) && !existsSync(file.backup);
    const left = without === undefined || isOursAlone ? undefined : restored(file.readBackup(), without);
    if (!installation.dryRun) take(file, before, left);
    return describe(file, before, left);
  });
}

function take(file: HooksFile, before: string | undefined, left: string | undefined): void {
  if (left === undefined) {
    if (before !== undefined) file.remove();
    return;
  }
  if (left !== before) file.replace(before, left);
  file.forgetBackup(left);
}

function describe(file: HooksFile, before: string | undefined, after: string | undefined): Change {
  return {
    file: file.name,
    changed: before !== after,
    deleted: before !== undefined && after === undefined,
    backup: existsSync(file.backup) ? file.backup : undefined,
    diff: lineDiff(before ?? "", after ?? ""),
  };
}

function changing({ level, platform, file }: Installation, change: (file: HooksFile) => Change): Change {
  const name = file ?? hooksFile(level, platform);
  try {
    return change(new HooksFile(name));
  } catch (error) {
    if (!(error instanceof HooksFileError)) throw error;
    const next =
      "nothing was changed; put that right, or add or take out the hooks by hand (docs/cursor-hooks.md)";
    throw new Error(`${name}: ${error.message}; ${next}`, { cause: error });
  }
}

function recorderFor({ level, stateDir, node }: Installation): Recorder {
  // The managed file is everybody's: each user's recorder finds its own folder.
  const folder = level === "managed" ? "" : path.join(stateDir, HOOKS_FOLDER);
  return { node: node ?? process.execPath, recorder: RECORDER, folder };
}

function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
}

function writeLauncher(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Takes away what stood beside the hooks, once nothing starts it. */
export function removeLauncher({ level, stateDir, platform, launcher, dryRun }: Installation): void {
  if (platform.os !== "win32" || dryRun) return;
  rmSync(launcher ?? launcherFile(level, stateDir), { force: true });
}

/** Whether every user of this computer can start what a managed hook names. */
export function isForEverybody(entry: Pick<Recorder, "node" | "recorder">): boolean {
  return [entry.node, entry.recorder].every((file) => {
    const folders: string[] = [];
    for (let at = path.dirname(file); at !== path.dirname(at); at = path.dirname(at)) folders.push(at);
    return has(file, 0o004) && folders.every((folder) => has(folder, 0o001));
  });
}

function has(file: string, bit: number): boolean {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & bit) !== 0;
}

/** Whether a file can be started, or read. */
export function isThere(file: string, executable: boolean): boolean {
  try {
    accessSync(file, executable ? constants.X_OK : constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
