import { existsSync } from "node:fs";
import path from "node:path";
import { readMasterKey } from "#state/key-source.ts";
import { LedgerCipher } from "../../ledger/cipher.ts";
import { LedgerFolder, MEMORY_FOLDER } from "../../ledger/folder.ts";
import { type OpenLedger, openLedger } from "../../ledger/open.ts";
import { ControlClient } from "../../service/control-client.ts";
import { createLogger } from "../../service/logger.ts";
import type { Plan } from "../../service/plan.ts";
import { systemPlatform } from "../../service/system.ts";

/** The ledger cannot be read. The message is whole and ends in what to do. */
export class NoLedgerError extends Error {
  override readonly name = "NoLedgerError";
}

/** Beside a running collector or without one; makes and changes nothing. Rejects with NoLedgerError or StateError. */
export async function openForReading({ stateDir, service }: Plan): Promise<OpenLedger> {
  const platform = systemPlatform();
  const log = createLogger({ level: "error", format: "text", write: () => {}, now: Date.now });
  const key = { source: service.outbox.key_source, dir: stateDir, platform, log };
  const masterKey = await readMasterKey(key);
  const kept = masterKey && openLedger({ stateDir, masterKey });
  if (kept !== undefined) return kept;
  const inMemory = await openInMemory(stateDir);
  if (inMemory !== undefined) return inMemory;
  throw new NoLedgerError(whyNot(stateDir, service.ledger.enabled, masterKey === undefined));
}

function whyNot(stateDir: string, isEnabled: boolean, hasNoKey: boolean): string {
  const isThere = existsSync(path.join(stateDir, "ledger", "key"));
  if (isThere && hasNoKey) {
    return "the outbox key that opens the ledger is not there: unlock the keychain, or put back outbox.key, and try again";
  }
  if (!isEnabled) return "the ledger is switched off: set service.ledger.enabled to true";
  return "there is no ledger yet: it begins with the first request of a collector. Start one with `talos run`";
}

/** The ledger whose key only a running collector has. Undefined where there is none. Rejects with NoLedgerError. */
export async function openInMemory(stateDir: string): Promise<OpenLedger | undefined> {
  const folder = new LedgerFolder(path.join(stateDir, MEMORY_FOLDER));
  return folder.exists ? { folder, cipher: await askedFor(stateDir) } : undefined;
}

/** Its key is in the memory of the collector, which tells it to its own user. */
async function askedFor(stateDir: string): Promise<LedgerCipher> {
  const ended =
    "the key of this ledger was in the memory of a collector that has ended: it cannot be opened any more. " +
    "Set service.outbox.key_source to keychain or file, and the next one can";
  let client: ControlClient;
  try {
    client = await ControlClient.connect(stateDir, systemPlatform().os);
  } catch (error) {
    throw new NoLedgerError(ended, { cause: error });
  }
  try {
    const { ledger } = await client.ask("ledger");
    const cipher = ledger === undefined ? undefined : LedgerCipher.parse(ledger);
    if (cipher === undefined) {
      throw new NoLedgerError("nothing has left this computer since the collector started: look again later");
    }
    return cipher;
  } finally {
    client.close();
  }
}
