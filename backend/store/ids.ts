import { toHex } from "../domain/crypto.ts";

export type IdPrefix = "tm" | "dev" | "agt" | "mem" | "inv" | "ent" | "grp" | "key";

/** 96 random bits: an id that is seen tells nothing of another, and none can be guessed. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${toHex(crypto.getRandomValues(new Uint8Array(12)))}`;
}
