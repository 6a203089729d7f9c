"use strict";
// Started by Cursor at the end of a turn, with what happened on its standard input. Keeps the few numbers of it that
// matter, as one line for the collector. Prints nothing: the command that starts it answers Cursor, whatever happens
// here. Plain JavaScript without dependencies, because it must be quick.
//
//   node recorder.cjs [folder [shell waiter [stalled]]]
//
// `folder`: the collector's, "" for the default one. `shell` waits for `waiter`, which is ended when all is done.
// `stalled`: after so many milliseconds without any progress it ends itself.

// Two, so that one can still be used when the other hangs. Before anything starts them.
process.env.UV_THREADPOOL_SIZE = "2";

const { lstat, read } = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { appendLine, drop, isUsable, readKey, settle } = require("./folder.cjs");
const { parse, tell } = require("./payload.cjs");

const MOST_INPUT = 1024 * 1024;
/** A line stays below 4 KiB with it. */
const MOST_CWD = 2_400;
const CHUNK = 64 * 1024;
const EMPTY_MS = 5;
/** On Windows, Cursor waits for it. */
const STALLED_MS = process.platform === "win32" ? 2_000 : 10_000;
const LOOKS = 10;
/** However busy the machine is. */
const LONGEST_MS = 300_000;
const CLOSE_BRACE = 125;

const [, , folderGiven = "", shell = "", waiter = "", stalled = ""] = process.argv;
const lookMs = (Number(stalled) || STALLED_MS) / LOOKS;
/** @type {ReturnType<typeof setInterval> | undefined} */
let watchdog;

async function main() {
  const folder = folderGiven || defaultFolder();
  progress();
  if (!(await isUsable(folder))) return;
  const payload = await readPayload(() => {
    progress();
    drop(folder, "malformed").then(end, end);
  });
  progress();
  if (payload === undefined) {
    await drop(folder, "malformed");
    return;
  }
  const nowMs = Date.now();
  const told = tell(payload, { env: process.env, nowMs });
  if (told.kind !== "event") {
    await drop(folder, told.kind);
    return;
  }
  const { event } = told;
  const transcriptBytes = await sizeOf(told.transcript);
  progress();
  const cwd = await sealed(told.cwd, folder);
  progress();
  await appendLine(folder, JSON.stringify({ ...event, transcriptBytes, cwd }), nowMs);
}

/**
 * What is on standard input, once it is whole: not everybody closes it.
 * @param {() => void} onStall
 * @returns {Promise<Record<string, unknown> | undefined>}
 */
async function readPayload(onStall) {
  /** @type {Buffer[]} */
  let chunks = [];
  let size = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const length = await readSome(chunk);
    progress(onStall);
    if (length === 0) return parse(Buffer.concat(chunks).toString("utf8"));
    size += length;
    // What is too long is read to its end, so that Cursor can write it, and forgotten.
    chunks = size > MOST_INPUT ? [] : [...chunks, chunk.subarray(0, length)];
    const payload = endsObject(chunks) ? parse(Buffer.concat(chunks).toString("utf8")) : undefined;
    if (payload !== undefined) return payload;
  }
}

/** @param {readonly Buffer[]} chunks */
function endsObject(chunks) {
  const last = chunks.at(-1);
  let at = (last?.length ?? 0) - 1;
  while (at >= 0 && (last?.[at] ?? 0) <= 32) at -= 1;
  return last?.[at] === CLOSE_BRACE;
}

/**
 * @param {Buffer} chunk
 * @returns {Promise<number>} 0 at the end.
 */
async function readSome(chunk) {
  for (;;) {
    try {
      return await settle(read, 0, chunk, 0, chunk.length, null);
    } catch (error) {
      // Of a pipe on Windows.
      if (error.code === "EOF") return 0;
      if (error.code !== "EAGAIN") throw error;
      await new Promise((resolve) => {
        setTimeout(resolve, EMPTY_MS);
      });
    }
  }
}

/**
 * Bytes of a transcript of Cursor's. Nothing else is looked at, whatever the payload names.
 * @param {unknown} file
 * @returns {Promise<number | undefined>}
 */
async function sizeOf(file) {
  if (typeof file !== "string" || !path.isAbsolute(file)) return undefined;
  const moved = process.env.CURSOR_CONFIG_DIR ?? "";
  const homes = [path.join(os.homedir(), ".cursor"), ...(moved === "" ? [] : [path.resolve(moved)])];
  const isCursors = homes.some((home) => path.resolve(file).startsWith(home + path.sep));
  if (!isCursors) return undefined;
  const found = await settle(lstat, file).catch(() => undefined);
  return found?.isFile() === true ? found.size : undefined;
}

/**
 * @param {unknown} cwd
 * @param {string} folder
 * @returns {Promise<string | undefined>} Undefined where there is no key to seal it to.
 */
async function sealed(cwd, folder) {
  if (typeof cwd !== "string" || cwd === "" || Buffer.byteLength(cwd) > MOST_CWD) return undefined;
  const key = await readKey(folder);
  if (key === undefined) return undefined;
  try {
    // Only now, because it takes a fifth of the time.
    return require("./seal.cjs").seal(cwd, key);
  } catch {
    return undefined;
  }
}

/** `<state folder>/cursor-hooks`, as the collector has it where nothing else is configured. */
function defaultFolder() {
  const home = os.homedir();
  const { env, platform } = process;
  const state =
    platform === "darwin"
      ? path.join(home, "Library/Application Support")
      : platform === "win32"
        ? (env.LOCALAPPDATA ?? path.join(home, "AppData", "Local"))
        : (env.XDG_STATE_HOME ?? path.join(home, ".local/state"));
  return path.join(state, "talos-auditor", "cursor-hooks");
}

/**
 * Only looks that come in time count: on a machine that is busy, whatever is waited for is late, too.
 * @param {() => void} onStall
 */
function progress(onStall = end) {
  clearInterval(watchdog);
  const begunMs = performance.now();
  let lookedMs = begunMs;
  let looks = 0;
  watchdog = setInterval(() => {
    const nowMs = performance.now();
    if (nowMs - lookedMs < 1.5 * lookMs) looks += 1;
    lookedMs = nowMs;
    if (looks < LOOKS && nowMs - begunMs < LONGEST_MS) return;
    clearInterval(watchdog);
    onStall();
  }, lookMs);
}

/** Not `process.exit`, which waits for threads that may hang. */
function end() {
  // A process that is not a child of that shell any more must not end anything: the number may be another's by now.
  if (waiter !== "" && process.ppid === Number(shell)) {
    try {
      process.kill(Number(waiter), "SIGTERM");
    } catch {
      // It has ended by itself.
    }
  }
  process.kill(process.pid, "SIGKILL");
}

main().then(end, end);
