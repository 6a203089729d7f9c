import { open, seal, type TeamKey, teamKey, toHex } from "../domain/crypto.ts";
import { type Keyring, keyId } from "../domain/keyring.ts";
import type { Resealed } from "./key-rotation.ts";

/*
 * Each team's key for its texts: random, sealed under KMS_KEY, and in a bucket of its own. A database can be restored to
 * an earlier moment and a bucket cannot, so that a key that was deleted is gone. It is read anew for each request: a copy
 * in memory would outlive it.
 */

const PREFIX = "content-key/";
const ID_BYTES = 4;
const KEY_BYTES = 32;
/** So that one request ends in time. */
const KEYS = 50;

export interface KeyOwner {
  /** The database's own number, which KMS_KEY is derived for. */
  id: number;
  publicId: string;
}

/** The team's key, made if there is none. */
export async function contentKey(bucket: R2Bucket, kms: Keyring, team: KeyOwner): Promise<TeamKey> {
  const known = await findContentKey(bucket, kms, team);
  if (known !== undefined) return known;
  const fresh = crypto.getRandomValues(new Uint8Array(ID_BYTES + KEY_BYTES));
  const name = PREFIX + team.publicId;
  const onlyIf = new Headers({ "if-none-match": "*" });
  await bucket.put(name, await wrap(kms, team.id, name, fresh), {
    onlyIf,
    customMetadata: await notesOf(kms, team.id),
  });
  // Of two who make it at once, both go on with the one that is there.
  const made = await findContentKey(bucket, kms, team);
  if (made === undefined) throw new Error("the team's content key vanished while it was made");
  return made;
}

/** Undefined where there is none, or not any more. Throws where KMS_KEY does not open it. */
export async function findContentKey(
  bucket: R2Bucket,
  kms: Keyring,
  { id, publicId }: KeyOwner,
): Promise<TeamKey | undefined> {
  const name = PREFIX + publicId;
  const object = await bucket.get(name);
  if (object === null) return undefined;
  const plain = await unwrap(kms, id, name, new Uint8Array(await object.arrayBuffer()));
  const key = await crypto.subtle.importKey("raw", plain.subarray(ID_BYTES), "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  return [{ id: toHex(plain.subarray(0, ID_BYTES)), key }];
}

/** From here on nobody can read the team's texts. */
export async function destroyContentKey(bucket: R2Bucket, publicId: string): Promise<void> {
  await bucket.delete(PREFIX + publicId);
}

/** Of the organization's team, where that was deleted. */
export async function destroyKeyOf(bucket: R2Bucket, db: D1Database, organization: string): Promise<void> {
  const publicId = await db
    .prepare("SELECT public_id FROM teams WHERE clerk_org = ?1 AND deleted_at IS NOT NULL")
    .bind(organization)
    .first<string>("public_id");
  if (publicId !== null) await destroyContentKey(bucket, publicId);
}

/** Destroys keys of teams that were deleted, should that have failed when they were. Returns how many. */
export async function destroyLeftKeys(bucket: R2Bucket, db: D1Database): Promise<number> {
  let count = 0;
  for await (const page of keyPages(bucket)) {
    const { results } = await db
      .prepare(
        // A team that the database does not know may come back with a restored one: its key stays.
        `SELECT public_id FROM teams WHERE deleted_at IS NOT NULL
            AND public_id IN (SELECT value FROM json_each(?1))`,
      )
      .bind(JSON.stringify(page.map(({ key }) => key.slice(PREFIX.length))))
      .all<{ public_id: string }>();
    for (const { public_id: publicId } of results) await destroyContentKey(bucket, publicId);
    count += results.length;
  }
  return count;
}

/** Seals anew what another KMS_KEY has sealed, for some keys behind that name. `next` is undefined behind the last. */
export async function resealContentKeys(
  bucket: R2Bucket,
  kms: Keyring,
  after: string | undefined,
): Promise<Resealed & { next: string | undefined }> {
  const page = await bucket.list({
    prefix: PREFIX,
    limit: KEYS,
    include: ["customMetadata"],
    ...(after === undefined ? {} : { startAfter: after }),
  });
  const current = await keyId("kms", kms.current);
  const total = { resealed: 0, unreadable: 0 };
  for (const object of page.objects.filter((each) => each.customMetadata?.["kms"] !== current)) {
    if (await resealKey(bucket, kms, object)) total.resealed += 1;
    else total.unreadable += 1;
  }
  return { ...total, next: page.truncated ? page.objects.at(-1)?.key : undefined };
}

/** False when no key opens it: then it stays as it is. */
async function resealKey(bucket: R2Bucket, kms: Keyring, { key: name, customMetadata }: R2Object) {
  const object = await bucket.get(name);
  if (object === null) return true;
  const team = Number(customMetadata?.["team"]);
  const sealed = new Uint8Array(await object.arrayBuffer());
  const plain = await unwrap(kms, team, name, sealed).catch(() => undefined);
  if (plain === undefined) return false;
  // Deleted in between, it must stay deleted.
  await bucket.put(name, await wrap(kms, team, name, plain), {
    onlyIf: { etagMatches: object.etag },
    customMetadata: await notesOf(kms, team),
  });
  return true;
}

/** Keys that are sealed by another than the current KMS_KEY. */
export async function countOldKeys(bucket: R2Bucket, kms: Keyring): Promise<number> {
  const current = await keyId("kms", kms.current);
  let count = 0;
  for await (const page of keyPages(bucket)) {
    count += page.filter(({ customMetadata }) => customMetadata?.["kms"] !== current).length;
  }
  return count;
}

async function* keyPages(bucket: R2Bucket): AsyncGenerator<R2Object[]> {
  let cursor: string | undefined;
  do {
    const page = await bucket.list({
      prefix: PREFIX,
      include: ["customMetadata"],
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield page.objects;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/** Beside the key, so that it can be counted without opening it. */
async function notesOf(kms: Keyring, team: number): Promise<Record<string, string>> {
  return { team: String(team), kms: await keyId("kms", kms.current) };
}

async function wrap(kms: Keyring, team: number, name: string, plain: Uint8Array<ArrayBuffer>) {
  return seal(await teamKey(kms, team, "content-key"), plain, name);
}

async function unwrap(kms: Keyring, team: number, name: string, sealed: Uint8Array<ArrayBuffer>) {
  const plain = await open(await teamKey(kms, team, "content-key"), sealed, name);
  if (plain.byteLength !== ID_BYTES + KEY_BYTES) throw new Error("the team's content key has another length");
  return plain;
}
