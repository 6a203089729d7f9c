import type { Logger, Platform } from "#component/component.ts";
import type { KeySource } from "./types.ts";

export interface MasterKey {
  /** 32 bytes. */
  key: Uint8Array;
  source: KeySource;
  /** One sentence for `talos status`; empty when all is as asked. */
  note: string;
}

/** A place for one secret string. */
export interface Keychain {
  get(signal: AbortSignal): Promise<string | null>;
  set(secret: string, signal: AbortSignal): Promise<void>;
}

export interface KeyOptions {
  /** `auto` and `keychain` use the keychain, and memory where there is none. */
  source: KeySource | "auto";
  dir: string;
  platform: Platform;
  log: Logger;
  /** The system's own by default. */
  keychain?: Keychain;
  /** How long the keychain may take; 5 s by default. */
  timeoutMs?: number;
}

/** The outbox's master key, made at first use. Call it while holding the folder's lock. */
export async function loadMasterKey(_options: KeyOptions): Promise<MasterKey> {
  throw new Error("not implemented");
}
