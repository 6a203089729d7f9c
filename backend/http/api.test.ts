import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { fromHex } from "../domain/crypto.ts";
import type { Report, SessionsPage } from "../domain/report.ts";
import { call, deliver, enrol, messagesOf, ORIGIN, SETUP, signIn } from "../test/client.ts";
import { logsRequest, promptRecord, requestRecord, uid } from "../test/records.ts";

const dayName = (ms: number) => new Date(ms).toISOString().slice(0, 10);
/** Days that hold what was just sent, whenever the tests run. */
const aroundNow = () =>
  `from=${dayName(Date.now() - 30 * 86_400_000)}&to=${dayName(Date.now() + 86_400_000)}`;
const json = { "content-type": "application/json" };
const setUp = (path: string, body: unknown, secret = SETUP) =>
  call(path, {
    method: "POST",
    headers: { ...json, authorization: `Bearer ${secret}` },
    body: JSON.stringify(body),
  });
const signInWith = (code: string, headers: Record<string, string> = { origin: ORIGIN }) =>
  call("/api/sign-in", { method: "POST", headers: { ...json, ...headers }, body: JSON.stringify({ code }) });
const newCode = async () => (await (await setUp("/local/sign-in-code", {})).json<{ code: string }>()).code;

describe("set-up routes", () => {
  it("do not exist without a secret in the environment", async () => {
    const init = { method: "POST", headers: { ...json, authorization: `Bearer ${SETUP}` }, body: "{}" };
    for (const path of ["/local/enrol", "/local/sign-in-code", "/local/repair"]) {
      expect((await call(path, init, { SETUP_SECRET: undefined as never })).status).toBe(404);
    }
  });

  it.each(["", "wrong", `${SETUP}x`, SETUP.slice(1)])("refuse the secret %j", async (secret) => {
    expect((await setUp("/local/enrol", { team: "T", timeZone: "UTC", developer: "D" }, secret)).status).toBe(
      401,
    );
  });

  it("are idempotent by name, but for the token", async () => {
    const [first, second] = [await enrol(), await enrol()];
    expect({ ...second, agentToken: "" }).toEqual({ ...first, agentToken: "" });
    expect(second.agentToken).not.toBe(first.agentToken);
    expect(first.agentToken).toMatch(/^tal_[A-Za-z0-9_-]{43}$/);
    expect(first.teamSalt).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(first.mode).toBe("off");
    expect((await enrol({ team: "Other" })).teamSalt).not.toBe(first.teamSalt);
  });

  it("agree on one team, developer and salt when called at once", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => enrol()));
    expect(new Set(all.map((each) => `${each.teamId} ${each.developerId} ${each.teamSalt}`)).size).toBe(1);
  });

  it.each([
    { timeZone: "Mars/Olympus" },
    { team: "" },
    { developer: "x".repeat(81) },
    { developer: "line\nbreak" },
    { demo: "yes" },
    { extra: 1 },
  ])("refuse %j", async (wrong) => {
    const response = await setUp("/local/enrol", { team: "T", timeZone: "UTC", developer: "D", ...wrong });
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { code: "invalid_body" } },
    ]);
  });
});

describe("secrets at rest", () => {
  it("no token, code, cookie or salt is in the database in the clear", async () => {
    const { agentToken, teamSalt } = await enrol();
    const code = await newCode();
    const cookie = (await signIn()).split("=")[1] ?? "";
    const { results } = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{
      name: string;
    }>();
    const dump: string[] = [];
    for (const { name } of results.filter((table) => !table.name.startsWith("_cf"))) {
      const rows = await env.DB.prepare(`SELECT * FROM "${name}"`).raw();
      for (const value of rows.flat())
        dump.push(Array.isArray(value) ? Buffer.from(value as number[]).toString("latin1") : String(value));
    }
    const all = dump.join("\n");
    const salt = Buffer.from(teamSalt, "base64url").toString("latin1");
    for (const secret of [agentToken, code, cookie, salt, SETUP]) {
      expect(secret.length).toBeGreaterThan(20);
      expect(all.includes(secret)).toBe(false);
    }
  });
});

describe("signing in", () => {
  it("works once for each code, also when it comes twice at once", async () => {
    await enrol();
    const code = await newCode();
    const statuses = (await Promise.all([signInWith(code), signInWith(code)])).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([204, 401]);
    expect((await signInWith(code)).status).toBe(401);
  });

  it("is refused with an old or invented code, in the same words", async () => {
    await enrol();
    const code = await newCode();
    await env.DB.prepare("UPDATE sign_in_codes SET expires_at = ?1")
      .bind(Date.now() - 1)
      .run();
    const [old, invented] = [await signInWith(code), await signInWith("invented")];
    expect([old.status, invented.status]).toEqual([401, 401]);
    expect(await old.json()).toEqual(await invented.json());
  });

  it("codes live ten minutes, sessions seven days", async () => {
    await enrol();
    await newCode();
    const codeMs = await env.DB.prepare("SELECT expires_at e FROM sign_in_codes").first<number>("e");
    expect(Math.abs((codeMs ?? 0) - Date.now() - 600_000)).toBeLessThan(60_000);
    await signIn();
    const sessionMs = await env.DB.prepare("SELECT idle_at e FROM sign_ins").first<number>("e");
    expect(Math.abs((sessionMs ?? 0) - Date.now() - 7 * 86_400_000)).toBeLessThan(60_000);
  });

  it.each([
    { url: "http://localhost:8787", secure: false },
    { url: "http://127.0.0.1:8787", secure: false },
    { url: "https://talos.example", secure: true },
    { url: "http://talos.example", secure: true },
  ])("sets a strict cookie at $url", async ({ url, secure }) => {
    await enrol();
    const { default: api } = await import("../worker.ts");
    const request = new Request(`${url}/api/sign-in`, {
      method: "POST",
      headers: { ...json, origin: url },
      body: JSON.stringify({ code: await newCode() }),
    });
    const ctx = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
    const cookie = (await api.fetch(request as never, env, ctx as never)).headers.get("set-cookie") ?? "";
    // Over TLS no other host of the domain may set it.
    expect(cookie.startsWith("__Host-")).toBe(secure);
    expect(cookie).toMatch(/^(?:__Host-)?talos_session=[A-Za-z0-9_-]{43}; /);
    for (const part of ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=604800"])
      expect(cookie).toContain(part);
    expect(cookie.includes("Secure")).toBe(secure);
  });

  it("ends with a sign-out, for every copy of the cookie", async () => {
    await enrol();
    const [cookie, other] = [await signIn(), await signIn()];
    const out = await call("/api/sign-out", { method: "POST", headers: { cookie, origin: ORIGIN } });
    expect([out.status, out.headers.get("set-cookie")]).toEqual([
      204,
      "talos_session=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict",
    ]);
    expect((await call("/api/me", { headers: { cookie } })).status).toBe(401);
    expect((await call("/api/me", { headers: { cookie: other } })).status).toBe(200);
    const foreign = { method: "POST", headers: { cookie: other, origin: "https://evil.example" } };
    expect((await call("/api/sign-out", foreign)).status).toBe(403);
  });

  it("slides while it is used, and ends when it is not", async () => {
    await enrol();
    const cookie = await signIn();
    const look = () => call("/api/version", { headers: { cookie } });
    expect((await look()).headers.get("set-cookie")).toBeNull();
    await env.DB.prepare("UPDATE sign_ins SET rotate_at = ?1")
      .bind(Date.now() - 1)
      .run();
    expect((await look()).headers.get("set-cookie")).toContain("Max-Age=604800");
    await env.DB.prepare("UPDATE sign_ins SET idle_at = ?1")
      .bind(Date.now() - 1)
      .run();
    expect((await look()).status).toBe(401);
  });
});

describe("only the team's own viewers see anything", () => {
  it.each([
    "/api/me",
    "/api/version",
    "/api/report?from=2026-11-01&to=2026-11-02",
    "/api/sessions?from=2026-11-01&to=2026-11-02",
    "/api/unknown",
  ])("%s answers 401 without a session, with an invented one and with an agent's token", async (path) => {
    const { agentToken } = await enrol();
    for (const headers of [{}, { cookie: "talos_session=x" }, { authorization: `Bearer ${agentToken}` }]) {
      const response = await call(path, { headers: headers as Record<string, string> });
      expect([response.status, await response.json()]).toMatchObject([
        401,
        { error: { code: "signed_out" } },
      ]);
    }
  });

  it("no data and no label crosses from one team to another", async () => {
    const ours = await enrol();
    const theirs = await enrol({ team: "Theirs", developer: "Eve" });
    await deliver(messagesOf(theirs, logsRequest([requestRecord({ uid: uid(1) })])));
    const headers = { cookie: await signIn(), origin: ORIGIN, ...json };
    const report = await (await call(`/api/report?${aroundNow()}`, { headers })).json<Report>();
    expect(report.totals).toMatchObject({ requests: 0, sessions: 0, activeDevelopers: 0 });
    const label = (id: string) =>
      call(`/api/developers/${id}`, { method: "PUT", headers, body: '{"label":"Mine"}' });
    expect((await label(theirs.developer)).status).toBe(404);
    expect((await label(ours.developer)).status).toBe(204);
    const names = await env.DB.prepare("SELECT label FROM developers ORDER BY id").raw();
    expect(names).toEqual([["Mine"], [""]]);
  });
});

describe("writes come from our own pages", () => {
  it.each([
    { name: "another origin", headers: { origin: "https://evil.example" }, status: 403 },
    { name: "another port", headers: { origin: "http://localhost:9999" }, status: 403 },
    { name: "an opaque origin", headers: { origin: "null" }, status: 403 },
    { name: "another site, by the browser's word", headers: { "sec-fetch-site": "cross-site" }, status: 403 },
    { name: "the same site but another origin", headers: { "sec-fetch-site": "same-site" }, status: 403 },
    { name: "neither header", headers: {}, status: 403 },
    { name: "our origin", headers: { origin: ORIGIN }, status: 204 },
    { name: "our origin, by the browser's word", headers: { "sec-fetch-site": "same-origin" }, status: 204 },
  ])("$name: $status", async ({ headers, status }) => {
    await enrol();
    const cookie = await signIn();
    const init = { method: "PUT", headers: { ...json, ...headers, cookie }, body: '{"label":"Shop"}' };
    const response = await call(`/api/projects/${"a".repeat(64)}`, init);
    expect(response.status).toBe(status);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("input", () => {
  it.each([
    ["GET", "/api/report", 400],
    ["GET", "/api/report?from=2026-11-01", 400],
    ["GET", "/api/report?from=2026-02-30&to=2026-03-01", 400],
    ["GET", "/api/report?from=2026-11-02&to=2026-11-01", 400],
    ["GET", "/api/report?from=2024-01-01&to=2026-11-01", 400],
    ["GET", "/api/report?from=2026-11-01&to=2026-11-02&by=price", 400],
    ["GET", "/api/report?from=2026-11-01&to=2026-11-02&x=1", 400],
    ["GET", "/api/sessions?from=2026-11-01&to=2026-11-02&cursor='--", 400],
    ["PUT", "/api/projects/zz", 400],
    ["PUT", "/api/developers/0", 400],
    ["PUT", "/api/developers/dev_000000000000000000000000", 404],
    ["GET", "/api/nothing", 404],
  ])("%s %s answers %i with a code, and repeats nothing", async (method, path, status) => {
    await enrol();
    const headers = { cookie: await signIn(), origin: ORIGIN, ...json };
    const response = await call(path, {
      method,
      headers,
      ...(method === "PUT" ? { body: '{"label":"x"}' } : {}),
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({
      error: { code: expect.stringMatching(/^[a-z_]+$/), message: expect.any(String) },
    });
  });

  it.each([
    "{",
    "null",
    "[]",
    '{"label":1}',
    '{"label":"a\\u0000b"}',
    `{"label":"${"x".repeat(81)}"}`,
    '{"label":"x","y":1}',
  ])("the body %s answers 400", async (body) => {
    await enrol();
    const headers = { cookie: await signIn(), origin: ORIGIN, ...json };
    const response = await call(`/api/projects/${"a".repeat(64)}`, { method: "PUT", headers, body });
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain("JSON");
  });
});

it("a body beyond the limit is refused, with and without its length told", async () => {
  const body = JSON.stringify({ code: "x".repeat(20_000) });
  const headers = { origin: ORIGIN, ...json };
  const stream = new Blob([body]).stream();
  for (const each of [body, stream]) {
    const response = await call("/api/sign-in", { method: "POST", headers, body: each });
    expect([response.status, await response.json()]).toMatchObject([
      413,
      { error: { code: "body_too_large" } },
    ]);
  }
});

describe("labels", () => {
  it("name projects and developers, and go away again", async () => {
    const ada = await enrol();
    await deliver(messagesOf(ada, logsRequest([requestRecord({ uid: uid(1) })])));
    const headers = { cookie: await signIn(), origin: ORIGIN, ...json };
    const put = (path: string, label: string) =>
      call(path, { method: "PUT", headers, body: JSON.stringify({ label }) });
    const labels = async () => {
      const { groups, version } = await (
        await call(`/api/report?${aroundNow()}`, { headers })
      ).json<Report>();
      return { project: groups.project[0]?.label, developer: groups.developer[0]?.label, version };
    };
    const before = await labels();
    expect(before).toMatchObject({ project: "cccccccc", developer: "Ada" });
    await put(`/api/projects/${"c".repeat(64)}`, "Shop");
    await put(`/api/developers/${ada.developer}`, "A. L.");
    const named = await labels();
    expect(named).toMatchObject({ project: "Shop", developer: "A. L." });
    expect(named.version).toBeGreaterThan(before.version);
    await put(`/api/projects/${"c".repeat(64)}`, "");
    await put(`/api/developers/${ada.developer}`, "");
    expect(await labels()).toMatchObject({ project: "cccccccc", developer: "Ada" });
  });
});

it.each([
  ["turns the direction", "\u202egpj.exe"],
  ["isolates the direction", "\u2066x"],
  ["shows nothing", "\u200b"],
  ["breaks the line", "a\u2028b"],
  ["is half a character", "\ud800"],
])("a label that %s is refused", async (_what, label) => {
  const { developer } = await enrol();
  const headers = { cookie: await signIn(), origin: ORIGIN, ...json };
  const init = { method: "PUT", headers, body: JSON.stringify({ label }) };
  expect((await call(`/api/developers/${developer}`, init)).status).toBe(400);
});

describe("the report", () => {
  it("is not sent again while nothing changed", async () => {
    const ada = await enrol();
    const headers = { cookie: await signIn() };
    const path = "/api/report?from=2026-11-01&to=2026-11-02";
    const etag = (await call(path, { headers })).headers.get("etag") ?? "";
    const again = await call(path, { headers: { ...headers, "if-none-match": etag } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    expect((await call(path, { headers: { "if-none-match": etag } })).status).toBe(401);
    await deliver(messagesOf(ada, logsRequest([requestRecord({ uid: uid(1) })])));
    expect((await call(path, { headers: { ...headers, "if-none-match": etag } })).status).toBe(200);
  });

  it("is known to be the same by a tag that a proxy made weak, and stays in the browser's cache", async () => {
    await enrol();
    const headers = { cookie: await signIn() };
    const path = "/api/report?from=2026-11-01&to=2026-11-02";
    const etag = (await call(path, { headers })).headers.get("etag") ?? "";
    const again = await call(path, { headers: { ...headers, "if-none-match": `"x", W/${etag}` } });
    expect([again.status, again.headers.get("cache-control")]).toEqual([304, "private, no-cache"]);
  });

  it("has another tag for another team, also for one that took its id and version after a reset", async () => {
    await enrol();
    const cookie = await signIn();
    const tag = async () =>
      (await call("/api/report?from=2026-11-01&to=2026-11-02", { headers: { cookie } })).headers.get("etag");
    const before = await tag();
    await env.DB.prepare("UPDATE teams SET created_at = created_at + 1").run();
    expect(await tag()).not.toBe(before);
  });

  it("counts a request on the team's day, an unknown price as unknown, and a partial as such", async () => {
    const atS = (() => {
      const lastMidnight = Math.floor(Date.now() / 86_400_000) * 86_400 - 86_400;
      return lastMidnight + 3600; // one o'clock UTC yesterday: the day before in New York
    })();
    const ada = await enrol({ timeZone: "America/New_York" });
    const logs = logsRequest([
      requestRecord({ uid: uid(1), atS, model: "custom", values: { "talos.usage.partial": true } }),
      requestRecord({
        uid: uid(2),
        atS,
        model: "claude-opus-4-8",
        values: { "talos.request.origin": "subagent" },
      }),
      promptRecord({ uid: uid(3), atS }),
    ]);
    await deliver(messagesOf(ada, logs));
    const headers = { cookie: await signIn() };
    const day = new Date((atS - 86_400) * 1000).toISOString().slice(0, 10);
    const next = new Date(atS * 1000).toISOString().slice(0, 10);
    const report = await (
      await call(`/api/report?from=${day}&to=${next}&by=origin`, { headers })
    ).json<Report>();
    expect(report.days.map(({ day: date, requests }) => [date, requests])).toEqual([
      [day, 2],
      [next, 0],
    ]);
    expect(report.totals).toMatchObject({
      requests: 2,
      prompts: 1,
      unpricedRequests: 1,
      unpricedTokens: 23_618,
      partialRequests: 1,
    });
    const value = 6 * 5_000_000 + 18_000 * 500_000 + 1200 * 6_250_000 + 4000 * 10_000_000 + 412 * 25_000_000;
    expect(report.totals.listValue).toBe(String(value));
    expect(report.groups.origin.map(({ key, listValue }) => [key, listValue])).toEqual([
      ["subagent", String(value)],
      ["main", "0"],
    ]);
    expect(report.series.rows.map(({ key, tokens }) => [key, tokens])).toEqual([
      ["subagent", [23_618, 0]],
      ["main", [23_618, 0]],
    ]);
  });

  it("prices a range across a change of price by each request's day", async () => {
    const ada = await enrol({ timeZone: "UTC" });
    const at = (date: string) => Date.parse(`${date}T12:00:00Z`) / 1000;
    const values = {
      "gen_ai.usage.input_tokens": 1000,
      "gen_ai.usage.output_tokens": 0,
      "gen_ai.usage.cache_read.input_tokens": 1000,
      "gen_ai.usage.cache_write.input_tokens": 0,
      "talos.usage.cache_write_5m_tokens": 0,
      "talos.usage.cache_write_1h_tokens": 0,
    };
    const logs = logsRequest([
      requestRecord({ uid: uid(1), atS: at("2026-10-06"), values }),
      requestRecord({ uid: uid(2), atS: at("2026-10-07"), values }),
    ]);
    const message = {
      v: 1,
      id: crypto.randomUUID(),
      team: Number(ada.teamId),
      developer: Number(ada.developerId),
      events: (await import("../domain/acceptance.ts")).accept(logs, "off", at("2026-10-08") * 1000).events,
    };
    await deliver([message]);
    const report = await (
      await call("/api/report?from=2026-10-01&to=2026-10-31", { headers: { cookie: await signIn() } })
    ).json<Report>();
    expect(report.totals.listValue).toBe(String(1000 * 200_000 + 1000 * 100_000));
    expect(report.groups.model[0]?.listValue).toBe(report.totals.listValue);
  });
});

describe("sessions", () => {
  it("page newest first, each once, with gaps capped at five minutes", async () => {
    const ada = await enrol({ timeZone: "UTC" });
    const start = Math.floor(Date.now() / 1000) - 7200;
    const hex = (n: number) => n.toString(16).padStart(32, "0");
    // Three of them begin in the same second, across the end of the first page.
    const records = Array.from({ length: 60 }, (_, n) => {
      const atS = start - Math.floor(n / 3) * 60;
      const own = { session: hex(n + 1) };
      return [
        requestRecord({ uid: uid(n * 3 + 1), atS, ...own }),
        requestRecord({ uid: uid(n * 3 + 2), atS: atS + 100, model: "claude-opus-5", ...own }),
        requestRecord({ uid: uid(n * 3 + 3), atS: atS + 1000, ...own }),
      ];
    });
    for (const message of messagesOf(ada, logsRequest(records.flat()))) await deliver([message]);
    const headers = { cookie: await signIn() };
    const range = aroundNow();
    const first = await (await call(`/api/sessions?${range}`, { headers })).json<SessionsPage>();
    const second = await (
      await call(`/api/sessions?${range}&cursor=${first.next}`, { headers })
    ).json<SessionsPage>();
    const all = [...first.sessions, ...second.sessions];
    expect([first.sessions.length, second.sessions.length, second.next]).toEqual([50, 10, null]);
    await env.DB.prepare("DELETE FROM sessions WHERE session < unhex(?1)").bind(hex(11)).run();
    const exactly = await (await call(`/api/sessions?${range}`, { headers })).json<SessionsPage>();
    expect([exactly.sessions.length, exactly.next]).toEqual([50, null]);
    expect(new Set(all.map(({ id }) => id)).size).toBe(60);
    expect(all.map(({ startedAt }) => startedAt)).toEqual(
      all.map(({ startedAt }) => startedAt).toSorted((a, b) => b - a),
    );
    for (const session of all) {
      expect(session).toMatchObject({
        activeMs: 400_000,
        requests: 3,
        models: ["claude-sonnet-5-5", "claude-opus-5"],
      });
      expect(session.endedAt - session.startedAt).toBe(1_000_000);
    }
  });
});

describe("repair", () => {
  it("says that sums are right, and puts wrong ones right", async () => {
    const ada = await enrol({ timeZone: "UTC" });
    await deliver(
      messagesOf(ada, logsRequest([requestRecord({ uid: uid(1) }), requestRecord({ uid: uid(2) })])),
    );
    const day = await env.DB.prepare("SELECT date(day * 86400, 'unixepoch') d FROM rollups").first<string>(
      "d",
    );
    const repair = async () => (await setUp("/local/repair", { from: day, to: day })).json();
    const sums = () => env.DB.prepare("SELECT * FROM rollups").raw();
    const right = await sums();
    expect(await repair()).toEqual({ days: [{ day, differing: 0 }] });
    await env.DB.prepare("UPDATE rollups SET output = output + 1").run();
    await env.DB.prepare("DELETE FROM session_rollups").run();
    expect(await repair()).toEqual({ days: [{ day, differing: 3 }] });
    expect(await sums()).toEqual(right);
    expect(await repair()).toEqual({ days: [{ day, differing: 0 }] });
  });
});

describe("every answer is closed", () => {
  it.each(["/", "/api/me", "/api/unknown", "/v1/logs", "/v1/unknown", "/local/enrol"])(
    "%s has the security headers",
    async (path) => {
      const { headers } = await call(path, { headers: { origin: "https://evil.example" } });
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).not.toContain("unsafe");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("x-frame-options")).toBe("DENY");
      for (const name of headers.keys()) expect(name).not.toMatch(/^access-control/);
    },
  );

  it.each(["/api/me", "/api/sign-in", "/local/enrol"])("OPTIONS %s grants nothing", async (path) => {
    const response = await call(path, {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
  });
});

it("a build's file that is gone is not answered by the page", async () => {
  const ASSETS = {
    fetch: async () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } }),
  } as unknown as Fetcher;
  const gone = await call("/assets/index-old.js", {}, { ASSETS });
  expect([gone.status, gone.headers.get("cache-control")]).toEqual([404, "no-store"]);
  expect((await call("/trust", {}, { ASSETS })).status).toBe(200);
});

it.each(["/v1", "/V1/logs"])("%s is no page", async (path) => {
  expect((await call(path)).status).toBe(404);
});

it("fromHex reads what toHex wrote", () => {
  expect([...fromHex("00ff10")]).toEqual([0, 255, 16]);
});
