import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { idOf, member, trail } from "../test/people.ts";

interface Page {
  members: { id: string; label: string; email: string; role: string; seenAt: number | null }[];
  next: string | null;
}

const put = (id: string, role: string) => ["PUT", `/api/members/${id}/role`, { role }] as const;
const roles = async () => {
  const { results } = await env.DB.prepare(
    "SELECT label, role FROM members WHERE removed_at IS NULL ORDER BY id",
  ).all<{ label: string; role: string }>();
  return Object.fromEntries(results.map(({ label, role }) => [label, role]));
};

describe("the list of members", () => {
  it("holds the team's members that are there, and their last use", async () => {
    const owner = await member("owner");
    await member("viewer", "Gone");
    await member("owner", "Theirs", "Theirs");
    await owner.ask("DELETE", `/api/members/${await idOf("Gone")}`);
    const { body } = await owner.ask<Page>("GET", "/api/members");
    expect(body).toEqual({
      members: [
        {
          id: await idOf("owner"),
          label: "owner",
          email: "",
          role: "owner",
          createdAt: expect.any(Number),
          seenAt: expect.any(Number),
        },
      ],
      next: null,
    });
  });

  it("comes in pages of 100, each member once; another team's cursor leads nowhere", async () => {
    const owner = await member("owner");
    await member("owner", "Theirs", "Theirs");
    await env.DB.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
        INSERT INTO members (public_id, team, label, role, created_at)
        SELECT 'mem_' || printf('%024x', i), (SELECT id FROM teams WHERE name = 'Acme'), 'M' || i, 'viewer', 1 FROM n`,
    ).run();
    const first = (await owner.ask<Page>("GET", "/api/members")).body;
    const second = (await owner.ask<Page>("GET", `/api/members?cursor=${first.next}`)).body;
    expect([first.members.length, second.members.length, second.next]).toEqual([100, 51, null]);
    expect(new Set([...first.members, ...second.members].map(({ id }) => id)).size).toBe(151);
    const foreign = await owner.ask<Page>("GET", `/api/members?cursor=${await idOf("Theirs", "Theirs")}`);
    expect(foreign.body.members).toEqual([]);
  });
});

describe("roles", () => {
  it("are changed by administrators, with a trail; the same role again is nothing", async () => {
    const admin = await member("admin");
    await member("viewer", "Eve");
    const eve = await idOf("Eve");
    expect((await admin.ask(...put(eve, "manager"))).status).toBe(204);
    expect((await admin.ask(...put(eve, "manager"))).status).toBe(204);
    expect(await roles()).toEqual({ admin: "admin", Eve: "manager" });
    expect(await trail()).toEqual([
      { actor: "admin", action: "member.role", target: eve, metadata: { role: "manager" } },
    ]);
  });

  it.each([
    { by: "admin", of: "viewer", to: "owner" },
    { by: "admin", of: "owner", to: "viewer" },
    { by: "admin", of: "admin", to: "owner" },
    { by: "manager", of: "viewer", to: "manager" },
    { by: "viewer", of: "viewer", to: "admin" },
  ] as const)("$by may not make $of $to", async ({ by, of, to }) => {
    const actor = await member(by);
    await member("owner", "Another owner");
    if (of !== by) await member(of);
    const before = await roles();
    const refused = await actor.ask(...put(await idOf(of), to));
    expect([refused.status, refused.code]).toEqual([403, "not_allowed"]);
    expect([await roles(), await trail()]).toEqual([before, []]);
  });

  it("administrators do not remove owners", async () => {
    const admin = await member("admin");
    await member("owner");
    await member("owner", "Another owner");
    const refused = await admin.ask("DELETE", `/api/members/${await idOf("owner")}`);
    expect([refused.status, refused.code]).toEqual([403, "not_allowed"]);
    expect(await roles()).toHaveProperty("owner");
  });

  it("the last owner stays", async () => {
    const owner = await member("owner");
    const id = await idOf("owner");
    for (const [method, path, body] of [
      put(id, "admin"),
      ["DELETE", `/api/members/${id}`, undefined] as const,
    ]) {
      const refused = await owner.ask(method, path, body);
      expect([refused.status, refused.code]).toEqual([409, "last_owner"]);
    }
    expect([await roles(), await trail()]).toEqual([{ owner: "owner" }, []]);
  });

  it("stays also when two owners unmake each other, or themselves, at once", async () => {
    for (const [round, mutual] of [true, false, true, false].entries()) {
      const team = `Team ${round}`;
      const [ada, bob] = [await member("owner", "Ada", team), await member("owner", "Bob", team)];
      const ids = [await idOf("Ada", team), await idOf("Bob", team)] as const;
      const [first, second] = mutual ? ids : ([ids[1], ids[0]] as const);
      const answers = await Promise.all([
        ada.ask(...put(second, "viewer")),
        bob.ask("DELETE", `/api/members/${first}`),
      ]);
      expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
      const owners = await env.DB.prepare(
        `SELECT count(*) n FROM members m JOIN teams t ON t.id = m.team
          WHERE t.name = ?1 AND m.role = 'owner' AND m.removed_at IS NULL`,
      )
        .bind(team)
        .first("n");
      expect([owners, (await trail(team)).length]).toEqual([1, 1]);
    }
  });

  it("who lost their role while they asked changes nothing by it", async () => {
    const owner = await member("owner");
    const admin = await member("admin");
    await member("viewer", "Eve");
    const [adminId, eve] = [await idOf("admin"), await idOf("Eve")];
    const answers = await Promise.all([
      owner.ask(...put(adminId, "viewer")),
      ...Array.from({ length: 4 }, (_, n) => admin.ask(...put(eve, n % 2 === 0 ? "manager" : "admin"))),
    ]);
    expect(answers[0]?.status).toBe(204);
    // The trail is the order in which it happened: nothing by who is a viewer since.
    const order = (await trail()).map(({ target }) => target);
    expect(order.slice(order.indexOf(adminId) + 1)).toEqual([]);
  });
});

describe("removing a member", () => {
  it("ends their sign-ins at once, codes and invites too, and leaves a trail", async () => {
    const owner = await member("owner");
    const admin = await member("admin");
    await admin.ask("POST", "/api/invites", { email: "in@example.com", role: "viewer" });
    await env.DB.prepare(
      "INSERT INTO sign_in_codes (hash, member, expires_at) SELECT x'00', id, 9e15 FROM members WHERE label = 'admin'",
    ).run();
    const id = await idOf("admin");
    expect((await owner.ask("DELETE", `/api/members/${id}`)).status).toBe(204);
    expect((await admin.ask("GET", "/api/me")).code).toBe("signed_out");
    expect((await owner.ask("DELETE", `/api/members/${id}`)).status).toBe(404);
    const left = await env.DB.prepare(
      `SELECT (SELECT count(*) FROM sign_ins s JOIN members m ON m.id = s.member WHERE m.label = 'admin') signIns,
          (SELECT count(*) FROM sign_in_codes) codes, (SELECT count(*) FROM invites WHERE revoked_at IS NULL) invites`,
    ).first();
    expect(left).toEqual({ signIns: 0, codes: 0, invites: 0 });
    expect((await trail()).at(-1)).toEqual({
      actor: "owner",
      action: "member.remove",
      target: id,
      metadata: {},
    });
  });

  it("a removed member's sign-in is refused even where it was left behind", async () => {
    await member("owner");
    const eve = await member("viewer", "Eve");
    await env.DB.prepare("UPDATE members SET removed_at = 1 WHERE label = 'Eve'").run();
    expect((await eve.ask("GET", "/api/me")).code).toBe("signed_out");
  });

  it("nobody signs in to a team that is deleted", async () => {
    const owner = await member("owner");
    await env.DB.prepare("UPDATE teams SET deleted_at = 1").run();
    expect((await owner.ask("GET", "/api/me")).code).toBe("signed_out");
  });
});

it("another team's members are as unknown as ones that never were", async () => {
  const owner = await member("owner");
  await member("owner", "Theirs", "Theirs");
  await member("viewer", "Eve", "Theirs");
  for (const id of [await idOf("Eve", "Theirs"), `mem_${"0".repeat(24)}`]) {
    for (const [method, path, body] of [
      put(id, "admin"),
      ["DELETE", `/api/members/${id}`, undefined] as const,
    ]) {
      const refused = await owner.ask(method, path, body);
      expect([refused.status, refused.code]).toEqual([404, "not_found"]);
    }
  }
  expect(await roles()).toMatchObject({ Eve: "viewer" });
  expect([...(await trail()), ...(await trail("Theirs"))]).toEqual([]);
});
