import { createHash, createPrivateKey, sign } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { type Consent, type SignedConsent, signedBytes } from "#proto/agent-api.ts";
import { contractBytes } from "#proto/contract-text.ts";
import { MODES, type Mode } from "#proto/egress.ts";
import { secureFolder } from "#state/database.ts";
import { writePrivate } from "#state/private-file.ts";

const FILE = "consent.json";

const Stored = z.strictObject({
  mode: z.enum(MODES),
  by: z.enum(["developer", "managed"]),
  /** Public ids; "" on a machine that belongs to no team. */
  team: z.string(),
  agent: z.string(),
  retention_days: z.int().nonnegative(),
  contract: z.string(),
  /** Milliseconds since the Unix epoch, UTC. */
  accepted_at: z.int(),
  expires_at: z.int(),
});
/** What the developer accepted on this machine. */
export type Acceptance = z.output<typeof Stored>;

export function consentFile(configDir: string): string {
  return path.join(configDir, FILE);
}

/** Undefined where nothing was accepted. What cannot be read accepts nothing. */
export function readAcceptance(configDir: string): Acceptance | undefined {
  try {
    return Stored.parse(JSON.parse(readFileSync(consentFile(configDir), "utf8")));
  } catch {
    return undefined;
  }
}

export function writeAcceptance(configDir: string, acceptance: Acceptance): void {
  secureFolder(configDir);
  writePrivate(consentFile(configDir), `${JSON.stringify(acceptance)}\n`);
}

export function removeAcceptance(configDir: string): void {
  rmSync(consentFile(configDir), { force: true });
}

const hashes = new Map<Mode, string>();

/** SHA-256 of all that the mode lets out, 64 hex digits. */
export function contractHash(mode: Mode): string {
  const hash = hashes.get(mode) ?? createHash("sha256").update(contractBytes(mode)).digest("hex");
  hashes.set(mode, hash);
  return hash;
}

/** True where the developer took back what managed policy accepts. */
export function isDeclined({ mode, by }: Acceptance): boolean {
  return mode === "off" && by === "developer";
}

/** Why an acceptance does not hold now; undefined when it does. */
export type Void = "expired" | "other_team" | "longer_retention" | "other_contract" | "not_yet";

export interface Circumstances {
  /** "" both on a machine that belongs to no team. */
  team: string;
  agent: string;
  retentionDays: number;
  nowMs: number;
}

export function voidBecause(acceptance: Acceptance, now: Circumstances): Void | undefined {
  if (acceptance.team !== now.team || acceptance.agent !== now.agent) return "other_team";
  // Who declined is not asked again, and no policy accepts in their place.
  if (isDeclined(acceptance)) return undefined;
  if (acceptance.expires_at <= now.nowMs) return "expired";
  // A clock that was set back must not make an old acceptance live longer.
  if (acceptance.accepted_at > now.nowMs + 86_400_000) return "not_yet";
  if (isLonger(now.retentionDays, acceptance.retention_days)) return "longer_retention";
  return acceptance.contract === contractHash(acceptance.mode) ? undefined : "other_contract";
}

/** 0 is for ever. */
function isLonger(days: number, than: number): boolean {
  if (days === 0 || than === 0) return days === 0 && than !== 0;
  return days > than;
}

/** As the server is sent it. `privateKey` is PEM. */
export function signConsent(consent: Consent, privateKey: string): SignedConsent {
  const payload = Buffer.from(JSON.stringify(consent));
  const signature = sign(null, signedBytes("talos-consent-1", payload), createPrivateKey(privateKey));
  return { payload: payload.toString("base64url"), signature: signature.toString("base64url") };
}
