import type { AsyncEntry } from "@napi-rs/keyring";
import type { Platform } from "#component/component.ts";

const SERVICE = "talos-auditor";
const ACCOUNT = "outbox";

/** A place for one secret string. */
export interface Keychain {
  get(signal: AbortSignal): Promise<string | null>;
  set(secret: string, signal: AbortSignal): Promise<void>;
}

/**
 * The system's keychain. On Linux it is the Secret Service or nothing: the kernel's keyring, which the library would
 * fall back to, is emptied by a reboot. Rejects where the system has none.
 */
export async function systemKeychain(os: Platform["os"]): Promise<Keychain> {
  const entry = await entryOf(os);
  return {
    get: (signal) => entry.getPassword(signal),
    set: (secret, signal) => entry.setPassword(secret, signal),
  };
}

/** True when there was a key, and it is gone. Rejects as `systemKeychain` does. */
export async function removeFromKeychain(os: Platform["os"], signal: AbortSignal): Promise<boolean> {
  return (await entryOf(os)).deleteCredential(signal);
}

async function entryOf(os: Platform["os"]): Promise<AsyncEntry> {
  const { AsyncEntry: Entry } = await import("@napi-rs/keyring");
  const options = os === "linux" ? { linux: { store: "secret-service" as const } } : {};
  return new Entry(SERVICE, ACCOUNT, options);
}
