"use strict";
// The folder that the recorder writes to and the collector reads and empties. Nothing in it is followed or created
// but plain files, whatever somebody put in their place.

const { lstat, open, readdir, fstat, read, write, close, constants } = require("node:fs");
const path = require("node:path");

const SEGMENT = /^\d{4}-\d{2}-\d{2}\.jsonl$/;
/** What may wait for the collector. */
const MOST_BYTES = 32 * 1024 * 1024;
/** One byte of it is one that was dropped. */
const MOST_DROPS = 64 * 1024;
const NO_SPACE = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const NEWLINE = 10;
/** Longer than the kernel takes for a line, between its pages. */
const WRITING_MS = 20;
// Windows knows neither. Without O_NONBLOCK, opening a pipe would wait for somebody at its other end.
const PLAIN = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | PLAIN;

/** @typedef {"full" | "foreign" | "malformed"} Reason */

/**
 * Asynchronous calls alone: one that hangs in the disk must not keep the recorder from giving up.
 * @param {Function} call
 * @param {unknown[]} args
 * @returns {Promise<any>}
 */
function settle(call, ...args) {
  return new Promise((resolve, reject) => {
    call(...args, (/** @type {Error | null} */ error, /** @type {unknown} */ value) =>
      error === null ? resolve(value) : reject(error),
    );
  });
}

/**
 * Only a folder of this user, and no link to one: what is sealed there is for their collector.
 * @param {string} folder
 */
async function isUsable(folder) {
  const found = await settle(lstat, folder).catch(() => undefined);
  return found?.isDirectory() === true && (process.getuid === undefined || found.uid === process.getuid());
}

/**
 * Appends one line whole, or counts it as dropped. Resolves to whether it was appended.
 * @param {string} folder
 * @param {string} line
 * @param {number} nowMs
 */
async function appendLine(folder, line, nowMs) {
  if ((await waitingBytes(folder)) >= MOST_BYTES) return drop(folder, "full");
  const segment = path.join(folder, `${new Date(nowMs).toISOString().slice(0, 10)}.jsonl`);
  const isWhole = await withFile(segment, APPEND, async (file, size) => {
    // What a full disk cut off must not spoil this line, too.
    const isTorn = size > 0 && (await isCutOff(file, size));
    const bytes = Buffer.from(`${isTorn ? "\n" : ""}${line}\n`);
    return (await settle(write, file, bytes, 0, bytes.length, null)) === bytes.length;
  }).catch((error) => {
    if (NO_SPACE.has(error.code)) return false;
    throw error;
  });
  return isWhole || drop(folder, "full");
}

/**
 * @param {string} folder
 * @param {Reason} reason
 */
async function drop(folder, reason) {
  await withFile(path.join(folder, `dropped-${reason}`), APPEND, async (file, size) => {
    if (size < MOST_DROPS) await settle(write, file, Buffer.from("."), 0, 1, null);
  });
  return false;
}

/**
 * The collector's key, once it has run.
 * @param {string} folder
 * @returns {Promise<string | undefined>}
 */
async function readKey(folder) {
  const bytes = Buffer.alloc(64);
  const length = await withFile(path.join(folder, "key.pub"), constants.O_RDONLY | PLAIN, (file) =>
    settle(read, file, bytes, 0, bytes.length, 0),
  ).catch(() => 0);
  const key = bytes.toString("latin1", 0, length).trim();
  return /^[A-Za-z0-9_-]{43}$/.test(key) ? key : undefined;
}

/** @param {string} folder */
async function waitingBytes(folder) {
  let sum = 0;
  for (const name of await settle(readdir, folder)) {
    if (SEGMENT.test(name))
      sum += (await settle(lstat, path.join(folder, name)).catch(() => undefined))?.size ?? 0;
  }
  return sum;
}

/**
 * @template T
 * @param {string} name
 * @param {number} flags
 * @param {(file: number, size: number) => Promise<T>} use
 * @returns {Promise<T>}
 */
async function withFile(name, flags, use) {
  const file = await settle(open, name, flags, 0o600);
  try {
    const found = await settle(fstat, file);
    if (!found.isFile()) throw new Error("not a plain file");
    return await use(file, found.size);
  } finally {
    await settle(close, file);
  }
}

/**
 * Whether the last line has no end, and nobody is writing it just now.
 * @param {number} file
 * @param {number} size
 */
async function isCutOff(file, size) {
  const byte = Buffer.alloc(1);
  await settle(read, file, byte, 0, 1, size - 1);
  if (byte[0] === NEWLINE) return false;
  await new Promise((resolve) => {
    setTimeout(resolve, WRITING_MS);
  });
  return (await settle(fstat, file)).size === size;
}

module.exports = { appendLine, drop, isUsable, readKey, settle };
