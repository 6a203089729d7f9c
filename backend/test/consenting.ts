import { type EnrolAnswer, type NonceAnswer, signedBytes } from "#proto/agent-api.ts";
import type { Mode } from "#proto/egress.ts";
import { contractHash } from "../domain/consent.ts";
import { toBase64Url } from "../domain/crypto.ts";
import { enrol, signIn } from "./client.ts";
import { ask, asAgent, enrolled, newToken } from "./machine.ts";

const DAY_MS = 86_400_000;

/** A machine of a new developer of the team, whose mode is set to this one and accepted. */
export async function consentingMachine(
  mode: Mode,
  { team = "Acme", ...more }: { team?: string } & Record<string, unknown> = {},
): Promise<EnrolAnswer> {
  await enrol({ team });
  const cookie = await signIn({ team, viewer: "Owner", role: "owner" });
  const set = await ask(cookie, "PUT /api/team/mode", { mode, confirm: mode });
  if (set.status !== 204) throw new Error(`the mode was answered with ${set.status}`);
  const pair = (await crypto.subtle.generateKey({ name: "Ed25519" }, true, [
    "sign",
    "verify",
  ])) as CryptoKeyPair;
  const raw = new Uint8Array((await crypto.subtle.exportKey("raw", pair.publicKey)) as ArrayBuffer);
  const machine = await enrolled((await newToken(cookie)).token, { publicKey: toBase64Url(raw), ...more });
  await accept(machine, mode, pair.privateKey);
  return machine;
}

async function accept(machine: EnrolAnswer, mode: Mode, key: CryptoKey): Promise<void> {
  const asked = await asAgent(machine.agentToken, "POST /v1/agent/consent/nonce");
  const { nonce } = await asked.json<NonceAnswer>();
  const consent = {
    team: machine.team.id,
    agent: machine.agent,
    developer: machine.developer.id,
    mode,
    by: "developer",
    retentionDays: 90,
    contract: await contractHash(mode),
    acceptedAt: Date.now(),
    expiresAt: Date.now() + 30 * DAY_MS,
    nonce,
  };
  const payload = Uint8Array.from(new TextEncoder().encode(JSON.stringify(consent)));
  const signature = await crypto.subtle.sign(
    { name: "Ed25519" },
    key,
    signedBytes("talos-consent-1", payload),
  );
  const body = { payload: toBase64Url(payload), signature: toBase64Url(new Uint8Array(signature)) };
  const { status } = await asAgent(machine.agentToken, "POST /v1/agent/consent", body);
  if (status !== 204) throw new Error(`the acceptance was answered with ${status}`);
}
