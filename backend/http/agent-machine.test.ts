import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { RotateAnswer, SignedConfig } from "#proto/agent-api.ts";
import { place } from "../queue/ingest.ts";
import { storeEvents } from "../store/ingest.ts";
import { deleteExpired } from "../store/retention.ts";
import { call, deliver, type Enrolment, enrol, messagesOf, post, signIn } from "../test/client.ts";
import {
  ask,
  asAgent,
  configIn,
  configOf,
  count,
  enrolled,
  grouping,
  newToken,
  trail,
} from "../test/machine.ts";
import { logsRequest, requestRecord, uid } from "../test/records.ts";

const DAY_MS = 86_400_000;
const one = () => logsRequest([requestRecord({ uid: uid(1) })]);
const set = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();
const first = (sql: string) => env.DB.prepare(sql).first<number>();

async function machine() {
  await enrol();
  const cookie = await signIn();
  return { cookie, ...(await enrolled((await newToken(cookie)).token)) };
}

const status = { version: "0.2.0", policySource: "user", mode: "off", counters: { read: 7, queued: 2 } };
const rotate = async (token: string) =>
  (await (await asAgent(token, "POST /v1/agent/token")).json<RotateAnswer>()).agentToken;
const isGood = async (token: string) => (await asAgent(token, "GET /v1/agent/config")).status === 200;

describe("who asks", () => {
  const routes = [
    ["GET /v1/agent/config", undefined],
    ["POST /v1/agent/status", status],
    ["POST /v1/agent/token", undefined],
    ["POST /v1/agent/unenroll", { erase: false }],
  ] as const;

  it.each(routes)("%s: an unknown token, none, a cookie: 401; a revoked one: 403", async (route, body) => {
    const { agentToken, agent, cookie } = await machine();
    await asAgent(agentToken, "POST /v1/agent/status", status);
    expect((await asAgent(`tal_${"A".repeat(43)}`, route, body)).status).toBe(401);
    expect((await asAgent("", route, body)).status).toBe(401);
    expect((await ask(cookie, route, body)).status).toBe(401);
    expect((await ask(cookie, `DELETE /api/agents/${agent}`)).status).toBe(204);
    expect((await asAgent(agentToken, route, body)).status).toBe(403);
    expect(await trail("agent.revoke")).toMatchObject([{ actor: "member", target: agent }]);
    expect(await count("agents WHERE mode <> '' OR policy_source <> '' OR counters <> '{}'")).toBe(0);
  });

  it("revoked: what it sends is refused at once, and its developer's other machine goes on", async () => {
    await enrol();
    const cookie = await signIn();
    const { token } = await newToken(cookie, { kind: "bulk", maxUses: 5 });
    const [a, b] = [
      await enrolled(token, { grouping: grouping("a") }),
      await enrolled(token, { grouping: grouping("a") }),
    ];
    expect((await post(a.agentToken, one())).status).toBe(200);
    await ask(cookie, `DELETE /api/agents/${a.agent}`);
    expect([(await post(a.agentToken, one())).status, (await post(b.agentToken, one())).status]).toEqual([
      403, 200,
    ]);
    // Again: nothing more happens, and another team's is not there.
    expect((await ask(cookie, `DELETE /api/agents/${a.agent}`)).status).toBe(204);
    expect(await trail("agent.revoke")).toHaveLength(1);
    await enrol({ team: "Other" });
    const stranger = await signIn({ team: "Other" });
    expect((await ask(stranger, `DELETE /api/agents/${b.agent}`)).status).toBe(404);
    expect((await post(b.agentToken, one())).status).toBe(200);
  });

  it("a deleted team's machines are nobody", async () => {
    const { agentToken } = await machine();
    await set("UPDATE teams SET deleted_at = 1");
    expect([(await post(agentToken, one())).status, await isGood(agentToken)]).toEqual([401, false]);
  });

  it("an agent token opens nothing of the JSON API", async () => {
    const { agentToken } = await machine();
    expect((await asAgent(agentToken, "GET /api/me")).status).toBe(401);
    expect((await asAgent(agentToken, "GET /api/agents")).status).toBe(401);
  });
});

it("a machine that asks without end is told to wait, and no other is", async () => {
  const { agentToken, agent, cookie } = await machine();
  const other = await enrolled((await newToken(cookie)).token);
  const BUCKETS = {
    idFromName: (name: string) => name,
    get: (name: string) => ({ take: async () => ({ allowed: name !== `agent:${agent}`, retryAfterS: 7 }) }),
  } as never;
  const config = (token: string) =>
    call("/v1/agent/config", { headers: { authorization: `Bearer ${token}` } }, { BUCKETS });
  const refused = await config(agentToken);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "7"]);
  expect((await config(other.agentToken)).status).toBe(200);
});

describe("the signed configuration", () => {
  it("is not sent again while it is known, and is another for each machine", async () => {
    const { agentToken, cookie } = await machine();
    const answer = await asAgent(agentToken, "GET /v1/agent/config");
    const etag = answer.headers.get("etag") ?? "";
    expect(answer.headers.get("cache-control")).toBe("private, no-cache");
    const again = (token: string, tag = etag) =>
      asAgent(token, "GET /v1/agent/config", undefined, { "if-none-match": tag });
    expect([(await again(agentToken)).status, (await again(agentToken, `W/${etag}`)).status]).toEqual([
      304, 304,
    ]);
    const other = await enrolled((await newToken(cookie)).token);
    expect((await again(other.agentToken)).status).toBe(200);
    await ask(cookie, "PATCH /api/team", { features: { projects: true } });
    const changed = await again(agentToken);
    expect(changed.status).toBe(200);
    expect(configIn(await changed.json<SignedConfig>()).features).toEqual({
      projects: true,
      activity: false,
    });
  });

  it("is signed anew each time", async () => {
    const { agentToken } = await machine();
    const [a, b] = [await configOf(agentToken), await configOf(agentToken)];
    expect(b.issuedAt).toBeGreaterThanOrEqual(a.issuedAt);
    expect(Math.abs(b.issuedAt - Date.now())).toBeLessThan(60_000);
    expect({ ...a, issuedAt: 0, expiresAt: 0 }).toEqual({ ...b, issuedAt: 0, expiresAt: 0 });
  });

  it("its version is never behind the clock, so that after an older database the next change is ahead", async () => {
    const { agentToken, cookie } = await machine();
    const backup = await first("SELECT config_version FROM teams WHERE id = 1").then(
      (row) => Object.values(row ?? {})[0],
    );
    await ask(cookie, "PUT /api/team/mode", { mode: "full", confirm: "full" });
    await ask(cookie, "PUT /api/team/mode", { mode: "off" });
    const seen = await configOf(agentToken);
    // The database of before: the looser mode, and the version that it had.
    await set("UPDATE teams SET mode = 'full', config_version = ?1", backup);
    const restored = await configOf(agentToken);
    expect(restored.version).toBeLessThan(seen.version);
    await ask(cookie, "PUT /api/team/mode", { mode: "categorize_local" });
    const changed = await configOf(agentToken);
    expect(changed.version).toBeGreaterThan(seen.version);
    expect(changed.mode).toBe("categorize_local");
  });

  it("its version grows with each change, also when the clock stands or goes back", async () => {
    const { agentToken, cookie } = await machine();
    const ahead = Date.now() + DAY_MS;
    await set("UPDATE teams SET config_version = ?1", ahead);
    await ask(cookie, "PATCH /api/team", { features: { projects: true } });
    expect((await configOf(agentToken)).version).toBe(ahead + 1);
  });
});

describe("what a machine says of itself", () => {
  it("is shown to managers without the mode, and without what tells who did not accept", async () => {
    const { agentToken, cookie, agent, developer } = await machine();
    const counters = { read: 7, accepted: 7, acknowledged: 5, queued: 2 };
    const said = await asAgent(agentToken, "POST /v1/agent/status", { ...status, counters });
    expect(said.status).toBe(204);
    const answer = await ask(cookie, "GET /api/agents");
    const { agents } = await answer.json<{ agents: Record<string, unknown>[] }>();
    const shown = agents.find(({ id }) => id === agent);
    expect(shown).toMatchObject({
      developer,
      version: "0.2.0",
      policySource: "unmanaged",
      revokedAt: null,
    });
    expect(Object.keys(shown ?? {})).not.toContain("mode");
    // To ten minutes: the moment that a mode changed would tell, beside the trail, who accepted.
    await set("UPDATE agents SET created_at = 0, seen_at = ?1", Date.parse("2026-11-24T08:19:59.999Z"));
    expect(await (await ask(cookie, "GET /api/agents")).text()).toContain(
      `"seenAt":${Date.parse("2026-11-24T08:10:00Z")}`,
    );
    // With answers more is read and sent than the reports hold.
    expect(shown?.["counters"]).toEqual({ queued: 2 });
    await asAgent(agentToken, "POST /v1/agent/status", { ...status, policySource: "managed" });
    expect(await (await ask(cookie, "GET /api/agents")).text()).toContain('"policySource":"managed"');
  });

  it("shows nobody's mode to fewer than five people, however many machines they have", async () => {
    await enrol();
    const cookie = await signIn();
    const { token } = await newToken(cookie, { kind: "bulk", maxUses: 20 });
    const modes = async () => (await ask(cookie, "GET /api/agents/modes")).json();
    const add = async (person: string, mode: string) => {
      const { agentToken } = await enrolled(token, { grouping: grouping(person) });
      await asAgent(agentToken, "POST /v1/agent/status", { ...status, mode });
    };
    for (const person of ["a", "a", "a", "b", "c", "d"]) await add(person, "off");
    expect(await modes()).toEqual({ total: 6, modes: null });
    await add("e", "full");
    expect(await modes()).toEqual({
      total: 7,
      modes: { off: 6, categorize_local: 0, categorize_cloud: 0, full: 1 },
    });
    await set("UPDATE agents SET seen_at = ?1 WHERE mode = 'full'", Date.now() - 31 * DAY_MS);
    expect(await modes()).toEqual({ total: 6, modes: null });
  });

  it.each([
    { ...status, mode: "everything" },
    { ...status, policySource: "boss" },
    { ...status, counters: { "/home/ada": 1 } },
    { ...status, counters: { read: -1 } },
    { ...status, version: "ada-laptop" },
    { ...status, hostname: "ada-laptop" },
    [],
  ])("%j is refused", async (body) => {
    const { agentToken } = await machine();
    expect((await asAgent(agentToken, "POST /v1/agent/status", body)).status).toBe(400);
    expect(await count("agents WHERE mode <> ''")).toBe(0);
  });

  it("that it lives is noted when it sends, but not each time", async () => {
    const { agentToken, agent } = await machine();
    const seenAt = () =>
      env.DB.prepare("SELECT seen_at FROM agents WHERE public_id = ?1").bind(agent).first<number>("seen_at");
    await set("UPDATE agents SET seen_at = ?1 WHERE public_id = ?2", Date.now() - 60_000, agent);
    const before = await seenAt();
    await post(agentToken, one());
    expect(await seenAt()).toBe(before);
    await set("UPDATE agents SET seen_at = ?1 WHERE public_id = ?2", Date.now() - 3_600_000, agent);
    await post(agentToken, one());
    expect(Math.abs(((await seenAt()) ?? 0) - Date.now())).toBeLessThan(60_000);
  });
});

describe("a token that is replaced", () => {
  it("lives until the new one is first used", async () => {
    const { agentToken: old, agent } = await machine();
    const next = await rotate(old);
    expect(next).toMatch(/^tal_[A-Za-z0-9_-]{43}$/);
    expect([await isGood(old), (await post(old, one())).status]).toEqual([true, 200]);
    expect((await post(next, one())).status).toBe(200);
    expect([(await post(old, one())).status, await isGood(old), await isGood(next)]).toEqual([
      401,
      false,
      true,
    ]);
    expect(await trail("agent.rotate")).toMatchObject([{ actor: "agent", actorId: agent, target: agent }]);
    expect(await count("agent_tokens WHERE agent = 2")).toBe(1);
  });

  it("lives a day at the most", async () => {
    const { agentToken: old } = await machine();
    const next = await rotate(old);
    const endsAt = await env.DB.prepare("SELECT max(expires_at) e FROM agent_tokens").first<number>("e");
    expect(Math.abs((endsAt ?? 0) - Date.now() - DAY_MS)).toBeLessThan(60_000);
    await set("UPDATE agent_tokens SET expires_at = ?1 WHERE expires_at IS NOT NULL", Date.now());
    expect([(await post(old, one())).status, await isGood(old)]).toEqual([401, false]);
    await deleteExpired(env.DB, Date.now());
    expect(await count("agent_tokens WHERE agent = 2")).toBe(1);
    expect(await isGood(next)).toBe(true);
  });

  it("replaced once more, when the answer was lost: the lost one is worth nothing, the day is the first's", async () => {
    const { agentToken: old } = await machine();
    const lost = await rotate(old);
    await set("UPDATE agent_tokens SET expires_at = expires_at - 1000 WHERE expires_at IS NOT NULL");
    const endsAt = () => env.DB.prepare("SELECT max(expires_at) e FROM agent_tokens").first<number>("e");
    const day = await endsAt();
    const next = await rotate(old);
    expect(await endsAt()).toBe(day);
    expect([await isGood(lost), await isGood(next), await isGood(old)]).toEqual([false, true, false]);
  });

  it("by two at once: both answers cannot be good", async () => {
    const { agentToken: old } = await machine();
    const made = await Promise.all([rotate(old), rotate(old), rotate(old)]);
    const good = [];
    for (const token of made) if (await isGood(token)) good.push(token);
    expect(good).toHaveLength(1);
    expect(await isGood(old)).toBe(false);
  });

  it("not without end: each is in the trail", async () => {
    let { agentToken: token } = await machine();
    for (let times = 0; times < 10; times += 1) token = await rotate(token);
    const refused = await asAgent(token, "POST /v1/agent/token");
    expect([refused.status, await refused.json()]).toMatchObject([429, { error: { code: "rate_limited" } }]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await isGood(token)).toBe(true);
  });

  it("a revoked machine gets no other", async () => {
    const { agentToken, agent, cookie } = await machine();
    const next = await rotate(agentToken);
    await ask(cookie, `DELETE /api/agents/${agent}`);
    expect((await asAgent(next, "POST /v1/agent/token")).status).toBe(403);
    expect((await post(next, one())).status).toBe(403);
  });
});

describe("leaving", () => {
  const leave = (token: string, erase: boolean) => asAgent(token, "POST /v1/agent/unenroll", { erase });

  /** Two developers with data, a label and a group. */
  async function working() {
    const { cookie, ...ada } = await machine();
    const bob = await enrolled((await newToken(cookie)).token);
    await ask(cookie, `PUT /api/developers/${ada.developer.id}`, { label: "Analyst" });
    await ask(cookie, "PUT /api/groups/csv", { csv: `developer,group\n${ada.developer.id},Core` });
    const numbers = new Map<string, Enrolment>();
    for (const { developer } of [ada, bob]) {
      const id = await env.DB.prepare("SELECT id FROM developers WHERE public_id = ?1")
        .bind(developer.id)
        .first("id");
      numbers.set(developer.id, { teamId: "1", developerId: String(id) } as Enrolment);
    }
    const send = async (who: typeof ada, n: number, atS = Math.floor(Date.now() / 1000) - 60) => {
      const sender = numbers.get(who.developer.id);
      if (sender === undefined) throw new Error("no such developer");
      const logs = logsRequest([requestRecord({ uid: uid(n), atS, session: String(n % 10).repeat(32) })]);
      return deliver(messagesOf(sender, logs));
    };
    await send(ada, 1);
    await send(bob, 2);
    return { cookie, ada, bob, send };
  }
  const rows = () => Promise.all(["events", "rollups", "session_rollups", "sessions"].map(count));

  it("ends the token and keeps the data where it is not asked for", async () => {
    const { ada, bob } = await working();
    expect((await leave(ada.agentToken, false)).status).toBe(204);
    expect([(await post(ada.agentToken, one())).status, (await leave(ada.agentToken, false)).status]).toEqual(
      [401, 401],
    );
    expect(await isGood(bob.agentToken)).toBe(true);
    expect(await rows()).toEqual([2, 2, 2, 2]);
    expect(await trail("agent.unenrol")).toMatchObject([
      { actor: "agent", actorId: ada.agent, metadata: { erase: false } },
    ]);
    expect(await trail("developer.erase")).toEqual([]);
  });

  it("erases this developer's data and names, and nobody else's", async () => {
    const { cookie, ada } = await working();
    expect((await leave(ada.agentToken, true)).status).toBe(204);
    expect(await rows()).toEqual([1, 1, 1, 1]);
    expect(await count("group_developers")).toBe(0);
    const left = await (await ask(cookie, "GET /api/developers")).text();
    expect(left).not.toContain("Analyst");
    expect(await count("developers WHERE label <> '' OR grouping <> x''")).toBe(0);
    expect(await trail("developer.erase")).toMatchObject([
      { actor: "agent", actorId: ada.agent, target: ada.developer.id },
    ]);
  });

  it("what is still on its way when it is erased is not stored", async () => {
    const { ada, send } = await working();
    await leave(ada.agentToken, true);
    expect(await send(ada, 3)).toEqual([{ kind: "ack" }]);
    expect(await rows()).toEqual([1, 1, 1, 1]);
  });

  it("what the person's other machine does afterwards is counted anew", async () => {
    await enrol();
    const cookie = await signIn();
    const { token } = await newToken(cookie, { kind: "bulk", maxUses: 5 });
    const [a, b] = [
      await enrolled(token, { grouping: grouping("a") }),
      await enrolled(token, { grouping: grouping("a") }),
    ];
    await leave(a.agentToken, true);
    expect(await isGood(b.agentToken)).toBe(true);
    const id = await env.DB.prepare("SELECT id FROM developers WHERE public_id = ?1")
      .bind(b.developer.id)
      .first("id");
    const sender = { teamId: "1", developerId: String(id) } as Enrolment;
    const later = messagesOf(sender, logsRequest([requestRecord({ uid: uid(9) })])).flatMap((message) =>
      place(message, { timeZone: "UTC", retentionDays: 90 }).map((event) => ({
        ...event,
        at: Math.floor(Date.now() / 1000) + 5,
      })),
    );
    await storeEvents(env.DB, 1, later, { ids: [] });
    expect(await rows()).toEqual([1, 1, 1, 1]);
    const third = await enrolled(token, { grouping: grouping("a") });
    expect(third.developer.id).toBe(b.developer.id);
  });

  it("a later machine of the same person erases nothing while an earlier one is enrolled", async () => {
    await enrol();
    const cookie = await signIn();
    const { token } = await newToken(cookie, { kind: "bulk", maxUses: 5 });
    const own = await enrolled(token, { grouping: grouping("a") });
    const stranger = await enrolled(token, { grouping: grouping("a") });
    await set("UPDATE developers SET label = 'Ada' WHERE public_id = ?1", own.developer.id);
    const refused = await leave(stranger.agentToken, true);
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { error: { code: "not_first_machine" } },
    ]);
    expect(await count("developers WHERE label = 'Ada'")).toBe(1);
    expect(await isGood(stranger.agentToken)).toBe(true);
    expect((await leave(own.agentToken, false)).status).toBe(204);
    expect((await leave(stranger.agentToken, true)).status).toBe(204);
  });

  it("events without a session, and sessions of long ago, are erased too", async () => {
    const { ada, bob, send } = await working();
    await send(ada, 20, Math.floor(Date.now() / 1000) - 40 * 86_400);
    await set("UPDATE events SET session = x'' WHERE uid = (SELECT max(uid) FROM events)");
    await send(bob, 30);
    expect(await count("events WHERE session = x''")).toBe(1);
    await leave(ada.agentToken, true);
    expect(await count("events")).toBe(2);
    expect(
      await count("events WHERE developer = (SELECT min(developer) FROM agents WHERE revoked_at > 0)"),
    ).toBe(0);
  });

  it("who comes back after the last machine left and was erased is somebody new", async () => {
    await enrol();
    const { token } = await newToken(await signIn(), { kind: "bulk", maxUses: 5 });
    const before = await enrolled(token, { grouping: grouping("a") });
    await leave(before.agentToken, true);
    const after = await enrolled(token, { grouping: grouping("a") });
    expect(after.developer.id).not.toBe(before.developer.id);
  });
});

describe("enrolment tokens, seen by admins", () => {
  interface Listed {
    tokens: { id: string; state: string; uses: number }[];
    next: string | null;
  }

  it("are listed with their state and without any secret, and are the team's own", async () => {
    await enrol();
    const cookie = await signIn();
    const [open, used, expired, revoked] = [
      await newToken(cookie),
      await newToken(cookie),
      await newToken(cookie),
      await newToken(cookie),
    ];
    await enrolled(used.token);
    await set("UPDATE enrolment_tokens SET expires_at = ?1 WHERE public_id = ?2", Date.now(), expired.id);
    await enrol({ team: "Other" });
    const stranger = await signIn({ team: "Other" });
    expect((await ask(stranger, `DELETE /api/enrolment-tokens/${open.id}`)).status).toBe(404);
    await ask(cookie, `DELETE /api/enrolment-tokens/${revoked.id}`);
    expect((await ask(cookie, `DELETE /api/enrolment-tokens/${revoked.id}`)).status).toBe(204);
    expect(await trail("enrolment_token.revoke")).toHaveLength(1);
    const answer = await ask(cookie, "GET /api/enrolment-tokens");
    const text = await answer.clone().text();
    const { tokens } = await answer.json<Listed>();
    expect(tokens.map(({ id, state }) => [id, state])).toEqual([
      [revoked.id, "revoked"],
      [expired.id, "expired"],
      [used.id, "used_up"],
      [open.id, "open"],
    ]);
    for (const { token } of [open, used, expired, revoked]) expect(text).not.toContain(token.slice(4));
    expect(await (await ask(stranger, "GET /api/enrolment-tokens")).json()).toEqual({
      tokens: [],
      next: null,
    });
  });

  it("are made for the team's own developers alone, and not without end", async () => {
    const { developer } = await machine();
    await enrol({ team: "Other" });
    const stranger = await signIn({ team: "Other" });
    const foreign = await ask(stranger, "POST /api/enrolment-tokens", {
      kind: "person",
      developer: developer.id,
    });
    expect(foreign.status).toBe(404);
    const cookie = await signIn({ team: "Acme" });
    const rows = Array.from(
      { length: 100 },
      (_, n) => `('ent_${n}', 1, x'${String(n).padStart(4, "0")}', 'person', 1, 1, 0, 9e15)`,
    );
    await set(
      `INSERT INTO enrolment_tokens (public_id, team, hash, kind, max_uses, created_by, created_at, expires_at) VALUES ${rows.join()}`,
    );
    const many = await ask(cookie, "POST /api/enrolment-tokens", { kind: "person" });
    expect([many.status, await many.json()]).toMatchObject([409, { error: { code: "too_many_tokens" } }]);
  });
});
