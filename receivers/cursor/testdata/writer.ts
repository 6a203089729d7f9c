/**
 * A program that does to a database what Cursor does, without a pause, and says what went wrong. It waits for nobody:
 * whatever lock somebody holds makes its next open or write fail.
 */
import { performance } from "node:perf_hooks";
import { closeAsEditor, type CursorStorage, openAsEditor, restoreBackup } from "#testkit/cursor/storage.ts";

const [file = "", journal = "wal", seconds = "3", ...conversations] = process.argv.slice(2);
const options = { journal: journal === "wal" ? "wal" : "rollback", headers: true, timeout: 0 } as const;
const T0 = 1_795_000_000_000;

const failures = { open: 0, restore: 0, write: 0, vacuum: 0 };
const said = { opened: 0, written: 0, put: 0, logsLeft: 0, longestMs: 0 };
let blockedSinceMs: number | undefined;
let n = 0;

function attempt(kind: keyof typeof failures, change: () => void): void {
  try {
    change();
  } catch {
    failures[kind] += 1;
  }
}

/** For how long somebody kept the log from being emptied. */
function watchReaders(storage: CursorStorage): void {
  const now = performance.now();
  if (storage.truncateLog()) {
    if (blockedSinceMs !== undefined) said.longestMs = Math.max(said.longestMs, now - blockedSinceMs);
    blockedSinceMs = undefined;
  } else blockedSinceMs ??= now;
}

/** Another message comes in piece by piece, and an older one goes. */
function write(storage: CursorStorage): void {
  n += 1;
  const id = conversations[n % conversations.length] ?? "";
  const key = `bubbleId:${id}:b${n % 500}`;
  const at = new Date(T0 + n * 1_000).toISOString();
  const bubble = { type: n % 2 === 0 ? 1 : 2, createdAt: at, text: "x".repeat(n % 3_000) };
  storage.put(key, { ...bubble, text: "" }, { how: n % 3 === 0 ? "upsert" : "replace" });
  storage.update(key, bubble);
  if (n % 7 === 0) storage.remove(`bubbleId:${id}:b${(n * 31) % 500}`);
  storage.put(`agentKv:blob:${n % 300}`, Buffer.alloc(n % 20_000, 1));
  storage.putHeader({ id, createdMs: T0, changedMs: T0 + n });
}

async function session(): Promise<void> {
  const { storage, isRetried, isRestored } = await openAsEditor(file, options);
  said.opened += 1;
  if (isRetried) failures.open += 1;
  if (isRestored) failures.restore += 1;
  for (let i = 0; i < 15; i += 1) {
    attempt("write", () => {
      if (n % 5 === 0) storage.exclusively(() => write(storage));
      else storage.transaction(() => write(storage));
      said.written += 1;
    });
    if (journal === "wal") watchReaders(storage);
  }
  if (said.opened % 5 === 0) attempt("vacuum", () => storage.vacuum());
  const isClean = closeAsEditor(storage);
  if (!isClean && journal === "wal") said.logsLeft += 1;
  // What it does when it finds its data damaged. A log that is left would be taken for that of the copy.
  if (isClean && said.opened % 2 === 0) {
    restoreBackup(file);
    said.put += 1;
  }
}

const end = performance.now() + Number(seconds) * 1_000;
while (performance.now() < end) await session();
process.stdout.write(JSON.stringify({ failures, ...said, longestMs: Math.round(said.longestMs) }));
