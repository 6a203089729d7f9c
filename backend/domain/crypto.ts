import { fromHex, toHex } from "#proto/hex.ts";
import { type Keyring, keyId } from "./keyring.ts";

export { fromHex, toHex };

const NONCE_BYTES = 12;
/** Before what was sealed since keys have ids: `tls1`, then the id's four bytes. */
const MAGIC = "746c7331";
const HEADER_BYTES = 8;
const encoder = new TextEncoder();

/** What a key is for. Different purposes of one team never share a key. */
export type KeyPurpose =
  | "team-salt"
  | "dead-letter"
  | "team-signing"
  | "team-grouping"
  | "audit-head"
  | "content-key";

/** What is stored in place of a token or code, beside `pepperId`. Look it up by `findBySecret` of the store. */
export async function hashSecret(secret: string, pepper: Keyring): Promise<Uint8Array<ArrayBuffer>> {
  return hashUnder(secret, pepper.current);
}

/** The same under the pepper before; undefined when there is none any more. */
export async function previousHash(secret: string, pepper: Keyring): Promise<Uint8Array | undefined> {
  return pepper.previous === undefined ? undefined : hashUnder(secret, pepper.previous);
}

async function hashUnder(secret: string, pepper: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(`${secret}\0${pepper}`)));
}

/** What stands in the column `pepper` beside a hash. */
export function pepperId(pepper: Keyring): Promise<string> {
  return keyId("pepper", pepper.current);
}

/** True when both digests are the same, in a time that does not tell where they differ. */
export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b);
}

/** AES-GCM-256 keys of one team and purpose, by their ids. The first seals, and all of them open. */
export type TeamKey = readonly { id: string; key: CryptoKey }[];

export async function teamKey(kms: Keyring, team: number, purpose: KeyPurpose): Promise<TeamKey> {
  const secrets = [kms.current, ...(kms.previous === undefined ? [] : [kms.previous])];
  return Promise.all(
    secrets.map(async (secret) => ({
      id: await keyId("kms", secret),
      key: await derive(secret, `talos ${purpose} team ${team}`),
    })),
  );
}

async function derive(secret: string, info: string): Promise<CryptoKey> {
  const master = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: encoder.encode(info) },
    master,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

/** The key's id, a nonce and the ciphertext. `context` must be given again to open it. */
export async function seal(
  [current]: TeamKey,
  plain: Uint8Array<ArrayBuffer>,
  context: string,
): Promise<Uint8Array<ArrayBuffer>> {
  if (current === undefined) throw new Error("there is no key to seal with");
  const header = fromHex(MAGIC + current.id);
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: encoder.encode(context) },
    current.key,
    plain,
  );
  const out = new Uint8Array(header.byteLength + NONCE_BYTES + sealed.byteLength);
  out.set(header);
  out.set(iv, header.byteLength);
  out.set(new Uint8Array(sealed), header.byteLength + NONCE_BYTES);
  return out;
}

/** How everything begins that the current key has sealed, as hex. */
export async function sealHeader(kms: Keyring): Promise<string> {
  return MAGIC + (await keyId("kms", kms.current));
}

/** Id of the key that sealed it; undefined for what was sealed before keys had ids. */
function sealedBy(sealed: Uint8Array): string | undefined {
  const header = toHex(sealed.subarray(0, HEADER_BYTES));
  return header.startsWith(MAGIC) ? header.slice(MAGIC.length) : undefined;
}

/** Throws when the key or the context is another, or a bit has changed. */
export async function open(
  keys: TeamKey,
  sealed: Uint8Array<ArrayBuffer>,
  context: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const named = keys.find(({ id }) => id === sealedBy(sealed));
  if (named !== undefined) return openBy(named.key, sealed.subarray(HEADER_BYTES), context);
  let failure: unknown = new Error("there is no key to open with");
  for (const { key } of keys) {
    try {
      return await openBy(key, sealed, context);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function openBy(
  key: CryptoKey,
  sealed: Uint8Array<ArrayBuffer>,
  context: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = sealed.subarray(0, NONCE_BYTES);
  const plain = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv, additionalData: encoder.encode(context) },
    key,
    sealed.subarray(NONCE_BYTES),
  );
  return new Uint8Array(plain);
}

export function randomToken(prefix: string): string {
  return prefix + toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
}

export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** Of text that is known to be base64url. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
