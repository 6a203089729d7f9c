import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import type { EnrolAnswer, LinkAnswer } from "#proto/agent-api.ts";
import type { ApiBindings } from "../env.ts";
import { deleteTeamFor } from "../store/organization-teams.ts";
import { removePerson } from "../store/organizations.ts";
import { deleteExpired } from "../store/retention.ts";
import { link } from "../test/clerk.ts";
import { call, enrol, ORIGIN } from "../test/client.ts";
import { consentingMachine } from "../test/consenting.ts";
import { ask, asAgent, count, enrolled, grouping, newToken, trail } from "../test/machine.ts";
import { idOf, member, nobody, type Person } from "../test/people.ts";

interface Own {
  machines: { id: string; seenAt: number | null; inForce: unknown; accepted: unknown }[];
  team: { mode: string; retentionDays: number };
}

const PATH = "/api/account/machines";
const NONE = { machines: [] };
const STATUS = { version: "0.2.0", policySource: "consent", mode: "full", counters: {} };

let owner: Person;
let ada: Person;
let eve: Person;
let machine: EnrolAnswer;

beforeEach(async () => {
  machine = await consentingMachine("full");
  owner = await member("owner", "Olga");
  ada = await member("viewer", "Ada");
  eve = await member("admin", "Eve");
  await asAgent(machine.agentToken, "POST /v1/agent/status", STATUS);
});

const linkOf = async ({ agentToken }: EnrolAnswer) =>
  (await asAgent(agentToken, "POST /v1/agent/link")).json<LinkAnswer>();
const codeOf = async (of: EnrolAnswer) => (await linkOf(of)).code;
const redeem = async (who: Person, code: string) => {
  const { status, code: refusal } = await who.ask("POST", PATH, { code });
  return refusal ?? status;
};
const seenBy = async (who: Person) => (await who.ask<Own>("GET", PATH)).body;
const linked = async (who: Person, of: EnrolAnswer) => expect(await redeem(who, await codeOf(of))).toBe(204);
const idsOf = async (who: Person) => (await seenBy(who)).machines.map(({ id }) => id);
/** Machines of one person, by the same login. */
async function machinesOf(digit: string, many: number): Promise<EnrolAnswer[]> {
  const { token } = await newToken(owner.cookie, { kind: "bulk", maxUses: many });
  const made: EnrolAnswer[] = [];
  for (let n = 0; n < many; n += 1) made.push(await enrolled(token, { grouping: grouping(digit) }));
  return made;
}

describe("a member's own machines", () => {
  it("the member sees what is in force there, who set it and what was accepted; nobody else sees anything", async () => {
    await linked(ada, machine);
    expect(await seenBy(ada)).toEqual({
      machines: [
        {
          id: machine.agent,
          version: "0.2.0",
          seenAt: expect.any(Number),
          inForce: { mode: "full", setBy: "consent" },
          accepted: {
            mode: "full",
            by: "developer",
            acceptedAt: expect.any(Number),
            expiresAt: expect.any(Number),
            retentionDays: 90,
            holds: true,
          },
        },
      ],
      team: { mode: "full", retentionDays: 90 },
    });
    for (const other of [owner, eve, await member("viewer", "Bob")]) {
      expect(await seenBy(other)).toMatchObject(NONE);
    }
    expect((await nobody.ask("GET", PATH)).status).toBe(401);
  });

  it("no key of the team's reads it, whatever it may read", async () => {
    await linked(ada, machine);
    const scopes = ["reports:read", "sessions:read", "team:read", "audit:read"];
    const { body } = await owner.ask<{ secret: string }>("POST", "/api/keys", { label: "K", scopes });
    const headers = { authorization: `Bearer ${body.secret}`, origin: ORIGIN };
    expect((await call(PATH, { headers })).status).toBe(403);
  });

  it("an acceptance that a longer retention voids is said to hold no more", async () => {
    await linked(ada, machine);
    await owner.ask("PUT", "/api/team/retention", { retentionDays: 365 });
    const { machines, team } = await seenBy(ada);
    expect([machines[0]?.accepted, team.retentionDays]).toMatchObject([{ mode: "full", holds: false }, 365]);
    await asAgent(machine.agentToken, "POST /v1/agent/consent/withdraw");
    expect((await seenBy(ada)).machines[0]?.accepted).toBeNull();
  });

  it("whoever enrols a machine as the same person sees that one alone", async () => {
    const [own, forged] = await machinesOf("a", 2);
    if (own === undefined || forged === undefined) throw new Error("none");
    await linked(eve, forged);
    expect(await idsOf(eve)).toEqual([forged.agent]);
    // Ada finds her place taken, learns nothing of by whom, and has a way to end it.
    expect((await linkOf(own)).linked).toBe(true);
    expect(await redeem(ada, await codeOf(own))).toBe("link_taken");
    expect((await asAgent(own.agentToken, "POST /v1/agent/unlink")).status).toBe(204);
    expect(await seenBy(eve)).toMatchObject(NONE);
    await linked(ada, own);
    expect(await idsOf(ada)).toEqual([own.agent]);
  });

  it("several machines of one person are of one member, and a member's are of one person", async () => {
    const own = await machinesOf("b", 2);
    for (const each of own) await linked(ada, each);
    expect(await idsOf(ada)).toEqual(own.map(({ agent }) => agent));
    expect(await redeem(ada, await codeOf(machine))).toBe("other_developer");
    expect((await ada.ask("DELETE", PATH)).status).toBe(204);
    expect(await seenBy(ada)).toMatchObject(NONE);
    await linked(ada, machine);
  });
});

describe("a code", () => {
  it("works once, and only the newest of a machine does", async () => {
    const [first, second] = [await codeOf(machine), await codeOf(machine)];
    expect(await redeem(ada, first)).toBe("link_refused");
    const both = await Promise.all([redeem(ada, second), redeem(ada, second)]);
    expect(both.map(String).toSorted()).toEqual(["204", "link_refused"]);
    expect(await redeem(eve, second)).toBe("link_refused");
    expect(await count("link_codes")).toBe(0);
  });

  it("that is too old, forged, of a machine that left, or another team's is refused in the same words", async () => {
    const code = await codeOf(machine);
    await enrol({ team: "Other" });
    const stranger = await member("owner", "Mallory", "Other");
    expect(await redeem(stranger, code)).toBe("link_refused");
    expect(await redeem(ada, `lnk_${"A".repeat(43)}`)).toBe("link_refused");
    expect(await redeem(ada, machine.agentToken)).toBe("link_refused");
    await env.DB.prepare("UPDATE link_codes SET expires_at = ?1").bind(Date.now()).run();
    expect(await redeem(ada, code)).toBe("link_refused");
    await deleteExpired(env.DB, Date.now());
    expect(await count("link_codes")).toBe(0);
    const late = await codeOf(machine);
    await env.DB.prepare("UPDATE agents SET revoked_at = 1 WHERE public_id = ?1").bind(machine.agent).run();
    expect(await redeem(ada, late)).toBe("link_refused");
    expect(await count("own_machines")).toBe(0);
  });

  it("is brought by the team's own page alone", async () => {
    const init = {
      method: "POST",
      headers: { cookie: ada.cookie, "content-type": "application/json", origin: "https://evil.example" },
      body: JSON.stringify({ code: await codeOf(machine) }),
    };
    expect((await call(PATH, init)).status).toBe(403);
    expect((await call(PATH, { ...init, method: "DELETE", body: null })).status).toBe(403);
    expect(await count("own_machines")).toBe(0);
  });

  it("is good for ten minutes, leads to the account page, and is stored nowhere", async () => {
    const before = Date.now();
    const { code, expiresAt, page, linked: isLinked } = await linkOf(machine);
    expect([page, isLinked]).toEqual([`${ORIGIN}/settings/account`, false]);
    expect(expiresAt - before).toBeGreaterThanOrEqual(600_000);
    expect(expiresAt - Date.now()).toBeLessThanOrEqual(600_000);
    const { results } = await env.DB.prepare("SELECT * FROM link_codes").all();
    expect(JSON.stringify(results)).not.toContain(code.slice(4));
    const moved = { PUBLIC_URL: "https://talos.example" };
    const headers = { authorization: `Bearer ${machine.agentToken}` };
    const response = await call("/v1/agent/link", { method: "POST", headers }, moved);
    expect((await response.json<LinkAnswer>()).page).toBe("https://talos.example/settings/account");
  });

  it("is not given without end", async () => {
    const BUCKETS = {
      idFromName: (name: string) => name,
      get: (name: string) => ({ take: async () => ({ allowed: !name.startsWith("link:"), retryAfterS: 7 }) }),
    } as unknown as ApiBindings["BUCKETS"];
    const headers = { authorization: `Bearer ${machine.agentToken}` };
    const refused = await call("/v1/agent/link", { method: "POST", headers }, { BUCKETS });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "7"]);
  });
});

it("a link goes with the member, the machine, its developer's data and the team", async () => {
  const byClerk = { spend: env.DB.prepare("SELECT 1"), atMs: Date.now(), nowMs: Date.now() };
  await link("Acme", "org_acme");
  const ends: [what: string, end: (of: EnrolAnswer) => Promise<unknown>][] = [
    ["it leaves", (of) => asAgent(of.agentToken, "POST /v1/agent/unenroll", { erase: false })],
    [
      "it leaves, and its data is erased",
      (of) => asAgent(of.agentToken, "POST /v1/agent/unenroll", { erase: true }),
    ],
    ["it is revoked", (of) => ask(owner.cookie, `DELETE /api/agents/${of.agent}`)],
    ["it says so", (of) => asAgent(of.agentToken, "POST /v1/agent/unlink")],
    ["the member is removed", async () => owner.ask("DELETE", `/api/members/${await idOf("Ada")}`)],
    ["the member is gone from Clerk", () => removePerson(env.DB, "user_eve", byClerk)],
    ["the team is deleted", () => deleteTeamFor(env.DB, "org_acme", byClerk)],
  ];
  await env.DB.prepare("UPDATE members SET subject = 'user_eve' WHERE label = 'Eve'").run();
  const who = [ada, ada, ada, ada, ada, eve, owner];
  for (const [n, [what, end]] of ends.entries()) {
    const [own, other] = await machinesOf(String(n), 2);
    if (own === undefined || other === undefined) throw new Error("none");
    for (const each of [own, other]) await linked(who[n] ?? ada, each);
    await codeOf(own);
    await end(own);
    const isOfPerson = !["it leaves", "it is revoked"].includes(what);
    expect([what, await count("own_machines")]).toEqual([what, isOfPerson ? 0 : 1]);
    const isOfMember = what.startsWith("the member");
    expect([what, await count("link_codes")]).toEqual([what, isOfMember ? 1 : 0]);
    await env.DB.batch([
      env.DB.prepare("DELETE FROM own_machines"),
      env.DB.prepare("DELETE FROM link_codes"),
    ]);
  }
});

it("the trail says that somebody linked or unlinked: not who, which machine, nor any mode", async () => {
  await linked(ada, machine);
  await ada.ask("DELETE", PATH);
  await ada.ask("DELETE", PATH);
  const bare = { actor: "member", actorId: "", target: "", metadata: {} };
  expect(await trail("machine.link")).toEqual([bare]);
  expect(await trail("machine.unlink")).toEqual([bare]);
});

it("who manages the team sees nothing more for it", async () => {
  const routes = ["/api/agents", "/api/agents/modes", "/api/developers", "/api/members"];
  const all = async () => {
    const answers: unknown[] = [];
    for (const route of routes) answers.push((await owner.ask("GET", route)).body);
    // When members were seen, to the hour.
    return JSON.parse(
      JSON.stringify(answers, (key, value: unknown) => (key === "seenAt" ? null : value)),
    ) as unknown;
  };
  const before = await all();
  await linked(ada, machine);
  expect(await all()).toEqual(before);
});
