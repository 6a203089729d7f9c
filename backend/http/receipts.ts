import { readLedgerMark, LEDGER_HEADER, RECEIPT_HEADER } from "#proto/receipt.ts";
import type { Keyring } from "../domain/keyring.ts";
import { type Signer, writeReceipt } from "../domain/receipt.ts";
import { teamSigningKey } from "../store/signing.ts";
import { logFailure } from "./failure.ts";

/** How long a team's key stays in memory. */
const KEEP_MS = 10 * 60_000;
const MOST_KEYS = 1_000;

/** By the public key, so that no request costs a query for it: whose key it is was read with the token. */
const signers = new Map<string, { signer: Promise<Signer>; untilMs: number }>();

/** Whom the receipt is for. */
interface Receiver {
  /** The database's own number. */
  team: number;
  /** Public id of the machine. */
  id: string;
  /** The team's public key, hex; "" before it has one. */
  verifyingKey?: string;
}

/**
 * The header that proves to a machine what the backend got from it. Empty when it could not be made: what was received
 * is received all the same.
 */
export async function receiptFor(
  { db, kms, nowMs }: { db: D1Database; kms: Keyring; nowMs: number },
  receiver: Receiver,
  headers: Headers,
  body: Uint8Array,
): Promise<Record<string, string>> {
  try {
    const signer = await signerOf(db, kms, receiver, nowMs);
    const mark = readLedgerMark(headers.get(LEDGER_HEADER));
    return { [RECEIPT_HEADER]: await writeReceipt(signer, mark, { agent: receiver.id, body, nowMs }) };
  } catch (error) {
    logFailure("a receipt was not made", error);
    return {};
  }
}

async function signerOf(
  db: D1Database,
  kms: Keyring,
  { team, verifyingKey = "" }: Receiver,
  nowMs: number,
): Promise<Signer> {
  const known = signers.get(verifyingKey);
  if (known !== undefined && known.untilMs > nowMs) return known.signer;
  const signer = readSigner(db, kms, team);
  if (verifyingKey === "") return signer;
  if (signers.size >= MOST_KEYS) signers.clear();
  signers.set(verifyingKey, { signer, untilMs: nowMs + KEEP_MS });
  signer.catch(() => signers.delete(verifyingKey));
  return signer;
}

async function readSigner(db: D1Database, kms: Keyring, team: number): Promise<Signer> {
  const { privateKey, publicKey } = await teamSigningKey(db, team, kms);
  const algorithm = { name: "Ed25519" };
  return {
    privateKey: await crypto.subtle.importKey("pkcs8", privateKey, algorithm, false, ["sign"]),
    publicKey,
  };
}
