import path from "node:path";
import type { Home } from "#config/paths.ts";
import { HOOKS_FOLDER } from "../../../receivers/cursor/hooks/command.ts";
import { remove, removeLauncher } from "./change.ts";
import { readHooksStatus } from "./status.ts";

/** Takes the recorder out of this user's Cursor, for one who leaves. Returns what is said of it. Throws nothing. */
export function leaveCursor(platform: Home, stateDir: string): string[] {
  const said: string[] = [];
  const installation = { level: "user", platform, stateDir, dryRun: false } as const;
  try {
    const change = remove(installation);
    removeLauncher(installation);
    if (change.changed) said.push(`The recorder was taken out of ${change.file}.`);
  } catch {
    said.push(
      "The recorder may still be in Cursor's hooks: `talos cursor-hooks status` tells. It records nothing now.",
    );
  }
  const managed = readHooksStatus({ platform, stateDir }).levels.find(({ level }) => level === "managed");
  if (managed?.state === "installed" || managed?.state === "partly") {
    said.push(
      `An administrator's hooks in ${managed.file} stay: without ${path.join(stateDir, HOOKS_FOLDER)} they record nothing.`,
    );
  }
  return said;
}
