import { mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";

const FILE = "watching";
const RECENT_MS = 5_000;

/** Says to a collector that runs in `dir` that somebody looks: it sends every second for a while. */
export function markWatching(dir: string, nowMs: number): void {
  const file = path.join(dir, FILE);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeFileSync(file, "", { mode: 0o600 });
  utimesSync(file, nowMs / 1_000, nowMs / 1_000);
}

export function watchedRecently(dir: string, nowMs: number): boolean {
  const stats = statSync(path.join(dir, FILE), { throwIfNoEntry: false });
  return stats !== undefined && Math.abs(nowMs - stats.mtimeMs) < RECENT_MS;
}
