/**
 * What a machine's ledger and the team's backend say to each other in headers, so that either can be held to it: the
 * machine names the head of its ledger, the backend signs that it got this body under that head.
 */
import { fromHex, toHex } from "./hex.ts";

/** With a request: `<nonce>.<head>`, 32 bytes each as 64 hex digits. */
export const LEDGER_HEADER = "talos-ledger";
/** With a 2xx answer: `<payload>.<signature>.<key>`, base64url. Signed under the purpose `talos-receipt-1`. */
export const RECEIPT_HEADER = "talos-receipt";

export const LEDGER_VALUE: RegExp = /^([0-9a-f]{64})\.([0-9a-f]{64})$/;

/** The payload, as JSON. */
export interface Receipt {
  /** Public id of the machine whose token was sent. */
  agent: string;
  /** SHA-256(nonce ‖ body as it was after inflating), hex. Without `talos-ledger` the nonce is empty. */
  digest: string;
  /** The head that `talos-ledger` named, hex; "" without one. */
  head: string;
  /** Milliseconds since the Unix epoch, UTC. */
  at: number;
}

/** What a request says of its sender's ledger. */
export interface LedgerMark {
  nonce: Uint8Array<ArrayBuffer>;
  head: string;
}

/** Anything but a mark is none. */
export function readLedgerMark(value: string | null | undefined): LedgerMark {
  const [, nonce = "", head = ""] = LEDGER_VALUE.exec(value ?? "") ?? [];
  return { nonce: fromHex(nonce), head };
}

export function writeLedgerMark(nonce: Uint8Array, head: string): string {
  return `${toHex(nonce)}.${head}`;
}
