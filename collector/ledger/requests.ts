import { type Answered, type Sent } from "./entry.ts";
import { type Kept, type LedgerReader, type Problem } from "./reader.ts";
import { checkReceipt, type ReceiptFlaw } from "./receipt.ts";

/** `signed`: the backend has it, by a signature that was checked. `unpinned`: by a key that this machine had not pinned. */
export type ReceiptState = "signed" | "unpinned" | "none" | "wrong";

/** A request and what came of it. */
export interface LedgerRequest {
  n: number;
  sent: Sent;
  hash: string;
  /** Undefined where nobody knows: the collector ended, or it is under way. */
  answered: Answered | undefined;
  receipt: ReceiptState;
  nonce: Uint8Array;
  body: Uint8Array | undefined;
}

export interface LedgerRead {
  requests: LedgerRequest[];
  /** Requests that could not be kept. */
  missed: number;
  entries: number;
  first: number;
  last: number;
  /** Hash of the last entry. */
  head: string;
  problems: Problem[];
}

interface Wanted {
  /** Bodies take memory. */
  bodies: (n: number) => boolean;
  /** Instead of what was pinned at the time. */
  fingerprint?: string | undefined;
  /** Sees each entry as it is read. */
  each?: (kept: Kept) => void;
}

/** Reads and checks everything. */
export function readLedger(reader: LedgerReader, { bodies, fingerprint, each }: Wanted): LedgerRead {
  const requests = new Map<number, LedgerRequest>();
  const read: LedgerRead = { requests: [], missed: 0, entries: 0, first: 0, last: 0, head: "", problems: [] };
  for (const step of reader.read()) {
    if ("problem" in step) {
      read.problems.push(step.problem);
      continue;
    }
    const { kept } = step;
    each?.(kept);
    const { n, entry, hash } = kept;
    if (read.entries === 0) read.first = n;
    Object.assign(read, { entries: read.entries + 1, last: n, head: hash });
    if (entry.kind === "missed") read.missed += entry.requests;
    else if (entry.kind === "sent") requests.set(n, requestOf(kept, entry, bodies(n)));
    else answer(requests.get(entry.of), entry, fingerprint, read.problems);
  }
  read.requests = [...requests.values()];
  return read;
}

function requestOf({ n, hash, nonce, body }: Kept, sent: Sent, isWanted: boolean): LedgerRequest {
  return { n, sent, hash, nonce, body: isWanted ? body : undefined, answered: undefined, receipt: "none" };
}

/** The request may have been deleted for its age, before its answer. */
function answer(
  request: LedgerRequest | undefined,
  answered: Answered,
  fingerprint: string | undefined,
  problems: Problem[],
): void {
  if (request === undefined) return;
  request.answered = answered;
  if (answered.receipt === undefined) return;
  const pinned = fingerprint ?? answered.pinned;
  const checked = checkReceipt(answered.receipt, { sent: request.sent, hash: request.hash, pinned });
  request.receipt = stateOf(checked, pinned);
  if (request.receipt === "wrong") problems.push({ n: answered.n, flaw: "receipt" });
}

function stateOf(checked: ReceiptFlaw | object, pinned: string | undefined): ReceiptState {
  if (typeof checked === "string") return "wrong";
  return pinned === undefined ? "unpinned" : "signed";
}
