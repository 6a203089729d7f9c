import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { ROUTES } from "../domain/api/routes.ts";
import type { RouteSpec } from "../domain/api/spec.ts";
import { SCOPES, type Scope } from "../domain/role.ts";
import type { ApiBindings } from "../env.ts";
import { call, enrol, ORIGIN, signIn } from "../test/client.ts";

const DAY_MS = 86_400_000;
const range = "from=2026-11-01&to=2026-11-02";

beforeEach(async () => void (await enrol()));

function send(cookie: string, method: string, path: string, body?: unknown) {
  return call(path, {
    method,
    headers: { cookie, origin: ORIGIN, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

interface Made {
  key: { id: string; state: string; usedAt: number | null; scopes: string[] };
  secret: string;
}
async function newKey(scopes: readonly Scope[] = SCOPES, team?: string): Promise<Made> {
  const cookie = await signIn({ role: "admin", viewer: "Admin", ...(team === undefined ? {} : { team }) });
  const made = await send(cookie, "POST", "/api/keys", { label: "Grafana", scopes });
  expect(made.status).toBe(200);
  return made.json<Made>();
}
const by = (secret: string, path: string, init: RequestInit = {}, bindings: Partial<ApiBindings> = {}) =>
  call(path, { ...init, headers: { authorization: `Bearer ${secret}`, origin: ORIGIN } }, bindings);

describe("an API key", () => {
  it("is shown once, and is nowhere in the database", async () => {
    const { key, secret } = await newKey(["reports:read"]);
    expect(secret).toMatch(/^tak_[A-Za-z0-9_-]{43}$/);
    expect(key).toMatchObject({ state: "active", usedAt: null, scopes: ["reports:read"] });
    const cookie = await signIn({ role: "admin", viewer: "Admin" });
    expect(await (await send(cookie, "GET", "/api/keys")).text()).not.toContain(secret);
    const rows = await env.DB.prepare("SELECT * FROM api_keys, audit").raw();
    const dump = rows
      .flat()
      .map((v) => (Array.isArray(v) ? Buffer.from(v as number[]).toString("latin1") : String(v)));
    expect(dump.join("\n")).not.toContain(secret.slice(4));
  });

  it("reads where its scope lets it, and nowhere else", async () => {
    const { secret } = await newKey(["reports:read"]);
    expect((await by(secret, `/api/report?${range}`)).status).toBe(200);
    expect((await by(secret, "/api/version")).status).toBe(200);
    for (const path of [
      `/api/sessions?${range}`,
      "/api/members",
      "/api/audit",
      "/api/me",
      "/api/keys",
      "/api/nothing",
    ]) {
      expect([path, (await by(secret, path)).status]).toEqual([path, 403]);
    }
    const all = await newKey();
    for (const path of [`/api/sessions?${range}`, "/api/members", "/api/audit", "/api/audit/check"]) {
      expect([path, (await by(all.secret, path)).status]).toEqual([path, 200]);
    }
  });

  it("writes nothing, whatever its scopes", async () => {
    const { secret } = await newKey();
    for (const [name, spec] of Object.entries(ROUTES) as [string, RouteSpec][]) {
      const [method = "", path = ""] = name.split(" ");
      if (spec.access.who !== "member" || method === "GET") continue;
      expect(spec.access.scope).toBeUndefined();
      expect([name, (await by(secret, path, { method })).status]).toEqual([name, 403]);
    }
  });

  it("of one team sees nothing of another", async () => {
    await enrol({ team: "Other", developer: "Eve" });
    const { secret } = await newKey(SCOPES, "Other");
    const { entries } = await (await by(secret, "/api/audit")).json<{ entries: { actorId: string }[] }>();
    const own = await (
      await by((await newKey()).secret, "/api/audit")
    ).json<{ entries: { actorId: string }[] }>();
    const ids = new Set(entries.map(({ actorId }) => actorId));
    expect(entries.length).toBeGreaterThan(0);
    expect(own.entries.filter(({ actorId }) => ids.has(actorId))).toEqual([]);
  });

  it("is worth nothing from the moment it is revoked, once and for all", async () => {
    const { key, secret } = await newKey();
    const cookie = await signIn({ role: "admin", viewer: "Admin" });
    expect((await send(cookie, "DELETE", `/api/keys/${key.id}`)).status).toBe(204);
    const refused = await by(secret, "/api/version");
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect((await send(cookie, "DELETE", `/api/keys/${key.id}`)).status).toBe(404);
    const { keys } = await (await send(cookie, "GET", "/api/keys")).json<{ keys: Made["key"][] }>();
    expect(keys.map(({ state }) => state)).toEqual(["revoked"]);
  });

  it("ends when its days are over, and reads like one that never was", async () => {
    const { secret } = await newKey();
    await env.DB.prepare("UPDATE api_keys SET expires_at = ?1").bind(Date.now()).run();
    const [over, never] = [
      await by(secret, "/api/version"),
      await by(`tak_${"x".repeat(43)}`, "/api/version"),
    ];
    expect([over.status, never.status]).toEqual([401, 401]);
    expect(await over.json()).toEqual(await never.json());
  });

  it("notes its use at most once an hour", async () => {
    const { secret } = await newKey();
    const used = () => env.DB.prepare("SELECT used_at n FROM api_keys").first<number>("n");
    await by(secret, "/api/version");
    const first = (await used()) ?? 0;
    expect(Math.abs(first - Date.now())).toBeLessThan(60_000);
    const earlier = Date.now() - 30 * 60_000;
    await env.DB.prepare("UPDATE api_keys SET used_at = ?1").bind(earlier).run();
    await by(secret, "/api/version");
    expect(await used()).toBe(earlier);
    await env.DB.prepare("UPDATE api_keys SET used_at = ?1")
      .bind(Date.now() - 61 * 60_000)
      .run();
    await by(secret, "/api/version");
    expect(await used()).toBeGreaterThan(earlier);
  });

  it("is told from other tokens: an agent's is no key", async () => {
    const { agentToken } = await enrol();
    expect((await by(agentToken, "/api/version")).status).toBe(401);
    expect((await by((await newKey()).secret, "/v1/agent/config")).status).toBe(401);
  });
});

describe("keys", () => {
  it.each(["viewer", "manager"] as const)("are not for a %s", async (role) => {
    const cookie = await signIn({ role, viewer: role });
    expect((await send(cookie, "GET", "/api/keys")).status).toBe(403);
    expect((await send(cookie, "POST", "/api/keys", { label: "K", scopes: ["team:read"] })).status).toBe(403);
  });

  it.each([
    { label: "", scopes: ["team:read"] },
    { label: "K", scopes: [] },
    { label: "K", scopes: ["team:write"] },
    { label: "K", scopes: ["team:read"], expiresInDays: 366 },
    { label: "K\u202e", scopes: ["team:read"] },
  ])("are not made of %j", async (body) => {
    const cookie = await signIn({ role: "admin" });
    expect((await send(cookie, "POST", "/api/keys", body)).status).toBe(400);
  });

  it("of another team cannot be revoked, and read like unknown ones", async () => {
    await enrol({ team: "Other", developer: "Eve" });
    const { key, secret } = await newKey(SCOPES, "Other");
    const cookie = await signIn({ team: "Acme", role: "owner" });
    const foreign = await send(cookie, "DELETE", `/api/keys/${key.id}`);
    const unknown = await send(cookie, "DELETE", `/api/keys/key_${"0".repeat(24)}`);
    expect([foreign.status, await foreign.json()]).toEqual([404, await unknown.json()]);
    expect((await by(secret, "/api/version")).status).toBe(200);
    expect((await send(cookie, "GET", `/api/keys?cursor=${key.id}`)).status).toBe(200);
  });

  it("are listed in pages, and a team has at most a hundred that work", async () => {
    await newKey();
    const fill = `INSERT INTO api_keys (public_id, team, hash, label, scopes, created_by, created_at, expires_at)
      SELECT printf('key_%024x', n), team, randomblob(32), 'k', scopes, created_by, n, expires_at FROM api_keys,
        (WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 104) SELECT n FROM s)`;
    await env.DB.prepare(fill).run();
    const cookie = await signIn({ role: "admin", viewer: "Admin" });
    const read = async (query: string) =>
      (await send(cookie, "GET", `/api/keys${query}`)).json<{
        keys: { id: string }[];
        next: string | null;
      }>();
    const first = await read("");
    const second = await read(`?cursor=${first.next}`);
    expect([first.keys.length, second.keys.length, second.next]).toEqual([100, 5, null]);
    expect(new Set([...first.keys, ...second.keys].map(({ id }) => id)).size).toBe(105);
    const refused = await send(cookie, "POST", "/api/keys", { label: "K", scopes: ["team:read"] });
    expect([refused.status, await refused.json()]).toMatchObject([409, { error: { code: "too_many_keys" } }]);
    await env.DB.prepare("UPDATE api_keys SET expires_at = ?1 WHERE created_at < 50")
      .bind(Date.now() - DAY_MS)
      .run();
    expect((await send(cookie, "POST", "/api/keys", { label: "K", scopes: ["team:read"] })).status).toBe(200);
  });

  it("are in the trail when made and revoked, without the secret", async () => {
    const { key, secret } = await newKey(["team:read"]);
    const cookie = await signIn({ role: "admin", viewer: "Admin" });
    await send(cookie, "DELETE", `/api/keys/${key.id}`);
    const { entries } = await (
      await send(cookie, "GET", "/api/audit")
    ).json<{ entries: Record<string, string>[] }>();
    const own = entries.filter(({ action }) => action?.startsWith("api_key"));
    expect(own.map(({ action, target, actorLabel }) => [action, target, actorLabel])).toEqual([
      ["api_key.revoke", key.id, "Admin"],
      ["api_key.create", key.id, "Admin"],
    ]);
    expect(JSON.parse(own[1]?.["metadata"] ?? "")).toMatchObject({ label: "Grafana", scopes: "team:read" });
    expect(JSON.stringify(entries)).not.toContain(secret);
  });
});

describe("rates", () => {
  it("of a key are its own: over it, 429 with the seconds to wait, and others do not notice", async () => {
    const [one, two] = [await newKey(), await newKey()];
    const low = { RATE_KEY_PER_MINUTE: "3" };
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await by(one.secret, "/api/version", {}, low)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const refused = await by(one.secret, "/api/version", {}, low);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(20);
    expect(await refused.json()).toMatchObject({ error: { code: "rate_limited" } });
    expect((await by(two.secret, "/api/version", {}, low)).status).toBe(200);
    const cookie = await signIn();
    expect((await send(cookie, "GET", "/api/version")).status).toBe(200);
  });

  it("of members are counted by member", async () => {
    const low = { RATE_MEMBER_PER_MINUTE: "2" };
    const [ada, bob] = [await signIn({ viewer: "Ada" }), await signIn({ viewer: "Bob" })];
    const version = async (cookie: string) =>
      (await call("/api/version", { headers: { cookie } }, low)).status;
    expect([await version(ada), await version(ada), await version(ada), await version(bob)]).toEqual([
      200, 200, 429, 200,
    ]);
  });

  it("of those who are not signed in are counted by address, of IPv6 by network", async () => {
    const low = { RATE_ADDRESS_PER_MINUTE: "2" };
    const knock = async (address: string) => {
      const headers = { origin: ORIGIN, "content-type": "application/json", "cf-connecting-ip": address };
      return (await call("/api/sign-in", { method: "POST", headers, body: '{"code":"x"}' }, low)).status;
    };
    expect([await knock("192.0.2.1"), await knock("192.0.2.1"), await knock("192.0.2.1")]).toEqual([
      401, 401, 429,
    ]);
    expect(await knock("192.0.2.2")).toBe(401);
    expect([
      await knock("2001:db8::1"),
      await knock("2001:db8::2"),
      await knock("2001:db8:0:0:9::3"),
    ]).toEqual([401, 401, 429]);
  });

  it("let everybody pass while what counts is out of order", async () => {
    const broken = {
      get: () => {
        throw new Error("down");
      },
      idFromName: () => "",
    };
    const { secret } = await newKey();
    expect((await by(secret, "/api/version", {}, { BUCKETS: broken as never })).status).toBe(200);
  });
});
