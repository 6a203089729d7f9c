import type { Keyring } from "../domain/keyring.ts";
import type { PricedRow } from "../domain/report-rows.ts";
import { textIn, toPricedRow } from "./reports.ts";
import { SUMS } from "./rollups.ts";
import { teamSigningKey } from "./signing.ts";

/** A day's sums of one developer, project, model, origin and tool, one row for each price class. */
export interface UsageRow extends PricedRow {
  developer: string;
  /** Hash as hex; empty for none. */
  project: string;
  origin: string;
  source: string;
}

/** In an order that is always the same. `day` in days since 1970-01-01. */
export async function readUsage(db: D1Database, team: number, day: number): Promise<UsageRow[]> {
  const { results } = await db
    .prepare(
      `SELECT d.public_id developer, lower(hex(r.project)) project, r.model, r.origin, r.source, r.day, r.price_class, ${SUMS}
         FROM rollups r JOIN developers d ON d.id = r.developer
        WHERE r.team = ?1 AND r.day = ?2 AND r.requests + r.prompts > 0
        GROUP BY d.public_id, r.project, r.model, r.origin, r.source, r.price_class
        ORDER BY d.public_id, r.project, r.model, r.origin, r.source, r.price_class`,
    )
    .bind(team, day)
    .all();
  return results.map((row) => ({
    ...toPricedRow(row),
    developer: textIn(row, "developer"),
    project: textIn(row, "project"),
    origin: textIn(row, "origin"),
    source: textIn(row, "source"),
  }));
}

/** Ed25519 by the team's key. `bytes` begin with what the signature is for. */
export async function signForTeam(
  db: D1Database,
  kms: Keyring,
  team: number,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<{ signature: Uint8Array; key: Uint8Array }> {
  const { privateKey, publicKey } = await teamSigningKey(db, team, kms);
  const signer = await crypto.subtle.importKey("pkcs8", privateKey, { name: "Ed25519" }, false, ["sign"]);
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, signer, bytes);
  return { signature: new Uint8Array(signature), key: publicKey };
}
