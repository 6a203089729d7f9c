import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { pid, platform } from "node:process";

/** Makes a file that only its owner can read, in one step: after a crash there is all of it or none. */
export function writePrivate(path: string, text: string | Uint8Array): void {
  const draft = writeDraft(path, text);
  renameSync(draft, path);
  syncFolder(dirname(path));
}

/** The same, and throws EEXIST when the file is there. */
export function createPrivateFile(path: string, text: string | Uint8Array): void {
  const draft = writeDraft(path, text);
  try {
    linkSync(draft, path);
  } finally {
    rmSync(draft);
  }
  syncFolder(dirname(path));
}

function writeDraft(path: string, text: string | Uint8Array): string {
  const draft = `${path}.${pid}.tmp`;
  rmSync(draft, { force: true });
  const file = openSync(draft, "wx", 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return draft;
}

/** Makes the name durable. Windows has no such call and needs none. */
export function syncFolder(dir: string): void {
  if (platform === "win32") return;
  const folder = openSync(dir, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
