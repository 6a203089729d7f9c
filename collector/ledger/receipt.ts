import { createHash, createPublicKey, verify } from "node:crypto";
import * as z from "zod";
import { signedBytes } from "#proto/agent-api.ts";
import type { Receipt } from "#proto/receipt.ts";
import type { Sent } from "./entry.ts";

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const Shape = z.object({
  agent: z.string().max(100),
  digest: Hash,
  head: z.union([Hash, z.literal("")]),
  at: z.int().nonnegative(),
}) satisfies z.ZodType<Receipt>;

/** Why a receipt proves nothing. */
export type ReceiptFlaw =
  | "malformed"
  | "wrong_signature"
  | "not_the_pinned_key"
  | "other_body"
  | "other_head";

/** What a receipt must be of. */
interface Expected {
  sent: Pick<Sent, "digest">;
  /** Of that entry. */
  hash: string;
  /** SHA-256 of the team's key, hex; undefined where none was pinned. */
  pinned: string | undefined;
}

/** Who signed it, and that it is of this body under this head. */
export function checkReceipt(header: string, expected: Expected): ReceiptFlaw | Receipt {
  const [payload, signature, key] = header.split(".").map((part) => Buffer.from(part, "base64url"));
  if (payload === undefined || signature === undefined || key?.length !== 32) return "malformed";
  if (!isSigned(payload, key, signature)) return "wrong_signature";
  const receipt = read(payload);
  if (receipt === undefined) return "malformed";
  const fingerprint = createHash("sha256").update(key).digest("hex");
  if (expected.pinned !== undefined && expected.pinned !== fingerprint) return "not_the_pinned_key";
  if (receipt.digest !== expected.sent.digest) return "other_body";
  return receipt.head === expected.hash ? receipt : "other_head";
}

function isSigned(payload: Uint8Array, key: Buffer, signature: Uint8Array): boolean {
  try {
    const jwk = { kty: "OKP", crv: "Ed25519", x: key.toString("base64url") };
    const publicKey = createPublicKey({ key: jwk, format: "jwk" });
    return verify(null, signedBytes("talos-receipt-1", payload), publicKey, signature);
  } catch {
    return false;
  }
}

function read(payload: Buffer): Receipt | undefined {
  try {
    return Shape.parse(JSON.parse(payload.toString("utf8")));
  } catch {
    return undefined;
  }
}
