import { chmodSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeyOptions } from "./key-source.ts";
import { loadMasterKey } from "./key-source.ts";
import type { Keychain } from "./keychain.ts";
import { Folder } from "./testing.ts";

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.dispose());

function load(over: Partial<KeyOptions>) {
  const { log, platform } = folder.settings;
  return loadMasterKey({ source: "auto", dir: folder.dir, platform, log, timeoutMs: 50, ...over });
}

class FakeKeychain implements Keychain {
  stored: string | null = null;
  async get(): Promise<string | null> {
    return this.stored;
  }
  async set(secret: string): Promise<void> {
    this.stored = secret;
  }
}

const never = new Promise<never>(() => {});

describe("the keychain", () => {
  it.each(["auto", "keychain"] as const)("keeps the key from one run to the next (%s)", async (source) => {
    const keychain = new FakeKeychain();
    const first = await load({ source, keychain });
    expect(first).toMatchObject({ source: "keychain", note: "" });
    expect(first.key).toHaveLength(32);
    expect(keychain.stored).toBe(Buffer.from(first.key).toString("base64"));
    expect(await load({ source, keychain })).toEqual(first);
    expect(folder.settings.lines).toEqual([]);
  });

  it.each<{ name: string; keychain: Keychain }>([
    { name: "does not answer", keychain: { get: () => never, set: () => never } },
    {
      name: "refuses to read",
      keychain: { get: () => Promise.reject(new Error("/home/me locked")), set: () => never },
    },
    {
      name: "refuses to write",
      keychain: { get: () => Promise.resolve(null), set: () => Promise.reject(new Error("locked")) },
    },
    { name: "keeps nothing", keychain: { get: () => Promise.resolve(null), set: () => Promise.resolve() } },
    { name: "hangs while writing", keychain: { get: () => Promise.resolve(null), set: () => never } },
  ])("that $name leaves a random key in memory and one warning", async ({ keychain }) => {
    const first = await load({ keychain });
    const second = await load({ keychain });
    expect(first.source).toBe("memory");
    expect(first.note).not.toBe("");
    expect(first.key).not.toEqual(second.key);
    expect(folder.settings.lines.map(({ level }) => level)).toEqual(["warn", "warn"]);
    expect(folder.settings.said()).not.toContain("/home/me");
    expect(readdirSync(folder.dir)).toEqual([]);
  });

  it("that holds something else gets a new key", async () => {
    const keychain = new FakeKeychain();
    keychain.stored = "not a key";
    expect(await load({ keychain })).toMatchObject({ source: "keychain" });
    expect(keychain.stored).toHaveLength(44);
  });
});

it("takes a random key in memory where asked to, without a warning", async () => {
  const first = await load({ source: "memory" });
  expect(first).toMatchObject({ source: "memory", note: "" });
  expect(await load({ source: "memory" })).not.toEqual(first);
  expect(folder.settings.lines).toEqual([]);
});

describe("the key file", () => {
  const path = () => join(folder.dir, "outbox.key");

  it("is made once, for its owner only", async () => {
    const first = await load({ source: "file" });
    expect(first).toMatchObject({ source: "file" });
    expect(await load({ source: "file" })).toEqual(first);
    expect(readdirSync(folder.dir)).toEqual(["outbox.key"]);
    expect(statSync(path()).mode & 0o077 & (process.platform === "win32" ? 0 : 0o777)).toBe(0);
  });

  it.skipIf(process.platform === "win32").each([0o640, 0o604, 0o620])(
    "is refused when others can use it (%o)",
    async (mode) => {
      await load({ source: "file" });
      chmodSync(path(), mode);
      await expect(load({ source: "file" })).rejects.toThrow(/chmod 600/);
    },
  );

  it.each(["", "AAAA", Buffer.alloc(31).toString("base64"), Buffer.alloc(33).toString("base64")])(
    "is refused when it holds %j",
    async (text) => {
      writeFileSync(path(), text, { mode: 0o600 });
      await expect(load({ source: "file" })).rejects.toThrow(/32 bytes/);
    },
  );
});
