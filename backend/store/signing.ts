import { fromHex, type KeyPurpose, open, seal, teamKey, toHex } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";
import { newSigningKey, type SigningKey } from "../domain/signing.ts";

/** What a team's sealed keys are sealed for, by their columns in `teams`. */
const SEALED = {
  signing_key: "team-signing",
  grouping_key: "team-grouping",
} as const satisfies Record<string, KeyPurpose>;
type Column = keyof typeof SEALED;

/** The key that signs the team's configurations, made when it is first asked for. Machines pin it: it never changes. */
export async function teamSigningKey(db: D1Database, team: number, kms: Keyring): Promise<SigningKey> {
  const row = await readKeys(db, team);
  if (row.signing_key !== "") {
    const privateKey = await unseal(team, "signing_key", row.signing_key, kms);
    return { privateKey, publicKey: fromHex(row.verifying_key) };
  }
  const made = await newSigningKey();
  await db
    .prepare(
      "UPDATE teams SET signing_key = unhex(?2), verifying_key = unhex(?3) WHERE id = ?1 AND signing_key = x''",
    )
    .bind(team, await sealed(team, "signing_key", made.privateKey, kms), toHex(made.publicKey))
    .run();
  return teamSigningKey(db, team, kms);
}

/** 32 bytes that tokens for many machines carry. Made when it is first asked for. */
export async function teamGroupingKey(
  db: D1Database,
  team: number,
  kms: Keyring,
): Promise<Uint8Array<ArrayBuffer>> {
  const row = await readKeys(db, team);
  if (row.grouping_key !== "") return unseal(team, "grouping_key", row.grouping_key, kms);
  const made = crypto.getRandomValues(new Uint8Array(32));
  await db
    .prepare("UPDATE teams SET grouping_key = unhex(?2) WHERE id = ?1 AND grouping_key = x''")
    .bind(team, await sealed(team, "grouping_key", made, kms))
    .run();
  return teamGroupingKey(db, team, kms);
}

interface Keys {
  signing_key: string;
  verifying_key: string;
  grouping_key: string;
}

async function readKeys(db: D1Database, team: number): Promise<Keys> {
  const row = await db
    .prepare(
      `SELECT hex(signing_key) signing_key, hex(verifying_key) verifying_key, hex(grouping_key) grouping_key
         FROM teams WHERE id = ?1`,
    )
    .bind(team)
    .first<Keys>();
  if (row === null) throw new Error("the team does not exist");
  return row;
}

async function sealed(
  team: number,
  column: Column,
  plain: Uint8Array<ArrayBuffer>,
  kms: Keyring,
): Promise<string> {
  return toHex(await seal(await teamKey(kms, team, SEALED[column]), plain, `teams:${team}:${column}`));
}

async function unseal(team: number, column: Column, hex: string, kms: Keyring) {
  return open(await teamKey(kms, team, SEALED[column]), fromHex(hex), `teams:${team}:${column}`);
}
