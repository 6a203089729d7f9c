import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Logger, Platform } from "#component/component.ts";
import { secureFolder } from "./database.ts";
import { StateError, stateError } from "./errors.ts";
import { type Keychain, systemKeychain } from "./keychain.ts";
import { createPrivateFile, writePrivate } from "./private-file.ts";
import type { KeySource } from "./types.ts";

const KEY_BYTES = 32;
const KEY_TEXT = /^[A-Za-z0-9+/]{43}=$/;
const KEY_FILE = "outbox.key";
const TIMEOUT_MS = 5_000;

export interface MasterKey {
  /** 32 bytes. */
  key: Uint8Array;
  source: KeySource;
  /** One sentence for `talos status`; empty when all is as asked. */
  note: string;
}

export interface KeyOptions {
  /** `auto` and `keychain` use the keychain, and memory where there is none. */
  source: KeySource | "auto";
  /** The state folder, which holds a key file. */
  dir: string;
  platform: Platform;
  log: Logger;
  /** The system's own by default. */
  keychain?: Keychain;
  /** How long the keychain may take; 5 s by default. */
  timeoutMs?: number;
}

/** The outbox's master key, made at first use. Call it while holding the folder's lock. The key is never logged. */
export async function loadMasterKey(options: KeyOptions): Promise<MasterKey> {
  if (options.source === "file") return { key: fileKey(options), source: "file", note: "" };
  if (options.source === "memory") return { key: randomBytes(KEY_BYTES), source: "memory", note: "" };
  const key = await keychainKey(options);
  if (key !== undefined) return { key, source: "keychain", note: "" };
  const note = "no keychain answered: the key is in memory, and what is queued is read again after a restart";
  options.log.warn(note);
  return { key: randomBytes(KEY_BYTES), source: "memory", note };
}

/**
 * The key that is kept in its place, for a process that only looks. Makes none: undefined where there is none, the
 * keychain does not answer, or the key is in the memory of the collector alone.
 */
export async function readMasterKey(options: KeyOptions): Promise<Uint8Array | undefined> {
  if (options.source === "memory") return undefined;
  if (options.source === "file")
    return existsSync(join(options.dir, KEY_FILE)) ? fileKey(options) : undefined;
  const signal = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  try {
    const keychain = options.keychain ?? (await systemKeychain(options.platform.os));
    const stored = await Promise.race([keychain.get(signal), late(signal)]);
    return typeof stored === "string" && KEY_TEXT.test(stored) ? Buffer.from(stored, "base64") : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the key in its place, in one step. Rejects when the place does not keep it. A key in memory has none. */
export async function storeMasterKey(options: KeyOptions, key: Uint8Array): Promise<void> {
  const text = Buffer.from(key).toString("base64");
  if (options.source === "memory") return;
  if (options.source === "file") {
    writePrivate(join(options.dir, KEY_FILE), `${text}\n`);
    return;
  }
  const signal = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  const keychain = options.keychain ?? (await systemKeychain(options.platform.os));
  await Promise.race([keychain.set(text, signal), late(signal)]);
  if ((await Promise.race([keychain.get(signal), late(signal)])) !== text) {
    throw new StateError("io", "the keychain did not keep the new key");
  }
}

/** Undefined when the keychain does not answer in time, refuses, or does not keep what it is given. */
async function keychainKey({
  keychain,
  platform,
  timeoutMs,
  log,
}: KeyOptions): Promise<Uint8Array | undefined> {
  const signal = AbortSignal.timeout(timeoutMs ?? TIMEOUT_MS);
  try {
    return await Promise.race([
      storedKey(keychain ?? (await systemKeychain(platform.os)), log, signal),
      late(signal),
    ]);
  } catch {
    return undefined;
  }
}

async function storedKey(
  keychain: Keychain,
  log: Logger,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const stored = await keychain.get(signal);
  if (stored !== null && KEY_TEXT.test(stored)) return Buffer.from(stored, "base64");
  if (stored !== null) log.warn("the key in the keychain is damaged and is replaced");
  const made = randomBytes(KEY_BYTES).toString("base64");
  await keychain.set(made, signal);
  return (await keychain.get(signal)) === made ? Buffer.from(made, "base64") : undefined;
}

function late(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

function fileKey({ dir, platform }: KeyOptions): Uint8Array {
  const path = join(dir, KEY_FILE);
  try {
    secureFolder(dir);
    if (!existsSync(path)) createPrivateFile(path, `${randomBytes(KEY_BYTES).toString("base64")}\n`);
    if (platform.os !== "win32" && (statSync(path).mode & 0o077) !== 0) {
      throw new StateError(
        "invalid",
        `${KEY_FILE} can be read by others: chmod 600 it, or delete it for a new key`,
      );
    }
    const text = readFileSync(path, "utf8").trim();
    if (KEY_TEXT.test(text)) return Buffer.from(text, "base64");
    throw new StateError(
      "invalid",
      `${KEY_FILE} does not hold a key of 32 bytes in base64: delete it for a new key`,
    );
  } catch (error) {
    throw stateError(error, KEY_FILE);
  }
}
