import { hashSecret, pepperId, previousHash, toHex } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";

/** Where digests of secrets are. Each of these tables has the columns `hash` and `pepper`. */
export const DIGEST_TABLES = [
  "agent_tokens",
  "enrolment_tokens",
  "sign_ins",
  "sign_in_codes",
  "invites",
  "api_keys",
  "link_codes",
] as const;
export type DigestTable = (typeof DIGEST_TABLES)[number];

/** What is stored of a secret: the digest as hex, and the id of the pepper that made it. */
export async function digestOf(secret: string, pepper: Keyring): Promise<{ hash: string; pepper: string }> {
  return { hash: toHex(await hashSecret(secret, pepper)), pepper: await pepperId(pepper) };
}

/**
 * Looks a secret up by the digest that `find` is given, as hex. What is only known under the pepper before is given the
 * current one's digest first, so that each secret moves when it is used.
 */
export async function findBySecret<T>(
  db: D1Database,
  { table, secret, pepper }: { table: DigestTable; secret: string; pepper: Keyring },
  find: (hash: string) => Promise<T | null>,
): Promise<T | null> {
  const { hash, pepper: id } = await digestOf(secret, pepper);
  const found = await find(hash);
  const before = found === null ? await previousHash(secret, pepper) : undefined;
  if (before === undefined) return found;
  const { meta } = await db
    .prepare(`UPDATE OR IGNORE ${table} SET hash = unhex(?1), pepper = ?2 WHERE hash = unhex(?3)`)
    .bind(hash, id, toHex(before))
    .run();
  return meta.changes > 0 ? find(hash) : null;
}
