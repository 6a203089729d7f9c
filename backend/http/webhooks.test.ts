import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ApiBindings } from "../env.ts";
import { call, enrol } from "../test/client.ts";
import {
  claims,
  clerkBindings,
  isSignedIn,
  link,
  membership,
  newKey,
  ORG,
  signedToken,
  signInByToken,
  webhook,
} from "../test/clerk.ts";
import { cookieOf, idOf, member, person, trail } from "../test/people.ts";

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

const seconds = () => Math.floor(Date.now() / 1000);
const send = (event: unknown, options = {}) => webhook(bindings, event, options);
const signIn = async (more: Record<string, unknown> = {}) =>
  signInByToken(await signedToken(claims(more), key.privateKey), bindings);

interface Row {
  label: string;
  email: string;
  role: string;
  there: number;
}
const people = async () => {
  const { results } = await env.DB.prepare(
    "SELECT label, email, role, removed_at IS NULL there FROM members ORDER BY id",
  ).all<Row>();
  return results.map(({ label, email, role, there }) => `${label} <${email}> ${role}${there ? "" : " gone"}`);
};

describe("a message is refused", () => {
  const created = () => membership("created");
  it.each([
    { name: "by another secret", options: () => ({ key: btoa("x".repeat(40)) }) },
    {
      name: "with another body",
      options: () => ({ sent: JSON.stringify(membership("created", { role: "org:admin" })) }),
    },
    { name: "of six minutes ago", options: () => ({ at: seconds() - 360 }) },
    { name: "of six minutes ahead", options: () => ({ at: seconds() + 360 }) },
    { name: "under another time", options: () => ({ headers: { "svix-timestamp": String(seconds() - 1) } }) },
    { name: "under another id", options: () => ({ headers: { "svix-id": "msg_other" } }) },
    { name: "without a signature", options: () => ({ headers: { "svix-signature": "" } }) },
    { name: "of another version", options: () => ({ headers: { "svix-signature": "v0,AAAA" } }) },
  ])("$name, and the team's trail says so", async ({ options }) => {
    expect(await send(created(), options())).toBe(401);
    expect(await people()).toEqual([]);
    expect(await trail()).toMatchObject([{ action: "webhook.refused", metadata: { reason: "signature" } }]);
  });

  it("without filling the trail", async () => {
    for (let n = 0; n < 12; n += 1) expect(await send(created(), { at: 1 })).toBe(401);
    expect(await trail()).toHaveLength(5);
  });

  it("whatever it claims to be about, when it is not signed", async () => {
    for (const sent of ["", "{", "null", '{"data":{"id":"org_other"}}', '{"data":{"id":7}}']) {
      expect(await send(created(), { sent })).toBe(401);
    }
    expect(await trail()).toEqual([]);
  });

  it("when it is signed and not what it should be", async () => {
    expect(await send({ type: "organizationMembership.created", data: {} })).toBe(400);
    expect(await send([])).toBe(400);
    expect(await send({ type: "email.created", data: {} })).toBe(204);
  });

  it("when it is too large, or not sent by POST", async () => {
    expect(await send({ ...created(), more: "x".repeat(300_000) })).toBe(413);
    expect((await call("/webhooks/clerk", {}, bindings)).status).toBe(405);
  });

  it("where no webhook is set up, as if there were nothing", async () => {
    expect(await webhook({ ...bindings, CLERK_WEBHOOK_SECRET: undefined as never }, created())).toBe(404);
  });
});

describe("a message counts once", () => {
  it("however often it comes, also at once", async () => {
    const join = membership("created");
    const statuses = await Promise.all([1, 2, 3].map(() => send(join, { id: "msg_same" })));
    expect(statuses).toEqual([204, 204, 204]);
    expect(await send(membership("deleted"))).toBe(204);
    expect(await send(join, { id: "msg_same" })).toBe(204);
    expect(await people()).toEqual(["Ada Lovelace <ada@example.com> viewer gone"]);
    expect((await trail()).map(({ action }) => action)).toEqual(["member.join", "member.remove"]);
  });

  it("also with a later time in it", async () => {
    await send(membership("created"), { id: "msg_same" });
    await send(membership("deleted", { at: Date.now() + 1 }));
    await send(membership("created", { at: Date.now() + 1000 }), { id: "msg_same" });
    expect(await people()).toEqual(["Ada Lovelace <ada@example.com> viewer gone"]);
  });
});

describe("members follow their organization", () => {
  it("joining with a role; who signed in before gets name, address and role", async () => {
    await member("owner");
    const ada = cookieOf(await signIn());
    await send(membership("created", { role: "org:admin" }));
    await send(membership("created", { user: "user_eve", identifier: "eve", name: [null, null] }));
    expect(await people()).toEqual([
      "owner <> owner",
      "Ada Lovelace <ada@example.com> admin",
      "eve <> viewer",
    ]);
    expect(await isSignedIn(ada)).toBe(true);
  });

  it("the first administrator of a team without an owner becomes it, and stays it", async () => {
    await send(membership("created", { role: "org:admin" }));
    await send(membership("created", { user: "user_eve", role: "org:admin", identifier: "eve@example.com" }));
    await send(membership("updated", { role: "org:member" }));
    expect((await people()).map((line) => line.split(" ").at(-1))).toEqual(["owner", "admin"]);
  });

  it("a role that was given here stays until the organization's own changes", async () => {
    const owner = await member("owner");
    await send(membership("created"));
    await owner.ask("PUT", `/api/members/${await idOf("Ada Lovelace")}/role`, { role: "manager" });
    await send(membership("updated"));
    expect((await people())[1]).toBe("Ada Lovelace <ada@example.com> manager");
    await send(membership("updated", { role: "org:admin" }));
    await send(membership("updated", { role: "org:whatever" }));
    expect((await people())[1]).toBe("Ada Lovelace <ada@example.com> viewer");
  });

  it("whoever loses a role by it loses their open invites too", async () => {
    await member("owner");
    await send(membership("created", { role: "org:admin" }));
    const ada = person(cookieOf(await signIn()));
    expect((await ada.ask("POST", "/api/invites", { email: "x@example.com", role: "admin" })).status).toBe(
      200,
    );
    await send(membership("updated"));
    expect(await env.DB.prepare("SELECT count(*) n FROM invites WHERE revoked_at IS NULL").first("n")).toBe(
      0,
    );
  });

  it("leaving ends their sign-ins at once, and a token does not bring them back", async () => {
    const ada = cookieOf(await signIn());
    await send(membership("deleted"));
    expect(await isSignedIn(ada)).toBe(false);
    expect((await signIn()).status).toBe(401);
    await send(membership("created", { at: Date.now() + 1000 }));
    expect((await signIn()).status).toBe(204);
  });

  it.each([
    { name: "leaving and an earlier role", first: "deleted", later: "updated" },
    { name: "leaving and the joining before it", first: "deleted", later: "created" },
  ] as const)("messages come in any order: $name", async ({ first, later }) => {
    const at = Date.now();
    await send(membership(first, { at }));
    await send(membership(later, { at: at - 1, role: "org:admin" }));
    expect((await people()).filter((line) => !line.endsWith(" gone"))).toEqual([]);
    expect((await signIn()).status).toBe(401);
  });

  it("messages come in any order: an older role does not undo a newer one, nor an older leaving a joining", async () => {
    await member("owner");
    const at = Date.now();
    await send(membership("created", { at, role: "org:admin" }));
    await send(membership("updated", { at: at + 2 }));
    await send(membership("updated", { at: at + 1, role: "org:admin" }));
    await send(membership("deleted", { at: at - 1 }));
    expect((await people())[1]).toBe("Ada Lovelace <ada@example.com> viewer");
  });

  it("who was removed here comes back only when the organization adds them anew", async () => {
    const owner = await member("owner");
    const at = Date.now() - 60_000;
    await send(membership("created", { at }));
    await owner.ask("DELETE", `/api/members/${await idOf("Ada Lovelace")}`);
    await send(membership("updated"));
    await send(membership("created", { at: at + 1 }));
    expect((await people()).at(-1)).toMatch(/ gone$/);
    await send(membership("created", { at: Date.now() + 1000 }));
    expect((await people()).at(-1)).toBe("Ada Lovelace <ada@example.com> viewer");
  });

  it("an address that another member has is left out, not taken over", async () => {
    const owner = await member("owner");
    await owner.ask("PUT", "/api/account", { label: "Owner" });
    await env.DB.prepare("UPDATE members SET email = 'ada@example.com'").run();
    expect(await send(membership("created"))).toBe(204);
    expect(await people()).toEqual(["Owner <ada@example.com> owner", "Ada Lovelace <> viewer"]);
  });

  it("names are shown as names: nothing invisible, nothing endless", async () => {
    await send(membership("created", { name: ["A\u202eda\n", "x".repeat(500)] }));
    expect((await people())[0]).toBe(`A da ${"x".repeat(35)} <ada@example.com> viewer`);
  });

  it("of another organization nothing happens here", async () => {
    await send(membership("created", { organization: "org_other" }));
    expect([await people(), await trail()]).toEqual([[], []]);
  });
});

it("a person who is deleted leaves every team, and their name and address are gone", async () => {
  await enrol({ team: "Theirs" });
  await link("Theirs", "org_theirs");
  await send(membership("created"));
  await send(membership("created", { organization: "org_theirs" }));
  const cookie = cookieOf(await signIn());
  expect(await send({ type: "user.deleted", data: { id: "user_ada", deleted: true } })).toBe(204);
  expect(await people()).toEqual(["Deleted <> viewer gone", "Deleted <> viewer gone"]);
  expect([await isSignedIn(cookie), (await signIn()).status]).toEqual([false, 401]);
  for (const team of ["Acme", "Theirs"]) expect((await trail(team)).at(-1)?.action).toBe("member.remove");
  await send(membership("created", { at: Date.now() + 1000 }));
  expect((await people()).filter((line) => !line.endsWith(" gone"))).toEqual([]);
});

it.each(["session.ended", "session.removed", "session.revoked"])(
  "%s ends what it opened, and no more",
  async (type) => {
    const [one, other] = [await signIn({ sid: "sess_one" }), await signIn({ sid: "sess_other" })].map(
      cookieOf,
    );
    expect(await send({ type, data: { id: "sess_one" } })).toBe(204);
    expect([await isSignedIn(one ?? ""), await isSignedIn(other ?? "")]).toEqual([false, true]);
  },
);

describe("organizations and teams", () => {
  const organization = (change: string, id: string, name = "Acme") => ({
    type: `organization.${change}`,
    data: { id, name, deleted: true },
  });
  const teams = async () => {
    const sql =
      "SELECT name || ' ' || clerk_org || iif(deleted_at IS NULL, '', ' deleted') t FROM teams ORDER BY id";
    return (await env.DB.prepare(sql).all<{ t: string }>()).results.map(({ t }) => t);
  };

  it("a new organization gets a team of its own, never one that is called the same", async () => {
    expect(await send(organization("created", "org_new", "Acme"))).toBe(204);
    expect(await send(organization("created", "org_new", "Acme"))).toBe(204);
    expect(await teams()).toEqual([`Acme ${ORG}`, "Acme org_new"]);
    expect((await signIn({ o: { id: "org_new" } })).status).toBe(204);
  });

  it("is called as the organization, whoever else is", async () => {
    await enrol({ team: "Other" });
    await send(organization("updated", ORG, "Renamed"));
    expect(await send(organization("updated", ORG, "Other"))).toBe(204);
    expect(await teams()).toEqual([`Other ${ORG}`, "Other "]);
    expect((await trail("Other")).map(({ action }) => action)).toEqual(["team.update", "team.update"]);
  });

  it("is closed with it", async () => {
    const cookie = cookieOf(await signIn());
    await send(organization("deleted", ORG));
    expect(await teams()).toEqual([`Acme ${ORG} deleted`]);
    expect([await isSignedIn(cookie), (await signIn()).status]).toEqual([false, 401]);
    expect((await trail()).at(-1)?.action).toBe("team.delete");
  });
});
