import { SYSTEM } from "../domain/audit.ts";
import {
  fromHex,
  type KeyPurpose,
  open,
  pepperId,
  seal,
  sealHeader,
  teamKey,
  toHex,
} from "../domain/crypto.ts";
import { type Keyring, keyId } from "../domain/keyring.ts";
import { audited } from "./audit.ts";
import { sealTrail } from "./audit-heads.ts";
import { DIGEST_TABLES, type DigestTable } from "./secrets.ts";

/** Each with the context `teams:<team>:<column>`. */
const COLUMNS = {
  salt: "team-salt",
  signing_key: "team-signing",
  grouping_key: "team-grouping",
} as const satisfies Record<string, KeyPurpose>;
type Column = keyof typeof COLUMNS;
const NAMES: readonly Column[] = ["salt", "signing_key", "grouping_key"];

/** So that one request ends in time. */
const TEAMS = 20;
const LETTERS = 50;

/** What can still be used. What cannot needs no new digest. */
const LIVE: Record<DigestTable, string> = {
  agent_tokens: "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)",
  enrolment_tokens: "revoked_at IS NULL AND expires_at > ?2 AND uses < max_uses",
  sign_ins: "idle_at > ?2 AND ends_at > ?2",
  sign_in_codes: "expires_at > ?2",
  invites: "accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?2",
  api_keys: "revoked_at IS NULL AND expires_at > ?2",
  link_codes: "expires_at > ?2",
};

export interface Resealed {
  resealed: number;
  /** Sealed by a key that is neither the current one nor the one before. */
  unreadable: number;
}

const isOld = (column: string) => `(length(${column}) > 0 AND substr(${column}, 1, 8) <> unhex(?1))`;

/** Seals anew what another key has sealed, for some teams behind that number. `next` is undefined behind the last. */
export async function resealTeams(
  db: D1Database,
  kms: Keyring,
  after: number,
  nowMs: number,
): Promise<Resealed & { next: number | undefined }> {
  const { results } = await db
    .prepare(
      `SELECT t.id, ${NAMES.map((name) => `hex(t.${name}) ${name}`).join(", ")} FROM teams t
         LEFT JOIN audit_heads h ON h.team = t.id
        WHERE t.id > ?2 AND (${[...NAMES.map((name) => isOld(`t.${name}`)), isOld("h.seal")].join(" OR ")})
        ORDER BY t.id LIMIT ?3`,
    )
    .bind(await sealHeader(kms), after, TEAMS)
    .all<Record<Column, string> & { id: number }>();
  const total = { resealed: 0, unreadable: 0 };
  for (const row of results) {
    const { resealed, unreadable } = await resealTeam(db, kms, row, nowMs);
    total.resealed += resealed;
    total.unreadable += unreadable;
  }
  return { ...total, next: results.length === TEAMS ? results.at(-1)?.id : undefined };
}

async function resealTeam(
  db: D1Database,
  kms: Keyring,
  row: Record<Column, string> & { id: number },
  nowMs: number,
): Promise<Resealed> {
  const header = await sealHeader(kms);
  const old = NAMES.filter((name) => row[name] !== "" && !row[name].toLowerCase().startsWith(header));
  const updates: D1PreparedStatement[] = [];
  for (const name of old) {
    const update = await resealColumn(db, kms, name, { team: row.id, sealed: row[name] });
    if (update !== undefined) updates.push(update);
  }
  if (updates.length > 0) {
    const metadata = { kind: "kms", key: await keyId("kms", kms.current), values: updates.length };
    await audited(db, row.id, { actor: SYSTEM, action: "keys.rotate", metadata }, nowMs, updates);
  }
  const trail = await sealTrail(db, row.id, kms);
  return {
    resealed: updates.length + (trail ? 1 : 0),
    unreadable: old.length - updates.length + (trail ? 0 : 1),
  };
}

/** Undefined when no key opens it. Nothing is changed that has changed in between. */
async function resealColumn(
  db: D1Database,
  kms: Keyring,
  column: Column,
  { team, sealed }: { team: number; sealed: string },
): Promise<D1PreparedStatement | undefined> {
  const key = await teamKey(kms, team, COLUMNS[column]);
  const context = `teams:${team}:${column}`;
  try {
    const anew = await seal(key, await open(key, fromHex(sealed), context), context);
    return db
      .prepare(`UPDATE teams SET ${column} = unhex(?2) WHERE id = ?1 AND ${column} = unhex(?3)`)
      .bind(team, toHex(anew), sealed);
  } catch {
    return undefined;
  }
}

/** The same for dead letters behind that name. */
export async function resealLetters(
  bucket: R2Bucket,
  kms: Keyring,
  after: string | undefined,
): Promise<Resealed & { next: string | undefined }> {
  const page = await bucket.list({
    prefix: "dead/",
    limit: LETTERS,
    ...(after === undefined ? {} : { startAfter: after }),
  });
  const total = { resealed: 0, unreadable: 0 };
  for (const { key } of page.objects) {
    const done = await resealLetter(bucket, kms, key);
    if (done === "resealed") total.resealed += 1;
    if (done === "unreadable") total.unreadable += 1;
  }
  return { ...total, next: page.truncated ? page.objects.at(-1)?.key : undefined };
}

async function resealLetter(
  bucket: R2Bucket,
  kms: Keyring,
  name: string,
): Promise<"fresh" | "resealed" | "unreadable"> {
  const object = await bucket.get(name);
  if (object === null) return "fresh";
  const sealed = new Uint8Array(await object.arrayBuffer());
  if (toHex(sealed.subarray(0, 8)) === (await sealHeader(kms))) return "fresh";
  const key = await teamKey(kms, Number(name.split("/")[1]), "dead-letter");
  const plain = await open(key, sealed, name).catch(() => undefined);
  if (plain === undefined) return "unreadable";
  const kept = object.customMetadata === undefined ? {} : { customMetadata: object.customMetadata };
  await bucket.put(name, await seal(key, plain, name), { ...kept, onlyIf: { etagMatches: object.etag } });
  return "resealed";
}

/** Rows that still depend on another key than the current one, by where they are. */
export async function countSealed(db: D1Database, kms: Keyring): Promise<Record<string, number>> {
  const header = await sealHeader(kms);
  const places = [...NAMES.map((name) => ["teams", name] as const), ["audit_heads", "seal"] as const];
  const counts = await db.batch<{ n: number }>(
    places.map(([table, column]) =>
      db.prepare(`SELECT count(*) n FROM ${table} WHERE ${isOld(column)}`).bind(header),
    ),
  );
  return Object.fromEntries(
    places.map(([table, column], index) => [`${table}.${column}`, counts[index]?.results[0]?.n ?? 0]),
  );
}

/** Secrets that still depend on another pepper than the current one, and can be used: by kind. */
export async function countHashed(
  db: D1Database,
  pepper: Keyring,
  nowMs: number,
): Promise<Record<string, number>> {
  const id = await pepperId(pepper);
  const counts = await db.batch<{ n: number }>(
    DIGEST_TABLES.map((table) =>
      db.prepare(`SELECT count(*) n FROM ${table} WHERE pepper <> ?1 AND ${LIVE[table]}`).bind(id, nowMs),
    ),
  );
  return Object.fromEntries(DIGEST_TABLES.map((table, index) => [table, counts[index]?.results[0]?.n ?? 0]));
}

/** While there is only one pepper, it is what hashed everything that names none. */
export async function namePepper(db: D1Database, pepper: Keyring): Promise<void> {
  if (pepper.previous !== undefined) return;
  const id = await pepperId(pepper);
  await db.batch(
    DIGEST_TABLES.map((table) => db.prepare(`UPDATE ${table} SET pepper = ?1 WHERE pepper = ''`).bind(id)),
  );
}
