import { existsSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import type { Logger } from "#component/component.ts";
import { createPrivateFile, syncFolder, writePrivate } from "#state/private-file.ts";
import { secureFolder } from "#state/database.ts";
import { StateError } from "#state/errors.ts";
import type { KeySource } from "#state/types.ts";
import { LedgerCipher } from "./cipher.ts";
import { LEDGER_FOLDER, LedgerFolder, MEMORY_FOLDER } from "./folder.ts";

export interface Place {
  /** The state folder. */
  stateDir: string;
  masterKey: Uint8Array;
  keySource: KeySource;
  /** No rotation of the key is under way: what opens under the key before is closed to it. */
  isSettled: boolean;
}

export interface OpenLedger {
  folder: LedgerFolder;
  cipher: LedgerCipher;
}

/** The ledger of a state folder, made where there is none. Only the collector, which holds the folder's lock, may. */
export function openOwnLedger(place: Place, nowMs: number, log: Logger): OpenLedger {
  const { stateDir, masterKey, keySource, isSettled } = place;
  secureFolder(stateDir);
  const isKept = keySource !== "memory";
  const folder = new LedgerFolder(path.join(stateDir, isKept ? LEDGER_FOLDER : MEMORY_FOLDER));
  const known = folder.cipher(masterKey);
  if (known !== undefined) {
    if (isSettled && folder.keys > 1) writePrivate(folder.keyFile, known.wrap([masterKey]));
    return { folder, cipher: known };
  }
  if (folder.exists) setAside(folder, nowMs, log);
  return begin(folder, masterKey);
}

function begin(folder: LedgerFolder, masterKey: Uint8Array): OpenLedger {
  secureFolder(folder.dir);
  const cipher = LedgerCipher.make();
  createPrivateFile(folder.keyFile, cipher.wrap([masterKey]));
  return { folder, cipher };
}

/** At a start: nobody can open a ledger any more whose key was in the memory of a run before. */
export function forgetMemoryLedger(stateDir: string, log: Logger): void {
  const dir = path.join(stateDir, MEMORY_FOLDER);
  if (!existsSync(dir)) return;
  try {
    rmSync(dir, { recursive: true });
  } catch {
    return;
  }
  log.warn("the ledger of the run before is gone: its key was in memory; a keychain or a key file keeps it");
}

/** The key that sealed it is not there any more. It may come back, so nothing is deleted. */
function setAside({ dir }: LedgerFolder, nowMs: number, log: Logger): void {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const target = `${dir}.unopened-${stamp}`;
  renameSync(dir, target);
  syncFolder(path.dirname(dir));
  log.warn("the ledger cannot be opened with this outbox key and is set aside; a new one begins", {
    file: path.basename(target),
  });
}

/** The ledger of a state folder, for a process beside the collector. Undefined when there is none. Throws StateError. */
export function openLedger({
  stateDir,
  masterKey,
}: Pick<Place, "stateDir" | "masterKey">): OpenLedger | undefined {
  const folder = new LedgerFolder(path.join(stateDir, LEDGER_FOLDER));
  if (!folder.exists) return undefined;
  const cipher = folder.cipher(masterKey);
  if (cipher === undefined) throw new StateError("corrupt", "ledger: it does not open with the outbox key");
  return { folder, cipher };
}

/** The same for a process that appends; one is begun where there is none. Throws StateError. */
export function openLedgerBeside(place: Pick<Place, "stateDir" | "masterKey">): OpenLedger {
  const { stateDir, masterKey } = place;
  const known = openLedger(place);
  if (known !== undefined) return known;
  secureFolder(stateDir);
  return begin(new LedgerFolder(path.join(stateDir, LEDGER_FOLDER)), masterKey);
}

/**
 * While the outbox key is rotated the ledger opens under both, so that no crash closes it. Without a ledger, or where it
 * opens under none, nothing happens.
 */
export function rewrapLedger(stateDir: string, known: Uint8Array, masterKeys: readonly Uint8Array[]): void {
  const folder = new LedgerFolder(path.join(stateDir, LEDGER_FOLDER));
  const cipher = folder.exists ? folder.cipher(known) : undefined;
  if (cipher !== undefined) writePrivate(folder.keyFile, cipher.wrap(masterKeys));
}
