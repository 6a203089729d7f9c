import { keyId } from "../domain/keyring.ts";
import { type ApiBindings, settingsOf } from "../env.ts";
import { countOldKeys, resealContentKeys } from "../store/content-keys.ts";
import { countHashed, countSealed, namePepper, resealLetters, resealTeams } from "../store/key-rotation.ts";
import { Refusal } from "./refusal.ts";

/** What one call did, where the next goes on, and, at the end, what still depends on secrets of before. */
export interface Rotation {
  resealed: number;
  unreadable: number;
  next: string | null;
  left?: { kms: string; pepper: string; sealed: Record<string, number>; hashed: Record<string, number> };
}

/** Seals a part of everything anew under the current key: teams, the keys to texts, dead letters. May be called again and again. */
export async function rotateKeys(
  env: ApiBindings,
  cursor: string | undefined,
  nowMs: number,
): Promise<Rotation> {
  const { KMS_KEY: kms, PEPPER: pepper } = settingsOf(env);
  const [, phase, after = ""] = /^(team|content|letter):(.*)$/.exec(cursor ?? "team:0") ?? [];
  if (phase === "team" && /^\d{1,15}$/.test(after)) {
    const { next, ...done } = await resealTeams(env.DB, kms, Number(after), nowMs);
    return { ...done, next: next === undefined ? "content:" : `team:${next}` };
  }
  if (phase === "content") {
    const { next, ...done } = await resealContentKeys(
      env.CONTENT_KEYS,
      kms,
      after === "" ? undefined : after,
    );
    return { ...done, next: next === undefined ? "letter:" : `content:${next}` };
  }
  if (phase !== "letter") throw new Refusal(400, "invalid_body");
  const { next, ...done } = await resealLetters(env.DEAD_LETTERS, kms, after === "" ? undefined : after);
  if (next !== undefined) return { ...done, next: `letter:${next}` };
  await namePepper(env.DB, pepper);
  const left = {
    kms: await keyId("kms", kms.current),
    pepper: await keyId("pepper", pepper.current),
    sealed: { ...(await countSealed(env.DB, kms)), content_keys: await countOldKeys(env.CONTENT_KEYS, kms) },
    hashed: await countHashed(env.DB, pepper, nowMs),
  };
  return { ...done, next: null, left };
}
