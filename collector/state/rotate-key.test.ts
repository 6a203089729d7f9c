import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadMasterKey, storeMasterKey } from "./key-source.ts";
import type { Keychain } from "./keychain.ts";
import { acquireLock, LockedError } from "./lock.ts";
import { endRotation, rotateKey } from "./rotate-key.ts";
import type { StateStore } from "./store.ts";
import { commitOf, FILE, Folder, record, TALOS } from "./testing.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

const place = (over: object = {}) => ({
  source: "file" as const,
  dir: folder.dir,
  platform: folder.settings.platform,
  log: folder.settings.log,
  exporters: [TALOS, FILE],
  clock: folder.settings.clock,
  pid: 1,
  ...over,
});

const ALL = { maxBytes: 1e9, maxBatches: 1e4 };
const textsOf = (store: StateStore) =>
  [TALOS, FILE]
    .flatMap((id) => store.take(id, ALL))
    .map(({ plaintext }) => Buffer.from(plaintext).toString());

async function open(): Promise<StateStore> {
  const { key } = await loadMasterKey(place());
  return folder.open({ masterKey: key });
}

/** A queue of three batches for each of two destinations, one of them parked. */
async function fill(): Promise<string[]> {
  const store = await open();
  for (const name of ["r1", "r2", "r3"]) store.commit(commitOf(store, [record(name)]));
  const texts = textsOf(store);
  store.park(FILE, [store.take(FILE, ALL)[0]?.id ?? 0], "POST answered 400");
  store.close();
  return texts;
}

/** What waits, as the next start finds it. */
async function found(): Promise<string[]> {
  const store = await open();
  await endRotation(store, place());
  store.unpark(FILE);
  const texts = textsOf(store).toSorted();
  expect(store.balance()).toMatchObject({ balanced: true, destinations: [{ purged: 0 }, { purged: 0 }] });
  store.close();
  const again = await open();
  expect(again.rotatedKey).toBeUndefined();
  expect(folder.settings.lines).toEqual([]);
  return texts;
}

it("seals everything that waits, parked batches too, under a new key", async () => {
  const texts = await fill();
  const before = (await loadMasterKey(place())).key;
  expect(await rotateKey(place())).toBe(6);
  expect((await loadMasterKey(place())).key).not.toEqual(before);
  expect(await found()).toEqual(texts.toSorted());
});

it("is complete after a crash between the database and the key's place", async () => {
  const texts = await fill();
  const store = await open();
  store.reseal(randomBytes(32));
  store.close();
  expect(await found()).toEqual(texts.toSorted());
});

it("is complete after a crash before the last step", async () => {
  const texts = await fill();
  const store = await open();
  const key = randomBytes(32);
  store.reseal(key);
  await storeMasterKey(place(), key);
  store.close();
  expect(await found()).toEqual(texts.toSorted());
});

it("leaves nothing that the key before could open, in no file", async () => {
  await fill();
  const sealed = (await open()).take(TALOS, ALL).length;
  expect(sealed).toBe(3);
  for (const store of folder.opened) store.close();
  const before = (await loadMasterKey(place())).key;
  await rotateKey(place());
  const old = folder.open({ masterKey: before });
  expect(old.rotatedKey).toBeUndefined();
  expect(old.take(TALOS, ALL)).toEqual([]);
  const { key } = await loadMasterKey(place());
  const files = readdirSync(folder.dir).filter((name) => name !== "outbox.key");
  const holds = files.filter((name) => readFileSync(join(folder.dir, name)).includes(Buffer.from(key)));
  expect(holds).toEqual([]);
});

it("goes on with the key before when the keychain refuses the new one, and completes later", async () => {
  let stored: string | null = null;
  let refuses = false;
  const keychain: Keychain = {
    get: async () => stored,
    set: async (secret) => {
      if (!refuses) stored = secret;
    },
  };
  const chain = place({ source: "keychain", keychain });
  const store = folder.open({ masterKey: (await loadMasterKey(chain)).key });
  store.commit(commitOf(store, [record("r1")]));
  store.close();
  refuses = true;
  await expect(rotateKey(chain)).rejects.toThrow("the keychain did not keep the new key");
  const next = folder.open({ masterKey: (await loadMasterKey(chain)).key });
  expect(next.take(TALOS, ALL)).toHaveLength(1);
  await endRotation(next, chain);
  expect(folder.settings.lines).toMatchObject([{ level: "warn" }]);
  next.close();
  refuses = false;
  const last = folder.open({ masterKey: (await loadMasterKey(chain)).key });
  await endRotation(last, chain);
  last.close();
  expect(folder.open({ masterKey: (await loadMasterKey(chain)).key }).take(TALOS, ALL)).toHaveLength(1);
});

it("does nothing where the key is in memory, and refuses while a collector runs", async () => {
  expect(await rotateKey(place({ source: "memory" }))).toBeUndefined();
  const lock = acquireLock(folder.dir, { pid: 7, startedAtMs: 0 });
  await expect(rotateKey(place())).rejects.toThrow(LockedError);
  lock.release();
});
