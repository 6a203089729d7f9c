/**
 * A program that watches another one's locks until its input ends, and says for how long one was held at most. It looks
 * as often as it can; where it was itself made to wait between two looks, nothing is concluded from them.
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";

const [pid = ""] = process.argv.slice(2);
/** Shorter than the pause between two reads, so that two are never taken for one. */
const BLIND_MS = 3;

interface Hold {
  sinceMs: number;
  untilMs: number;
  /** So long the process had waited for a processor by then. */
  waitedMs: number;
}

const said = { looks: 0, seen: 0, blindMs: 0, exclusive: 0, longestMs: 0, longestOwnMs: 0 };
const holds = new Map<string, Hold>();
const buffer = Buffer.alloc(1024 * 1024);
const locks = openSync("/proc/locks", "r");
const state = { isDone: false };
process.stdin.on("end", () => void (state.isDone = true)).resume();

/** Kind and file of each lock that the process holds. */
function held(): { kind: string; file: string }[] {
  let length = 0;
  for (let more = -1; more !== 0; length += more) {
    more = readSync(locks, buffer, length, buffer.length - length, length);
  }
  const lines = buffer.toString("latin1", 0, length).split("\n");
  return lines.flatMap((line) => {
    const [, , , kind = "", owner, file = ""] = line.split(/\s+/);
    return owner === pid ? [{ kind, file }] : [];
  });
}

function waited(): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "latin1").split(" ")[1]) / 1e6;
  } catch {
    return 0;
  }
}

/** The system tells of a wait once it is over. */
function ended({ sinceMs, untilMs, waitedMs }: Hold): void {
  const ms = untilMs - sinceMs;
  said.longestMs = Math.max(said.longestMs, ms);
  if (ms > said.longestOwnMs) said.longestOwnMs = Math.max(said.longestOwnMs, ms - (waited() - waitedMs));
}

let beforeMs = performance.now();
while (!state.isDone) {
  const mine = held();
  const now = performance.now();
  said.looks += 1;
  if (now - beforeMs > BLIND_MS) {
    said.blindMs += now - beforeMs;
    holds.clear();
  }
  beforeMs = now;
  const files = new Set(mine.map(({ file }) => file));
  for (const [file, hold] of holds) {
    if (files.has(file)) continue;
    holds.delete(file);
    ended(hold);
  }
  for (const file of files) {
    const hold = holds.get(file) ?? { sinceMs: now, untilMs: now, waitedMs: waited() };
    hold.untilMs = now;
    holds.set(file, hold);
  }
  if (files.size > 0) said.seen += 1;
  said.exclusive += mine.filter(({ kind }) => kind === "WRITE").length;
  if (said.looks % 50 === 0) await new Promise(setImmediate);
}
closeSync(locks);
process.stdout.write(JSON.stringify(said));
