/**
 * A program that does to a database what Cursor does, without a pause, and says what went wrong. It waits for nobody:
 * whatever lock somebody holds makes its next open or write fail.
 */
import { performance } from "node:perf_hooks";
import { CursorStorage } from "#testkit/cursor/storage.ts";

const [file = "", journal = "wal", seconds = "3", conversation = ""] = process.argv.slice(2);
const options = { journal: journal === "wal" ? "wal" : "rollback", headers: true, timeout: 0 } as const;

const failures = { open: 0, write: 0, vacuum: 0 };
let opened = 0;
let written = 0;
let blockedSinceMs: number | undefined;
let longestMs = 0;

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
    if (blockedSinceMs !== undefined) longestMs = Math.max(longestMs, now - blockedSinceMs);
    blockedSinceMs = undefined;
  } else blockedSinceMs ??= now;
}

const end = performance.now() + Number(seconds) * 1_000;
let n = 0;
while (performance.now() < end) {
  let storage: CursorStorage | undefined;
  attempt("open", () => {
    storage = new CursorStorage(file, options);
    opened += 1;
  });
  if (storage === undefined) continue;
  const own = storage;
  for (let i = 0; i < 40; i += 1) {
    n += 1;
    const key = `bubbleId:${conversation}:b${n % 500}`;
    const at = new Date(1_795_000_000_000 + n * 1_000).toISOString();
    const bubble = { type: n % 2 === 0 ? 1 : 2, createdAt: at, text: "x".repeat(n % 3_000) };
    attempt("write", () => {
      const change = () => {
        own.put(key, bubble, { how: n % 3 === 0 ? "upsert" : "replace" });
        if (n % 7 === 0) own.remove(`bubbleId:${conversation}:b${(n * 31) % 500}`);
        own.putHeader({ id: conversation, createdMs: 1_795_000_000_000, changedMs: 1_795_000_000_000 + n });
      };
      if (n % 5 === 0) own.exclusively(change);
      else own.transaction(change);
      written += 1;
    });
    if (journal === "wal") watchReaders(own);
  }
  if (n % 400 === 0) attempt("vacuum", () => own.vacuum());
  own.close();
}
process.stdout.write(JSON.stringify({ failures, opened, written, longestMs: Math.round(longestMs) }));
