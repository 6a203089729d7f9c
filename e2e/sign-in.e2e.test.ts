import { createHmac, createSign, generateKeyPairSync } from "node:crypto";
import { appendFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LocalBackend } from "./backend.ts";

const ISSUER = "https://clerk.talos.example";
const PARTY = "https://app.talos.example";
const WEBHOOK_KEY = Buffer.from("webhook-secret-for-tests-only-0123456789");
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

interface Mail {
  path: string | undefined;
  key: string | undefined;
  authorization: string | undefined;
  body: { to: string[]; text: string };
}

const mails: Mail[] = [];
let mailServer: Server;
let backend: LocalBackend;

beforeAll(async () => {
  mailServer = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { "idempotency-key": key, authorization } = request.headers;
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Mail["body"];
      mails.push({ path: request.url, key: String(key), authorization, body });
      response.end("{}");
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => mailServer.once("listening", resolve));
  const { port } = mailServer.address() as AddressInfo;
  backend = await LocalBackend.start();
  await backend.stop();
  const settings = {
    PUBLIC_URL: backend.url,
    MAIL_URL: `http://127.0.0.1:${port}`,
    MAIL_TOKEN: "mail-token",
    MAIL_FROM: "talos@talos.example",
    CLERK_JWT_KEY: publicKey
      .export({ type: "spki", format: "pem" })
      .toString()
      .trim()
      .replaceAll("\n", "\\n"),
    CLERK_ISSUER: ISSUER,
    CLERK_AUTHORIZED_PARTIES: PARTY,
    CLERK_WEBHOOK_SECRET: `whsec_${WEBHOOK_KEY.toString("base64")}`,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  appendFileSync(backend.folder.secretsFile, `\n${lines.join("")}`);
  await backend.up();
}, 180_000);

afterAll(async () => {
  await backend.close();
  mailServer.close();
});

async function post(path: string, body: unknown, cookie = ""): Promise<Response> {
  const headers = { "content-type": "application/json", origin: backend.url, cookie };
  return fetch(backend.url + path, { method: "POST", headers, body: JSON.stringify(body) });
}

const cookieOf = (response: Response) => response.headers.get("set-cookie")?.split(";")[0] ?? "";
const me = async (cookie: string) => {
  const response = await fetch(`${backend.url}/api/me`, { headers: { cookie } });
  return response.ok
    ? ((await response.json()) as { team: { name: string }; viewer: { role: string } })
    : response.status;
};

function token(more: Record<string, unknown>): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: ISSUER,
    azp: PARTY,
    sub: "user_1",
    sid: "sess_1",
    o: { id: "org_1" },
    iat: now,
    exp: now + 60,
    ...more,
  };
  const parts = [{ alg: "RS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const signature = createSign("RSA-SHA256").update(parts.join(".")).sign(privateKey);
  return `${parts.join(".")}.${signature.toString("base64url")}`;
}

async function webhook(id: string, event: unknown): Promise<number> {
  const at = String(Math.floor(Date.now() / 1000));
  const body = JSON.stringify(event);
  const signature = createHmac("sha256", WEBHOOK_KEY).update(`${id}.${at}.${body}`).digest("base64");
  const headers = { "svix-id": id, "svix-timestamp": at, "svix-signature": `v1,${signature}` };
  return (await fetch(`${backend.url}/webhooks/clerk`, { method: "POST", headers, body })).status;
}

it("the Workers as they are built sign in by Clerk, follow its messages, and end what it ends", async () => {
  expect(
    await webhook("msg_1", { type: "organization.created", data: { id: "org_1", name: "By Clerk" } }),
  ).toBe(204);
  const signedIn = await post("/api/sign-in/clerk", { token: token({}) });
  expect(signedIn.status).toBe(204);
  expect(await me(cookieOf(signedIn))).toMatchObject({
    team: { name: "By Clerk" },
    viewer: { role: "viewer" },
  });
  expect((await post("/api/sign-in/clerk", { token: token({ azp: "https://evil.example" }) })).status).toBe(
    401,
  );
  const left = {
    type: "organizationMembership.deleted",
    data: { role: "org:member", organization: { id: "org_1" }, public_user_data: { user_id: "user_1" } },
  };
  expect(await webhook("msg_2", left)).toBe(204);
  expect(await me(cookieOf(signedIn))).toBe(401);
});

it("an invite and a link to sign in go through a real mail server", async () => {
  const code = new URL(await backend.signInLink()).hash.slice(1);
  const owner = cookieOf(await post("/api/sign-in", { code }));
  const invited = await post("/api/invites", { email: "grace@example.com", role: "viewer" }, owner);
  const { link, mailed } = (await invited.json()) as { link: string; mailed: boolean };
  expect([mailed, mails[0]?.path, mails[0]?.authorization]).toEqual([true, "/emails", "Bearer mail-token"]);
  expect(mails[0]?.body).toMatchObject({
    to: ["grace@example.com"],
    text: expect.stringContaining(link) as string,
  });
  const joined = await post("/api/invites/accept", { code: new URL(link).hash.slice(1), label: "Grace" });
  expect(await me(cookieOf(joined))).toMatchObject({ viewer: { role: "viewer", label: "Grace" } });

  expect((await post("/api/sign-in/link", { email: "grace@example.com" })).status).toBe(204);
  await expect.poll(() => mails.length, { timeout: 30_000 }).toBe(2);
  const [, sent = ""] = /\/sign-in#([\w-]{43})/.exec(mails[1]?.body.text ?? "") ?? [];
  expect(await me(cookieOf(await post("/api/sign-in", { code: sent })))).toMatchObject({
    viewer: { label: "Grace" },
  });
});
