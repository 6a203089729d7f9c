export { fromHex, toHex } from "#proto/hex.ts";

const NONCE_BYTES = 12;
const encoder = new TextEncoder();

/** What a key is for. Different purposes of one team never share a key. */
export type KeyPurpose = "team-salt" | "dead-letter";

/** What is stored in place of a token or code. */
export async function hashSecret(secret: string, pepper: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(`${secret}\0${pepper}`)));
}

/** True when both digests are the same, in a time that does not tell where they differ. */
export function sameDigest(a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && crypto.subtle.timingSafeEqual(a, b);
}

/** AES-GCM-256 key of one team and purpose. */
export async function teamKey(kmsKey: string, team: number, purpose: KeyPurpose): Promise<CryptoKey> {
  const master = await crypto.subtle.importKey("raw", encoder.encode(kmsKey), "HKDF", false, ["deriveKey"]);
  const info = encoder.encode(`talos ${purpose} team ${team}`);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info },
    master,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}

/** Nonce and ciphertext. `context` must be given again to open it. */
export async function seal(
  key: CryptoKey,
  plain: Uint8Array<ArrayBuffer>,
  context: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: encoder.encode(context) },
    key,
    plain,
  );
  const out = new Uint8Array(NONCE_BYTES + sealed.byteLength);
  out.set(iv);
  out.set(new Uint8Array(sealed), NONCE_BYTES);
  return out;
}

/** Throws when the key or the context is another, or a bit has changed. */
export async function open(
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
