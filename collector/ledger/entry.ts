import { createHash } from "node:crypto";
import * as z from "zod";
import { MODES } from "#proto/egress.ts";

const Hash = z.string().regex(/^[0-9a-f]{64}$/);
const Natural = z.int().nonnegative();
const common = { n: z.int().positive(), at: Natural };

/** A request, kept before it left. */
const Sent = z.strictObject({
  ...common,
  kind: z.literal("sent"),
  destination: z.string(),
  method: z.enum(["GET", "POST"]),
  host: z.string(),
  path: z.string(),
  /** Content type. */
  type: z.string(),
  encoding: z.enum(["gzip", "identity"]),
  /** Of the body before compression. */
  bytes: Natural,
  /** SHA-256(nonce ‖ body). */
  digest: Hash,
  records: Natural.exactOptional(),
  mode: z.enum(MODES).exactOptional(),
  text: z.literal(true).exactOptional(),
  masked: z.literal(true).exactOptional(),
  /** A receipt was asked for. */
  team: z.literal(true).exactOptional(),
  places: z
    .array(z.strictObject({ file: z.string(), from: Natural, to: Natural.exactOptional() }))
    .exactOptional(),
  /** The body is the same as that of this entry, where it stands. */
  body_of: z.int().positive().exactOptional(),
});
export type Sent = z.output<typeof Sent>;

/** What came of one. */
const Answered = z.strictObject({
  ...common,
  kind: z.literal("answered"),
  of: z.int().positive(),
  outcome: z.enum(["taken", "refused", "failed"]),
  status: z.int().exactOptional(),
  rejected: Natural.exactOptional(),
  receipt: z.string().exactOptional(),
  /** SHA-256 of the team's key, as it was pinned then. */
  pinned: Hash.exactOptional(),
});
export type Answered = z.output<typeof Answered>;

/** So many requests left that could not be kept. */
const Missed = z.strictObject({ ...common, kind: z.literal("missed"), requests: z.int().positive() });

const Entry = z.discriminatedUnion("kind", [Sent, Answered, Missed]);
export type Entry = z.output<typeof Entry>;
/** An entry without its number, which it gets when it is appended. */
export type Draft = Entry extends infer E ? (E extends Entry ? Omit<E, "n"> : never) : never;

/** What the first entry follows. */
export const GENESIS = "0".repeat(64);

/** The entry as it is hashed, stored and exported. */
export function entryText(n: number, draft: Draft): string {
  return JSON.stringify({ n, ...draft });
}

/** SHA-256(hash of the entry before, 32 bytes ‖ text). */
export function entryHash(previous: string, text: string): string {
  return createHash("sha256").update(Buffer.from(previous, "hex")).update(text).digest("hex");
}

export function bodyDigest(nonce: Uint8Array, body: Uint8Array): string {
  return createHash("sha256").update(nonce).update(body).digest("hex");
}

/** Undefined for what this version did not write. */
export function parseEntry(text: string): Entry | undefined {
  try {
    return Entry.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
