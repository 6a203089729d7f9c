import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { removeFromKeychain } from "#state/keychain.ts";
import { acquireLock, readLock } from "#state/lock.ts";
import { EnrolmentError } from "../enrolment/failure.ts";
import type { EnrolmentFolder } from "../enrolment/folder.ts";
import { systemClock, systemPlatform } from "../service/system.ts";

const STOP_MS = 30_000;
const LOOK_MS = 200;
const KEYCHAIN_MS = 5_000;

/** What the collector keeps in its state folder. Anything else there is somebody else's. */
const STATE = /^(state\.(db|reserve)|outbox\.key|control\.sock|watching|backfill|ledger|cursor-hooks)\b/;
/** Goes last: it keeps another collector from starting meanwhile. */
const LOCK = /^lock\.db\b/;
/** The first, else a new enrolment would read what was written while this one held; what was accepted was for this team. */
const DECIDED: readonly [RegExp, string][] = [
  [/^first-start\.json$/, "the moment of the first start"],
  [/^consent\.(json|lock)\b/, "what was accepted on this machine"],
];

/** Asks the collector of a state folder to stop, and waits for it. False when none runs. Throws EnrolmentError. */
export async function stopCollector(stateDir: string): Promise<boolean> {
  const { held, owner } = readLock(stateDir);
  if (!held) return false;
  const who = owner === undefined ? "the collector" : `the collector (process ${owner.pid})`;
  if (owner === undefined || !asked(owner.pid)) {
    throw new EnrolmentError(`${who} that runs cannot be stopped from here: stop it, then try again`);
  }
  const deadline = performance.now() + STOP_MS;
  while (readLock(stateDir).held) {
    if (performance.now() > deadline) {
      throw new EnrolmentError(`${who} does not stop: end it, then try again; nothing is erased yet`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return true;
}

function asked(pid: number): boolean {
  try {
    return process.kill(pid, "SIGTERM");
  } catch {
    return false;
  }
}

export interface Erasing {
  folder: EnrolmentFolder;
  stateDir: string;
  configDir: string;
  /** The outbox key is in the system's keychain. */
  hasKeychainKey: boolean;
}

/** Erases what the collector keeps here: the enrolment last, so that what is interrupted can be done again. */
export async function eraseAll({ folder, stateDir, configDir, hasKeychainKey }: Erasing): Promise<string[]> {
  const erased: string[] = [];
  if (existsSync(stateDir)) {
    const lock = acquireLock(stateDir, { pid: process.pid, startedAtMs: systemClock.now() });
    try {
      const gone = eraseIn(stateDir, STATE);
      if (gone > 0) erased.push(`state and outbox in ${stateDir} (${gone} files)`);
    } finally {
      lock.release();
    }
    eraseIn(stateDir, LOCK);
  }
  if (hasKeychainKey) erased.push(await keychainNote());
  for (const dir of new Set([configDir, path.dirname(folder.dir)].filter((each) => existsSync(each))))
    for (const [which, what] of DECIDED) if (eraseIn(dir, which) > 0) erased.push(`${what} in ${dir}`);
  if (existsSync(folder.dir)) erased.push(`token, salt, machine key and configuration in ${folder.dir}`);
  folder.remove();
  return erased;
}

function eraseIn(dir: string, which: RegExp): number {
  const names = readdirSync(dir).filter((name) => which.test(name));
  for (const name of names) rmSync(path.join(dir, name), { recursive: true, force: true });
  return names.length;
}

async function keychainNote(): Promise<string> {
  try {
    const removed = await removeFromKeychain(systemPlatform().os, AbortSignal.timeout(KEYCHAIN_MS));
    return removed ? "the outbox key in the keychain" : "nothing in the keychain: the outbox key was gone";
  } catch {
    return "not the outbox key: the keychain does not answer. It opens nothing any more; its name is talos-auditor";
  }
}
