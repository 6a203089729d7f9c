/**
 * What a machine and the team's backend say to each other besides records. Both sides check what they are sent with
 * schemas of their own; these are the shapes they agree on. Bytes are base64url without padding, moments are
 * milliseconds since the Unix epoch, UTC.
 */
import type { Mode } from "./attribute-rule.ts";

/**
 * `tep_` (one person) or `teb_` (many machines), then three parts joined by dots: the secret, 32 bytes; the SHA-256 of the
 * team's verifying key, 32 bytes, by which the machine knows the team's signatures; and, in a token for many, the team's
 * grouping key, 32 bytes, which the server is not sent.
 */
export interface EnrolmentToken {
  kind: "person" | "bulk";
  /** What the server is sent: the prefix and the secret. */
  secret: string;
  fingerprint: Uint8Array;
  groupingKey: Uint8Array | undefined;
}

/** POST /v1/enroll, without authentication: the token is it. */
export interface EnrolRequest {
  token: string;
  /** Ed25519, 32 bytes: signs what the developer accepts on this machine. */
  publicKey: string;
  /** HMAC-SHA-256(grouping key, login), 64 hex digits: with a token for many, one person's machines are one developer. */
  grouping?: string;
  /** Of the collector. */
  version: string;
}

export interface EnrolAnswer {
  /** Shown once. */
  agentToken: string;
  /** Public ids. */
  agent: string;
  team: { id: string; name: string };
  developer: { id: string; label: string };
  /** 32 bytes. Absent where the team's salt comes by managed policy: then the server never has it. */
  salt?: string;
  config: SignedConfig;
}

/** GET /v1/agent/config, with an ETag. The bytes that were signed, so that nothing depends on how JSON is written. */
export interface SignedConfig {
  /** JSON of an AgentConfig, base64url. */
  payload: string;
  /** Ed25519 over `talos-config-1`, a zero byte and the payload's bytes. */
  signature: string;
  /** Ed25519, 32 bytes; its SHA-256 is the token's fingerprint. */
  key: string;
}

export interface AgentConfig {
  team: string;
  agent: string;
  /** Never smaller than one that was seen before, also when the database was restored. */
  version: number;
  issuedAt: number;
  /** At most seven days after `issuedAt`. Afterwards no text is read or sent until a fresh one comes. */
  expiresAt: number;
  /** The loosest mode that the team allows. */
  mode: Mode;
  /** Of content and categories, in days; 0 keeps them for ever. */
  retentionDays: number;
  salt: {
    policy: "server" | "managed";
    /** First 16 hex digits of SHA-256 over the salt; "" when managed. */ id: string;
  };
  features: { projects: boolean; activity: boolean };
}

/** POST /v1/agent/status, each few minutes and when something changes. Answered with 204. */
export interface AgentStatus {
  version: string;
  policySource: PolicySource;
  /** In force on this machine. */
  mode: Mode;
  /** Names that the managed policy gives; absent from versions that know of none. */
  groups?: string[];
  /** By the names of `AGENT_COUNTERS`, since the agent was enrolled. */
  counters: Partial<Record<AgentCounter, number>>;
}

/** Who set the mode that is in force. */
export const POLICY_SOURCES = ["default", "user", "managed", "server", "consent"] as const;
export type PolicySource = (typeof POLICY_SOURCES)[number];

export const AGENT_COUNTERS = [
  "read",
  "accepted",
  "dropped",
  "acknowledged",
  "rejected",
  "parked",
  "queued",
] as const;
export type AgentCounter = (typeof AGENT_COUNTERS)[number];

/** POST /v1/agent/token: a new token; the old one lives until the new one is first used, and at most a day. */
export interface RotateAnswer {
  agentToken: string;
}

/** POST /v1/agent/unenroll. Answered with 204; the token is worth nothing then. */
export interface UnenrolRequest {
  /**
   * Asks for the erasure of this developer's data. Answered with 409 while a machine of the same person that was
   * enrolled earlier is still enrolled: then nothing has ended, and that machine can ask.
   */
  erase: boolean;
}

/** POST /v1/agent/consent/nonce: a number that the next acceptance must hold, within ten minutes. */
export interface NonceAnswer {
  nonce: string;
}

/** POST /v1/agent/consent, answered with 204; POST /v1/agent/consent/withdraw takes it back, without a body. */
export interface SignedConsent {
  /** JSON of a Consent. */
  payload: string;
  /** Ed25519 by the machine's key over `talos-consent-1`, a zero byte and the payload's bytes. */
  signature: string;
}

export interface Consent {
  /** Public ids. */
  team: string;
  agent: string;
  developer: string;
  /** What is accepted: every mode up to it. */
  mode: Mode;
  /** `managed`: a policy accepted for its users, which it may up to `categorize_local`. */
  by: "developer" | "managed";
  /** The team's when it was shown: a longer one voids the acceptance. */
  retentionDays: number;
  /** `contractHash` of the mode: what leaves, as it was shown. */
  contract: string;
  acceptedAt: number;
  expiresAt: number;
  /** From the server. */
  nonce: string;
}

/**
 * POST /v1/agent/link, without a body: a code by which the machine's user shows it on their own account page. POST
 * /v1/agent/unlink, answered with 204, ends that for all machines of this person.
 */
export interface LinkAnswer {
  /** Works once. A later one of the same machine voids it. */
  code: string;
  expiresAt: number;
  /** Address of the account page, without the code. */
  page: string;
  /** Some member's account page shows a machine of this person already. */
  linked: boolean;
}

/** What is signed: the purpose, so that no signature serves for another, and the bytes. */
export function signedBytes(
  purpose: "talos-config-1" | "talos-consent-1" | "talos-audit-export-1" | "talos-receipt-1",
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const prefix = new TextEncoder().encode(`${purpose}\0`);
  const bytes = new Uint8Array(prefix.length + payload.length);
  bytes.set(prefix);
  bytes.set(payload, prefix.length);
  return bytes;
}
