import { open, seal, teamKey } from "../domain/crypto.ts";
import type { Keyring } from "../domain/keyring.ts";

const DAY_MS = 86_400_000;
const KEPT_MS = 14 * DAY_MS;

export interface DeadLetter {
  team: number;
  id: string;
  body: unknown;
  nowMs: number;
}

/** `dead/<team>/<id>`: sealed under the team's key with its own name as context. */
export async function putDeadLetter(bucket: R2Bucket, kmsKey: Keyring, letter: DeadLetter): Promise<void> {
  const name = `dead/${letter.team}/${letter.id}`;
  const plain = Uint8Array.from(new TextEncoder().encode(JSON.stringify(letter.body ?? null)));
  const sealed = await seal(await teamKey(kmsKey, letter.team, "dead-letter"), plain, name);
  const expiresAt = String(letter.nowMs + KEPT_MS);
  await bucket.put(name, sealed, { customMetadata: { expiresAt } });
}

export async function openDeadLetter(bucket: R2Bucket, kmsKey: Keyring, name: string): Promise<unknown> {
  const object = await bucket.get(name);
  const team = Number(name.split("/")[1]);
  if (object === null) return undefined;
  const key = await teamKey(kmsKey, team, "dead-letter");
  const plain = await open(key, new Uint8Array(await object.arrayBuffer()), name);
  return JSON.parse(new TextDecoder().decode(plain));
}

/** Names of a page of dead letters behind that name, in the order of their names. */
export async function listDeadLetters(bucket: R2Bucket, team: number, after?: string): Promise<string[]> {
  const behind = after === undefined ? {} : { startAfter: after };
  const page = await bucket.list({ prefix: `dead/${team}/`, limit: 100, ...behind });
  return page.objects.map((object) => object.key);
}

/** Deletes what is older than two weeks. Returns how many. */
export async function pruneDeadLetters(bucket: R2Bucket, nowMs: number): Promise<number> {
  let cursor: string | undefined;
  let count = 0;
  do {
    const page = await bucket.list({
      prefix: "dead/",
      include: ["customMetadata"],
      ...(cursor ? { cursor } : {}),
    });
    const old = page.objects.filter((object) => expiryOf(object) <= nowMs).map((object) => object.key);
    if (old.length > 0) await bucket.delete(old);
    count += old.length;
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return count;
}

function expiryOf(object: R2Object): number {
  const noted = Number(object.customMetadata?.["expiresAt"]);
  return Number.isFinite(noted) ? noted : object.uploaded.getTime() + KEPT_MS;
}
