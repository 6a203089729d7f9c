import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { cookieOf, idOf, member, nobody, person, trail } from "../test/people.ts";

interface Made {
  invite: { id: string; email: string; role: string; state: string };
  link: string;
  mailed: boolean;
}

const DAY = 86_400_000;
const wanted = { email: "Grace@Example.com", role: "viewer" };
const codeIn = (link: string) => link.split("#")[1] ?? "";
const accept = (code: string, label = "Grace") => nobody.ask("POST", "/api/invites/accept", { code, label });
const invite = async (by: Awaited<ReturnType<typeof member>>, body = wanted) =>
  (await by.ask<Made>("POST", "/api/invites", body)).body;

it("an invite is a link that works once, for seven days, and signs in", async () => {
  const admin = await member("admin");
  const made = await invite(admin);
  expect(made).toMatchObject({
    invite: { email: "grace@example.com", role: "viewer", invitedBy: "admin", state: "open" },
    link: expect.stringMatching(/^http:\/\/localhost:8787\/invite#[\w-]{43}$/),
    mailed: false,
  });
  const accepted = await accept(codeIn(made.link));
  expect(accepted.status).toBe(204);
  const grace = person(cookieOf(accepted));
  expect((await grace.ask("GET", "/api/me")).body).toMatchObject({
    team: { name: "Acme" },
    viewer: { label: "Grace", role: "viewer" },
  });
  const again = await accept(codeIn(made.link));
  expect([again.status, again.code, again.setCookie]).toEqual([401, "invalid_code", null]);
  expect(await trail("Acme", [])).toMatchObject([
    { action: "sign_in" },
    { actor: "admin", action: "member.invite", target: made.invite.id, metadata: { role: "viewer" } },
    {
      actor: "Grace",
      action: "member.join",
      target: made.invite.id,
      metadata: { role: "viewer", by: "invite" },
    },
    { actor: "Grace", action: "sign_in" },
  ]);
});

it("the code is nowhere in the database", async () => {
  const code = codeIn((await invite(await member("admin"))).link);
  const rows = await env.DB.prepare("SELECT * FROM invites").raw();
  const text = rows
    .flat()
    .map((value) => (Array.isArray(value) ? Buffer.from(value).toString("latin1") : String(value)));
  expect(text.join("\n").includes(code)).toBe(false);
});

it("of two who open it at once one is let in", async () => {
  const code = codeIn((await invite(await member("admin"))).link);
  const answers = await Promise.all([accept(code, "Grace"), accept(code, "Mallory")]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 401]);
  expect(await env.DB.prepare("SELECT count(*) n FROM members").first("n")).toBe(2);
});

describe("nobody joins by a code", () => {
  const cases: Record<string, (made: Made) => Promise<unknown>> = {
    "that is too old": () => env.DB.prepare("UPDATE invites SET expires_at = ?1").bind(Date.now()).run(),
    "that was revoked": (made) => revoker.ask("DELETE", `/api/invites/${made.invite.id}`),
    "that was used by somebody who is removed by now": async (made) => {
      await accept(codeIn(made.link));
      await revoker.ask("DELETE", `/api/members/${await idOf("Grace")}`);
    },
    "of a team that is deleted": () => env.DB.prepare("UPDATE teams SET deleted_at = 1").run(),
    "for an address that a member has": () =>
      env.DB.prepare("UPDATE members SET email = 'grace@example.com' WHERE label = 'admin'").run(),
    "of somebody who was removed": async () => {
      const owner = await member("owner");
      await owner.ask("DELETE", `/api/members/${await idOf("admin")}`);
    },
    "of somebody who may not invite any more": async () => {
      const owner = await member("owner");
      await owner.ask("PUT", `/api/members/${await idOf("admin")}/role`, { role: "manager" });
    },
  };
  let revoker = nobody;
  it.each(Object.keys(cases))("%s, which is answered as one that never was", async (name) => {
    revoker = await member("admin");
    const made = await invite(revoker);
    await cases[name]?.(made);
    const before = await env.DB.prepare("SELECT count(*) n FROM members").first("n");
    const [refused, invented] = [await accept(codeIn(made.link)), await accept("invented")];
    expect(refused).toEqual(invented);
    expect([refused.status, refused.code]).toEqual([401, "invalid_code"]);
    expect(await env.DB.prepare("SELECT count(*) n FROM members").first("n")).toBe(before);
  });
});

it("lives seven days", async () => {
  await invite(await member("admin"));
  const until = await env.DB.prepare("SELECT expires_at e FROM invites").first<number>("e");
  expect(Math.abs((until ?? 0) - Date.now() - 7 * DAY)).toBeLessThan(60_000);
});

it.each([
  { by: "admin", role: "owner", status: 403, code: "not_allowed" },
  { by: "manager", role: "viewer", status: 403, code: "not_allowed" },
  { by: "viewer", role: "viewer", status: 403, code: "not_allowed" },
] as const)("$by may not invite a new $role", async ({ by, role, status, code }) => {
  const actor = await member(by);
  const refused = await actor.ask("POST", "/api/invites", { ...wanted, role });
  expect([refused.status, refused.code, await trail()]).toEqual([status, code, []]);
});

it("owners invite owners", async () => {
  const made = await invite(await member("owner"), { ...wanted, role: "owner" });
  expect(made.invite.role).toBe("owner");
});

it("whoever has the address already is not invited", async () => {
  const admin = await member("admin");
  await accept(codeIn((await invite(admin)).link));
  const refused = await admin.ask("POST", "/api/invites", wanted);
  expect([refused.status, refused.code]).toEqual([409, "already_member"]);
});

it("fifty may be open at a time, also when many are made at once", async () => {
  const admin = await member("admin");
  await env.DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 48)
      INSERT INTO invites (public_id, team, hash, email, role, invited_by, created_at, expires_at)
      SELECT 'inv_' || printf('%024x', i), m.team, cast(i AS BLOB), 'e' || i, 'viewer', m.id, 1, 9e15 FROM n, members m`,
  ).run();
  const answers = await Promise.all(
    [1, 2, 3, 4].map((n) => admin.ask("POST", "/api/invites", { ...wanted, email: `x${n}@example.com` })),
  );
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 409, 409]);
  expect(answers.find(({ status }) => status === 409)?.code).toBe("too_many_invites");
  await env.DB.prepare("UPDATE invites SET expires_at = 1 WHERE email = 'e1'").run();
  expect((await admin.ask("POST", "/api/invites", wanted)).status).toBe(200);
});

it("the list says what became of each, newest first, in pages of 100", async () => {
  interface Page {
    invites: { id: string; state: string }[];
    next: string | null;
  }
  const admin = await member("admin");
  await env.DB.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 103)
      INSERT INTO invites (public_id, team, hash, email, role, invited_by, created_at, expires_at, accepted_at, revoked_at)
      SELECT 'inv_' || printf('%024x', i), m.team, cast(i AS BLOB), 'e', 'viewer', m.id, 1,
        iif(i = 102, 9e15, 1), iif(i = 101, 1, NULL), iif(i = 103, 1, NULL) FROM n, members m`,
  ).run();
  const first = (await admin.ask<Page>("GET", "/api/invites")).body;
  expect(first.invites.slice(0, 4).map(({ state }) => state)).toEqual([
    "revoked",
    "open",
    "accepted",
    "expired",
  ]);
  const second = (await admin.ask<Page>("GET", `/api/invites?cursor=${first.next}`)).body;
  expect([first.invites.length, second.invites.length, second.next]).toEqual([100, 3, null]);
});

it("another team's invites are as unknown as ones that never were", async () => {
  const made = await invite(await member("admin", "Theirs", "Theirs"));
  const admin = await member("admin");
  for (const id of [made.invite.id, `inv_${"0".repeat(24)}`]) {
    const refused = await admin.ask("DELETE", `/api/invites/${id}`);
    expect([refused.status, refused.code]).toEqual([404, "not_found"]);
  }
  expect((await admin.ask<{ invites: unknown[] }>("GET", "/api/invites")).body.invites).toEqual([]);
  expect((await accept(codeIn(made.link))).status).toBe(204);
});

it("revoking is in the trail once", async () => {
  const admin = await member("admin");
  const { id } = (await invite(admin)).invite;
  for (let n = 0; n < 2; n += 1) expect((await admin.ask("DELETE", `/api/invites/${id}`)).status).toBe(204);
  expect((await trail()).map(({ action }) => action)).toEqual(["member.invite", "member.invite_revoke"]);
});
