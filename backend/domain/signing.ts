import { type AgentConfig, type SignedConfig, signedBytes } from "#proto/agent-api.ts";
import { toBase64Url } from "./crypto.ts";

const DAY_MS = 86_400_000;
/** Afterwards a machine reads and sends no text until it has a fresh configuration. */
const CONFIG_MS = 7 * DAY_MS;

/** Ed25519, by which a team's machines know what comes from their team. */
export interface SigningKey {
  /** PKCS #8. */
  privateKey: Uint8Array<ArrayBuffer>;
  /** 32 bytes. */
  publicKey: Uint8Array<ArrayBuffer>;
}

export async function newSigningKey(): Promise<SigningKey> {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("Ed25519 gave no key pair");
  const [privateKey, publicKey] = await Promise.all([
    crypto.subtle.exportKey("pkcs8", pair.privateKey),
    crypto.subtle.exportKey("raw", pair.publicKey),
  ]);
  if (!(privateKey instanceof ArrayBuffer) || !(publicKey instanceof ArrayBuffer)) {
    throw new Error("Ed25519 keys were not exported as bytes");
  }
  return { privateKey: new Uint8Array(privateKey), publicKey: new Uint8Array(publicKey) };
}

/** What a machine pins when it is enrolled. */
export async function fingerprintOf(publicKey: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey));
}

/** Issued now, and good for a week. */
export async function signConfig(
  key: SigningKey,
  config: Omit<AgentConfig, "issuedAt" | "expiresAt">,
  nowMs: number,
): Promise<SignedConfig> {
  const issued: AgentConfig = { ...config, issuedAt: nowMs, expiresAt: nowMs + CONFIG_MS };
  const payload = Uint8Array.from(new TextEncoder().encode(JSON.stringify(issued)));
  const signer = await crypto.subtle.importKey("pkcs8", key.privateKey, { name: "Ed25519" }, false, ["sign"]);
  const signature = await crypto.subtle.sign(
    { name: "Ed25519" },
    signer,
    signedBytes("talos-config-1", payload),
  );
  return {
    payload: toBase64Url(payload),
    signature: toBase64Url(new Uint8Array(signature)),
    key: toBase64Url(key.publicKey),
  };
}

/**
 * Names what a machine has, so that it is sent nothing again. Changes with each day too: a configuration that a machine
 * keeps by it is never older than a day, so that none expires while the server is asked.
 */
export function configTag(config: { version: number; agent: string }, nowMs: number): string {
  return `"${config.agent}.${config.version}.${Math.floor(nowMs / DAY_MS)}"`;
}
