import { type Content, contentContext, contentName, expiryOf, type TextRecord } from "../domain/content.ts";
import { open, seal, type TeamKey } from "../domain/crypto.ts";

/** Connections that a Worker may have at once. */
const AT_ONCE = 6;
/** Somebody else wrote the same object in between, each time. */
const TRIES = 3;
/** `delete` takes so many names. */
const DELETED_AT_ONCE = 1000;

export interface Shelf {
  bucket: R2Bucket;
  key: TeamKey;
  /** Public id of the team. */
  team: string;
}

export interface TextOwner {
  /** The database's own number. */
  developer: number;
  retentionDays: number;
}

/**
 * Puts each text into an object of its own, sealed. Throws when one could not be put: the same texts may come again.
 * Answers what is kept. Left out is what has expired, and what another developer has sent before.
 */
export async function keepTexts(
  shelf: Shelf,
  owner: TextOwner,
  texts: readonly TextRecord[],
  nowMs: number,
): Promise<Content[]> {
  const kept = await inGroups(texts, async ({ text, ...rest }) => {
    const content = { ...rest, chars: text.length, expiresAt: expiryOf(rest.at, owner.retentionDays) };
    if (content.expiresAt !== null && content.expiresAt * 1000 <= nowMs) return undefined;
    return (await keepText(shelf, owner.developer, content, text)) ? content : undefined;
  });
  return kept.filter((content) => content !== undefined);
}

/** False when another developer's text is there. */
async function keepText(
  { bucket, key, team }: Shelf,
  developer: number,
  content: Content,
  text: string,
): Promise<boolean> {
  const name = contentName(team, content);
  const notes = {
    developer: String(developer),
    chars: String(content.chars),
    ...(content.expiresAt !== null && { expiresAt: String(content.expiresAt) }),
  };
  for (let tries = 0; tries < TRIES; tries += 1) {
    const known = await bucket.head(name);
    if (known !== null && known.customMetadata?.["developer"] !== notes.developer) return false;
    // A repeat, or an earlier state of a text that has grown since.
    if (known !== null && Number(known.customMetadata?.["chars"]) >= content.chars) return true;
    const sealed = await seal(key, Uint8Array.from(encoder.encode(text)), contentContext(team, name));
    const onlyIf = known === null ? new Headers({ "if-none-match": "*" }) : { etagMatches: known.etag };
    if ((await bucket.put(name, sealed, { onlyIf, customMetadata: notes })) !== null) return true;
  }
  throw new Error("a text's object changed each time it was to be written");
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** The texts in the order of what was asked for; undefined for one that is gone or does not open. */
export function readTexts(
  { bucket, key, team }: Omit<Shelf, "key"> & { key: TeamKey | undefined },
  contents: readonly Pick<Content, "session" | "uid">[],
): Promise<(string | undefined)[]> {
  return inGroups(contents, async (content) => {
    const name = contentName(team, content);
    const object = key === undefined ? null : await bucket.get(name);
    if (object === null || key === undefined) return undefined;
    const sealed = new Uint8Array(await object.arrayBuffer());
    try {
      return decoder.decode(await open(key, sealed, contentContext(team, name)));
    } catch {
      return undefined;
    }
  });
}

/** Also of names that are not there. */
export async function deleteTexts(bucket: R2Bucket, names: readonly string[]): Promise<void> {
  for (let i = 0; i < names.length; i += DELETED_AT_ONCE) {
    await bucket.delete(names.slice(i, i + DELETED_AT_ONCE));
  }
}

async function inGroups<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(run))));
  }
  return results;
}
