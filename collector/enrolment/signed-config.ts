import { createPublicKey, verify } from "node:crypto";
import * as z from "zod";
import { type AgentConfig, type SignedConfig, signedBytes } from "#proto/agent-api.ts";
import { MODES } from "#proto/egress.ts";
import { bytesOf } from "./bytes.ts";
import { sha256 } from "./machine-key.ts";

/** Longest life of a configuration. */
const LONGEST_LIFE_MS = 7 * 86_400_000;
/** How far this computer's clock may be off. */
export const CLOCK_SKEW_MS = 10 * 60_000;
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** A newer server may say more; what is not understood here changes nothing. */
export const SignedConfigShape = z.object({
  payload: z.string().max(16_384),
  signature: z.string().max(200),
  key: z.string().max(200),
}) satisfies z.ZodType<SignedConfig>;

const Moment = z.int().nonnegative();
const AgentConfigShape = z.object({
  team: z.string().max(100),
  agent: z.string().max(100),
  version: z.int().positive(),
  issuedAt: Moment,
  expiresAt: Moment,
  mode: z.enum(MODES),
  retentionDays: z.int().nonnegative(),
  salt: z.object({ policy: z.enum(["server", "managed"]), id: z.string().regex(/^([0-9a-f]{16})?$/) }),
  features: z.object({ projects: z.boolean(), activity: z.boolean() }),
}) satisfies z.ZodType<AgentConfig>;

/** What a configuration must be for, or it is somebody else's. */
export interface Expected {
  /** SHA-256 of the team's verifying key, pinned by the enrolment token. */
  fingerprint: Uint8Array;
  team: string;
  agent: string;
  nowMs: number;
}

/** Why a configuration changes nothing. Constants of ours: they are logged. */
export type ConfigRefusal =
  | "not_the_pinned_key"
  | "wrong_signature"
  | "malformed"
  | "of_another_machine"
  | "expired"
  | "from_the_future"
  | "lives_too_long"
  | "older_version"
  | "same_version_other_content"
  | "older_issue";

export type Verified = { config: AgentConfig } | { refusal: ConfigRefusal };

/** Who signed it and what it says; whether it is still good is `checkTime`'s. */
export function verifyConfig(signed: SignedConfig, expected: Omit<Expected, "nowMs">): Verified {
  const key = bytesOf(signed.key, KEY_BYTES);
  if (key === undefined || !sha256(key).equals(expected.fingerprint))
    return { refusal: "not_the_pinned_key" };
  const signature = bytesOf(signed.signature, SIGNATURE_BYTES);
  const payload = bytesOf(signed.payload);
  if (signature === undefined || payload === undefined || !isSigned(payload, signed.key, signature)) {
    return { refusal: "wrong_signature" };
  }
  const parsed = AgentConfigShape.safeParse(json(payload));
  if (!parsed.success) return { refusal: "malformed" };
  const config = parsed.data;
  if (config.team !== expected.team || config.agent !== expected.agent) {
    return { refusal: "of_another_machine" };
  }
  return { config };
}

/** Undefined when it is good now, give or take the clock's error. */
export function checkTime({ issuedAt, expiresAt }: AgentConfig, nowMs: number): ConfigRefusal | undefined {
  if (expiresAt <= issuedAt || expiresAt - issuedAt > LONGEST_LIFE_MS) return "lives_too_long";
  if (issuedAt > nowMs + CLOCK_SKEW_MS) return "from_the_future";
  return isExpired(expiresAt, nowMs) ? "expired" : undefined;
}

function isExpired(expiresAtMs: number, nowMs: number): boolean {
  return nowMs > expiresAtMs + CLOCK_SKEW_MS;
}

/** What a version stands for: the same for each of the team's machines, each time that it is issued. */
export function contentOf({ team, version, mode, retentionDays, salt, features }: AgentConfig): string {
  const { policy, id } = salt;
  const { projects, activity } = features;
  const content = [team, version, mode, retentionDays, policy, id, projects, activity];
  return sha256(Buffer.from(JSON.stringify(content))).toString("hex");
}

function isSigned(payload: Uint8Array, key: string, signature: Uint8Array): boolean {
  try {
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key }, format: "jwk" });
    return verify(null, signedBytes("talos-config-1", payload), publicKey, signature);
  } catch {
    return false;
  }
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
