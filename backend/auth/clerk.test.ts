import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ApiBindings } from "../env.ts";
import { enrol } from "../test/client.ts";
import {
  claims,
  clerkBindings,
  isSignedIn,
  ISSUER,
  link,
  newKey,
  ORG,
  signedToken,
  signInByToken,
} from "../test/clerk.ts";
import { cookieOf, idOf, member, nobody, person, trail } from "../test/people.ts";

let key: { pem: string; privateKey: CryptoKey };
let bindings: Partial<ApiBindings>;
beforeAll(async () => {
  key = await newKey();
  bindings = clerkBindings(key.pem);
});
beforeEach(async () => {
  await enrol();
  await link();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const token = (more: Record<string, unknown> = {}) => signedToken(claims(more), key.privateKey);
const seconds = () => Math.floor(Date.now() / 1000);
const members = async () => (await env.DB.prepare("SELECT count(*) n FROM members").first<number>("n")) ?? -1;

it("a member of the organization is signed in to its team, at first as a viewer, without the network", async () => {
  const fetched = vi.spyOn(globalThis, "fetch");
  const answer = await signInByToken(await token(), bindings);
  expect([answer.status, fetched.mock.calls.length]).toEqual([204, 0]);
  const ada = person(cookieOf(answer));
  expect((await ada.ask("GET", "/api/me")).body).toMatchObject({
    team: { name: "Acme" },
    viewer: { role: "viewer", label: "New member" },
  });
  expect((await ada.ask("GET", "/api/account")).body).toMatchObject({ method: "clerk" });
  expect(await trail("Acme", [])).toMatchObject([
    { actor: "Talos Auditor", action: "member.join", metadata: { role: "viewer", by: "clerk" } },
    { actor: "New member", action: "sign_in", metadata: { method: "clerk" } },
  ]);
});

it("the same person is the same member, also when they come twice at once, and is one in each team", async () => {
  await enrol({ team: "Theirs" });
  await link("Theirs", "org_theirs");
  const tokens = await Promise.all([token(), token(), token({ o: { id: "org_theirs" } })]);
  const answers = await Promise.all(tokens.map((each) => signInByToken(each, bindings)));
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
  expect(await members()).toBe(2);
  const account = await person(cookieOf(answers[2] as (typeof answers)[number])).ask<{ teams: object[] }>(
    "GET",
    "/api/account",
  );
  expect(account.body.teams).toMatchObject([
    { name: "Acme", current: false },
    { name: "Theirs", current: true },
  ]);
});

it("tokens of the older version name the organization elsewhere", async () => {
  const old = await token({ o: undefined, org_id: ORG, sts: undefined });
  expect((await signInByToken(old, bindings)).status).toBe(204);
});

describe("nobody is signed in by a token", () => {
  const cases: Record<string, () => Promise<string>> = {
    "that is not signed": () => signedToken(claims(), "", { alg: "none", typ: "JWT" }),
    "that is signed with the public key as a secret": () =>
      signedToken(claims(), key.pem, { alg: "HS256", typ: "JWT" }),
    "that is signed by another key": async () => signedToken(claims(), (await newKey()).privateKey),
    "whose signature is missing": async () => (await token()).replace(/[^.]*$/, ""),
    "whose payload was exchanged": async () => {
      const [head, , signature] = (await token()).split(".");
      const [, payload] = (await token({ sub: "user_eve" })).split(".");
      return [head, payload, signature].join(".");
    },
    "of another algorithm of the same key": async () => {
      const pkcs8 = (await crypto.subtle.exportKey("pkcs8", key.privateKey)) as ArrayBuffer;
      const sha512 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" };
      const same = await crypto.subtle.importKey("pkcs8", pkcs8, sha512, false, ["sign"]);
      return signedToken(claims(), same, { alg: "RS512", typ: "JWT" });
    },
    "of another kind": () => signedToken(claims(), key.privateKey, { alg: "RS256", typ: "at+jwt" }),
    "that is for another site": () => token({ azp: "https://evil.example" }),
    "that is for no site": () => token({ azp: undefined }),
    "that is over": () => token({ iat: seconds() - 70, exp: seconds() - 10 }),
    "that never ends": () => token({ exp: undefined }),
    "that is not valid yet": () => token({ nbf: seconds() + 60 }),
    "that was made in the future": () => token({ iat: seconds() + 60 }),
    "that lives longer than a session's": () => token({ iat: seconds() - 600, exp: seconds() + 3600 }),
    "without a time": () => token({ iat: undefined }),
    "of another issuer": () => token({ iss: `${ISSUER}.evil.example` }),
    "of no issuer": () => token({ iss: undefined }),
    "of another organization": () => token({ o: { id: "org_other" } }),
    "of no organization": () => token({ o: undefined }),
    "of no session": () => token({ sid: undefined }),
    "of nobody": () => token({ sub: undefined }),
    "of a session that is not complete": () => token({ sts: "pending" }),
    "by which somebody acts as another": () => token({ act: { sub: "user_eve" } }),
    "that is none": () => Promise.resolve("not.a.token"),
  };
  it.each(Object.keys(cases))("%s", async (name) => {
    const answer = await signInByToken((await cases[name]?.()) ?? "", bindings);
    expect([answer.status, answer.body, answer.setCookie]).toEqual([
      401,
      { error: { code: "invalid_token", message: expect.any(String) } },
      null,
    ]);
    expect([await members(), await trail("Acme", [])]).toEqual([0, []]);
  });

  it("twice, also at once, or spelt in another way", async () => {
    const once = await token();
    const answers = await Promise.all([signInByToken(once, bindings), signInByToken(once, bindings)]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 401]);
    expect((await signInByToken(once, bindings)).status).toBe(401);
    expect((await signInByToken(`${once}=`, bindings)).status).toBe(401);
    expect(await env.DB.prepare("SELECT count(*) n FROM sign_ins").first("n")).toBe(1);
  });
});

it("who was removed here stays out", async () => {
  const owner = await member("owner");
  const ada = cookieOf(await signInByToken(await token(), bindings));
  expect((await owner.ask("DELETE", `/api/members/${await idOf("New member")}`)).status).toBe(204);
  expect(await isSignedIn(ada)).toBe(false);
  expect((await signInByToken(await token(), bindings)).status).toBe(401);
});

it("nobody is signed in to a team that is deleted", async () => {
  await env.DB.prepare("UPDATE teams SET deleted_at = 1").run();
  expect((await signInByToken(await token(), bindings)).status).toBe(401);
  expect(await members()).toBe(0);
});

it("another site's page signs nobody in", async () => {
  const { call } = await import("../test/client.ts");
  const headers = { "content-type": "application/json", origin: "https://evil.example" };
  const init = { method: "POST", headers, body: JSON.stringify({ token: await token() }) };
  expect((await call("/api/sign-in/clerk", init, bindings)).status).toBe(403);
});

it("without Clerk's settings its routes do not exist, and the page is told", async () => {
  const refused = await nobody.ask("POST", "/api/sign-in/clerk", { token: await token() });
  expect([refused.status, refused.code]).toEqual([404, "not_found"]);
  expect((await nobody.ask("GET", "/api/sign-in")).body).toEqual({ mail: false, clerk: false });
  expect((await person("", bindings).ask("GET", "/api/sign-in")).body).toEqual({ mail: false, clerk: true });
});

it.each([
  { CLERK_ISSUER: undefined },
  { CLERK_AUTHORIZED_PARTIES: undefined },
  { CLERK_AUTHORIZED_PARTIES: "" },
  { CLERK_AUTHORIZED_PARTIES: "http://app.talos.example" },
  { CLERK_ISSUER: "https://clerk.talos.example/path" },
  { CLERK_JWT_KEY: "sk_live_secret" },
])("a Worker that is half set up answers nothing: %j", async (wrong) => {
  const logged: { problems?: string }[] = [];
  vi.spyOn(console, "error").mockImplementation((line: { problems?: string }) => void logged.push(line));
  const half = { ...bindings, ...wrong } as Partial<ApiBindings>;
  expect((await person("", half).ask("GET", "/api/sign-in")).status).toBe(503);
  expect(logged[0]?.problems).toContain(Object.keys(wrong)[0]);
  expect(logged[0]?.problems).not.toContain("sk_live");
});

it("the key may be written in one line", async () => {
  const oneLine = { ...bindings, CLERK_JWT_KEY: key.pem.replaceAll("\n", "\\n") };
  expect((await signInByToken(await token(), oneLine)).status).toBe(204);
});

it("an organization belongs to one team, and a team to one organization", async () => {
  await enrol({ team: "Theirs" });
  expect([await link("Theirs", ORG), await link("Acme", "org_more"), await link()]).toEqual([409, 409, 200]);
});
