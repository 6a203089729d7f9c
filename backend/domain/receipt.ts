import { signedBytes } from "#proto/agent-api.ts";
import { type LedgerMark, type Receipt } from "#proto/receipt.ts";
import { toBase64Url, toHex } from "./crypto.ts";

/** A team's key, ready to sign. */
export interface Signer {
  privateKey: CryptoKey;
  /** Ed25519, 32 bytes. */
  publicKey: Uint8Array<ArrayBuffer>;
}

/** What the body was, under which head of the sender's ledger, and when: the value of the header `talos-receipt`. */
export async function writeReceipt(
  { privateKey, publicKey }: Signer,
  { nonce, head }: LedgerMark,
  received: { agent: string; body: Uint8Array; nowMs: number },
): Promise<string> {
  const { agent, body, nowMs: at } = received;
  const marked = new Uint8Array(nonce.length + body.length);
  marked.set(nonce);
  marked.set(body, nonce.length);
  const digest = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", marked)));
  const receipt: Receipt = { agent, digest, head, at };
  const payload = Uint8Array.from(new TextEncoder().encode(JSON.stringify(receipt)));
  const bytes = signedBytes("talos-receipt-1", payload);
  const signature = new Uint8Array(await crypto.subtle.sign({ name: "Ed25519" }, privateKey, bytes));
  return [payload, signature, publicKey].map(toBase64Url).join(".");
}
