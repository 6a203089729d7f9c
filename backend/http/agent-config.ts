import type { SignedConfig } from "#proto/agent-api.ts";
import { toHex } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import { configTag, signConfig } from "../domain/signing.ts";
import { teamSigningKey } from "../store/signing.ts";
import type { TeamSettings } from "../store/team-settings.ts";
import { teamSalt } from "../store/teams.ts";

/** Hex digits of the salt's digest. */
const SALT_ID = 16;

/** What machines of the team obey, for one of them. */
export async function agentConfig(
  db: D1Database,
  { team, agent, settings }: { team: number; agent: string; settings: TeamSettings },
  kms: Keyring,
  nowMs: number,
): Promise<SignedConfig> {
  const { publicId, configVersion: version, mode, retentionDays, saltPolicy: policy, features } = settings;
  const id = policy === "managed" ? "" : await saltId(await teamSalt(db, team, kms));
  return signConfig(
    await teamSigningKey(db, team, kms),
    { team: publicId, agent, version, mode, retentionDays, salt: { policy, id }, features },
    nowMs,
  );
}

async function saltId(salt: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", Uint8Array.from(salt));
  return toHex(new Uint8Array(digest)).slice(0, SALT_ID);
}

export function tagOf(settings: TeamSettings, agent: string, nowMs: number): string {
  return configTag({ version: settings.configVersion, agent }, nowMs);
}
