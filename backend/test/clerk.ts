import type { ApiBindings } from "../env.ts";
import { call } from "./client.ts";
import { type Answer, person, setUp } from "./people.ts";

export const ISSUER = "https://clerk.talos.example";
export const PARTY = "https://app.talos.example";
export const ORG = "org_acme";
const WEBHOOK_KEY = "d2ViaG9vay1zZWNyZXQtZm9yLXRlc3RzLW9ubHktMDEyMzQ1Njc4OQ==";

const text = new TextEncoder();
const base64 = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString("base64");
const base64url = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString("base64url");

/** An identity provider's key pair, ours. */
export async function newKey(): Promise<{ pem: string; privateKey: CryptoKey }> {
  const pair = (await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 2048,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
    true,
    ["sign", "verify"],
  )) as CryptoKeyPair;
  const spki = (await crypto.subtle.exportKey("spki", pair.publicKey)) as ArrayBuffer;
  const lines = base64(spki).match(/.{1,64}/g) ?? [];
  const pem = ["-----BEGIN PUBLIC KEY-----", ...lines, "-----END PUBLIC KEY-----"].join("\n");
  return { pem, privateKey: pair.privateKey };
}

/** What a Worker with Clerk is bound to. */
export function clerkBindings(pem: string): Partial<ApiBindings> {
  return {
    CLERK_JWT_KEY: pem,
    CLERK_ISSUER: ISSUER,
    CLERK_AUTHORIZED_PARTIES: `https://other.example, ${PARTY}`,
    CLERK_WEBHOOK_SECRET: `whsec_${WEBHOOK_KEY}`,
  };
}

let sessions = 0;

/** What a session token says, of a session of its own. */
export function claims(more: Record<string, unknown> = {}): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  const sid = `sess_${(sessions += 1)}`;
  const standing = { iss: ISSUER, azp: PARTY, sub: "user_ada", sid, sts: "active", v: 2 };
  return { ...standing, iat: now, nbf: now - 10, exp: now + 60, o: { id: ORG, rol: "admin" }, ...more };
}

const encoded = (value: unknown) => base64url(text.encode(JSON.stringify(value)));

/** Signed as `header.alg` says: none, by a shared secret, or by the RSA key. */
export async function signedToken(
  payload: unknown,
  key: CryptoKey | string,
  header: Record<string, unknown> = { alg: "RS256", typ: "JWT", kid: "ins_1" },
): Promise<string> {
  const body = `${encoded(header)}.${encoded(payload)}`;
  if (header["alg"] === "none") return `${body}.`;
  if (typeof key === "string") {
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const secret = await crypto.subtle.importKey("raw", text.encode(key), hmac, false, ["sign"]);
    return `${body}.${base64url(await crypto.subtle.sign("HMAC", secret, text.encode(body)))}`;
  }
  return `${body}.${base64url(await crypto.subtle.sign("RSASSA-PKCS1-v1_5", key, text.encode(body)))}`;
}

export function signInByToken(token: string, bindings: Partial<ApiBindings>): Promise<Answer<unknown>> {
  return person("", bindings).ask("POST", "/api/sign-in/clerk", { token });
}

/** Makes the organization the team's. */
export async function link(team = "Acme", organization = ORG): Promise<number> {
  return (await setUp("/local/organization", { team, organization })).status;
}

export interface WebhookOptions {
  id?: string;
  /** Seconds since the Unix epoch. */
  at?: number;
  /** Base64. */
  key?: string;
  /** Sent in place of what was signed. */
  sent?: string;
  headers?: Record<string, string>;
}

let messages = 0;

export async function webhook(
  bindings: Partial<ApiBindings>,
  event: unknown,
  options: WebhookOptions = {},
): Promise<number> {
  const { id = `msg_${(messages += 1)}`, at = Math.floor(Date.now() / 1000), key = WEBHOOK_KEY } = options;
  const body = JSON.stringify(event);
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const secret = await crypto.subtle.importKey("raw", Buffer.from(key, "base64"), hmac, false, ["sign"]);
  const signature = base64(await crypto.subtle.sign("HMAC", secret, text.encode(`${id}.${at}.${body}`)));
  const headers = {
    "content-type": "application/json",
    "svix-id": id,
    "svix-timestamp": String(at),
    "svix-signature": `v1,${signature}`,
    ...options.headers,
  };
  const init = { method: "POST", headers, body: options.sent ?? body };
  return (await call("/webhooks/clerk", init, bindings)).status;
}

export interface MembershipOptions {
  organization?: string;
  user?: string;
  role?: string;
  /** Milliseconds since the Unix epoch. */
  at?: number;
  identifier?: string;
  name?: [string | null, string | null];
}

export function membership(change: "created" | "updated" | "deleted", options: MembershipOptions = {}) {
  const { organization = ORG, user = "user_ada", role = "org:member", at = Date.now() } = options;
  const [first_name, last_name] = options.name ?? ["Ada", "Lovelace"];
  return {
    type: `organizationMembership.${change}`,
    object: "event",
    timestamp: at,
    data: {
      id: "orgmem_1",
      role,
      organization: { id: organization, name: "Acme", slug: "acme" },
      public_user_data: {
        user_id: user,
        identifier: options.identifier ?? "Ada@Example.com",
        first_name,
        last_name,
      },
    },
  };
}

/** Whether somebody may still look. */
export async function isSignedIn(cookie: string): Promise<boolean> {
  return (await person(cookie).ask("GET", "/api/me")).status === 200;
}
