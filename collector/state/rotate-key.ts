import { randomBytes } from "node:crypto";
import type { Clock } from "#component/component.ts";
import { type KeyOptions, loadMasterKey, storeMasterKey } from "./key-source.ts";
import { acquireLock } from "./lock.ts";
import { StateStore } from "./store.ts";

export interface RotateOptions extends KeyOptions {
  exporters: string[];
  clock: Pick<Clock, "now">;
  pid: number;
  /** What else the key seals: made to open under each of the keys. `known` opens it. */
  rewrap?(known: Uint8Array, keys: readonly Uint8Array[]): void;
}

/**
 * Gives the outbox a new key and seals everything that waits under it. Crash-safe at every moment. Throws `LockedError`
 * while a collector runs. Returns how many batches were sealed anew, or undefined where the key is in memory only.
 */
export async function rotateKey(options: RotateOptions): Promise<number | undefined> {
  const { dir, exporters, clock, log, pid } = options;
  const lock = acquireLock(dir, { pid, startedAtMs: clock.now() });
  try {
    const { key: masterKey, source } = await loadMasterKey(options);
    if (source === "memory") return undefined;
    const store = StateStore.open({ dir, exporters, masterKey, keySource: source, clock, log });
    try {
      await endRotation(store, { ...options, source });
      const key = randomBytes(32);
      const batches = store.reseal(key);
      options.rewrap?.(masterKey, [masterKey, key]);
      await storeMasterKey({ ...options, source }, key);
      store.keyStored();
      options.rewrap?.(key, [key]);
      return batches;
    } finally {
      store.close();
    }
  } finally {
    lock.release();
  }
}

/** Completes a rotation that was cut off. When the key's place refuses, the next start tries again. */
export async function endRotation(store: StateStore, place: KeyOptions): Promise<void> {
  if (store.rotatedKey !== undefined) {
    try {
      await storeMasterKey(place, store.rotatedKey);
    } catch {
      place.log.warn("the rotated outbox key could not be stored, trying again at the next start");
      return;
    }
  }
  store.keyStored();
}
