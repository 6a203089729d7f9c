import * as z from "zod";
import { type Consent, type SignedConsent, signedBytes } from "#proto/agent-api.ts";
import { contractBytes } from "#proto/contract-text.ts";
import { MODES, type Mode, strictest } from "#proto/egress.ts";
import { fromBase64Url, toHex } from "./crypto.ts";

const DAY_MS = 86_400_000;
/** No acceptance lasts longer: then the developer is asked again. */
const LONGEST_MS = 400 * DAY_MS;
const SKEW_MS = 10 * 60_000;

const Payload = z.strictObject({
  team: z.string(),
  agent: z.string(),
  developer: z.string(),
  mode: z.enum(MODES),
  by: z.enum(["developer", "managed"]),
  retentionDays: z.int().nonnegative(),
  contract: z.string().regex(/^[0-9a-f]{64}$/),
  acceptedAt: z.int().positive(),
  expiresAt: z.int().positive(),
  nonce: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
}) satisfies z.ZodType<Consent>;

/** Whose acceptance it must be, and what the team offers now. */
export interface Offered {
  team: string;
  agent: string;
  developer: string;
  /** The loosest mode of the team. */
  mode: Mode;
  retentionDays: number;
  /** Ed25519, 32 bytes; empty for a machine that was enrolled without one. */
  publicKey: Uint8Array<ArrayBuffer>;
}

/** The acceptance, when it is this machine's own, of what is offered now. Whether its nonce is unused is not seen here. */
export async function readConsent(
  signed: SignedConsent,
  offered: Offered,
  nowMs: number,
): Promise<Consent | undefined> {
  const payload = fromBase64Url(signed.payload);
  const signature = fromBase64Url(signed.signature);
  if (offered.publicKey.length !== 32) return undefined;
  if (!(await isSigned(offered.publicKey, payload, signature))) return undefined;
  const consent = parse(payload);
  if (consent === undefined) return undefined;
  const isOurs =
    consent.team === offered.team &&
    consent.agent === offered.agent &&
    consent.developer === offered.developer;
  const isOffered =
    !isLooser(consent.mode, offered.mode) &&
    consent.retentionDays === offered.retentionDays &&
    consent.contract === (await contractHash(consent.mode));
  const isTimely =
    Math.abs(consent.acceptedAt - nowMs) <= SKEW_MS &&
    consent.expiresAt > nowMs &&
    consent.expiresAt <= consent.acceptedAt + LONGEST_MS;
  // A policy may accept for its users what keeps the text on the machine.
  const mayAccept = consent.by === "developer" || !isLooser(consent.mode, "categorize_local");
  return isOurs && isOffered && isTimely && mayAccept ? consent : undefined;
}

async function isSigned(
  publicKey: Uint8Array<ArrayBuffer>,
  payload: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, signedBytes("talos-consent-1", payload));
}

function parse(payload: Uint8Array): Consent | undefined {
  try {
    return Payload.parse(JSON.parse(new TextDecoder().decode(payload)));
  } catch {
    return undefined;
  }
}

/** SHA-256 of all that the mode lets out, 64 hex digits. */
export async function contractHash(mode: Mode): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", contractBytes(mode))));
}

/** What is in force of an acceptance. */
export interface HeldConsent {
  mode: Mode;
  retentionDays: number;
  contract: string;
  /** Milliseconds since the Unix epoch, UTC. */
  expiresAt: number;
}

/** The loosest mode that is taken from a machine: what the team allows and this developer accepted, as it was shown. */
export async function permittedMode(
  team: { mode: Mode; retentionDays: number },
  held: HeldConsent | undefined,
  nowMs: number,
): Promise<Mode> {
  if (team.mode === "off" || held === undefined || held.expiresAt <= nowMs) return "off";
  if (isLonger(team.retentionDays, held.retentionDays)) return "off";
  if (held.contract !== (await contractHash(held.mode))) return "off";
  return strictest(team.mode, held.mode);
}

function isLooser(mode: Mode, than: Mode): boolean {
  return MODES.indexOf(mode) > MODES.indexOf(than);
}

/** 0 is for ever. */
function isLonger(days: number, than: number): boolean {
  if (days === 0 || than === 0) return days === 0 && than !== 0;
  return days > than;
}
