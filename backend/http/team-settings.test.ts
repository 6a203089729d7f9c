import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { deliver, enrol, messagesOf, post, signIn } from "../test/client.ts";
import { ask, configOf, count, enrolled, newToken, trail } from "../test/machine.ts";
import { logsRequest, requestRecord, uid } from "../test/records.ts";

interface TeamAnswer {
  id: string;
  configVersion: number;
  fingerprint: string;
  mode: string;
  name: string;
}
const teamOf = async (cookie: string) => (await ask(cookie, "GET /api/team")).json<TeamAnswer>();
const statusOf = async (answer: Promise<Response>) => {
  const response = await answer;
  const body = response.status < 400 ? undefined : await response.json<{ error: { code: string } }>();
  return body === undefined ? response.status : `${response.status} ${body.error.code}`;
};
const set = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();

async function owner() {
  await enrol();
  return signIn();
}

describe("the team's settings", () => {
  it("are shown with the fingerprint that enrolment tokens carry, and no number of the database", async () => {
    const cookie = await owner();
    const shown = await teamOf(cookie);
    expect(shown).toMatchObject({
      name: "Acme",
      timeZone: "Europe/Zurich",
      mode: "off",
      visibility: "pseudonyms",
      retentionDays: 90,
      saltPolicy: "server",
      features: { projects: false, activity: false },
    });
    const { fingerprint } = await newToken(cookie);
    expect(Buffer.from(shown.fingerprint, "hex").toString("base64url")).toBe(fingerprint);
    expect(Object.keys(shown).toSorted()).toEqual(
      "configVersion createdAt features fingerprint id mode name retentionDays saltPolicy timeZone visibility".split(
        " ",
      ),
    );
  });

  it("keep one signing key, also when many ask for it first at once", async () => {
    const cookie = await owner();
    const shown = await Promise.all(Array.from({ length: 6 }, () => teamOf(cookie)));
    expect(new Set(shown.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });

  it.each([
    [
      { features: { projects: true } },
      "team.update",
      { changed: "features", projects: true, activity: false },
    ],
    [{ name: "Acme Two" }, "team.update", { changed: "name" }],
    [{ saltPolicy: "managed" }, "team.salt_policy", { from: "server", to: "managed" }],
  ])("%j: changed, in the trail, and nothing the second time", async (body, action, metadata) => {
    const cookie = await owner();
    const before = await teamOf(cookie);
    expect(await statusOf(ask(cookie, "PATCH /api/team", body))).toBe(204);
    const after = await teamOf(cookie);
    expect(after.configVersion).toBeGreaterThan(before.configVersion);
    expect(await statusOf(ask(cookie, "PATCH /api/team", body))).toBe(204);
    expect(await teamOf(cookie)).toEqual(after);
    expect(await trail(action)).toMatchObject([{ actor: "member", metadata }]);
  });

  it("one feature leaves the other as it is", async () => {
    const cookie = await owner();
    await ask(cookie, "PATCH /api/team", { features: { projects: true } });
    await ask(cookie, "PATCH /api/team", { features: { activity: true } });
    expect(await teamOf(cookie)).toMatchObject({ features: { projects: true, activity: true } });
  });

  it("do not tell who else is here: two teams may have one name, and a set-up finds its own", async () => {
    const cookie = await owner();
    const [acme, other] = [await enrol(), await enrol({ team: "Other" })];
    expect(await statusOf(ask(cookie, "PATCH /api/team", { name: "Other" }))).toBe(204);
    expect(await statusOf(ask(cookie, "PATCH /api/team", { name: "Nobody's" }))).toBe(204);
    expect(await statusOf(ask(cookie, "PATCH /api/team", { name: "Other" }))).toBe(204);
    expect((await teamOf(cookie)).name).toBe("Other");
    expect([(await enrol()).team, (await enrol({ team: "Other" })).team]).toEqual([acme.team, other.team]);
    expect((await teamOf(await signIn({ team: "Acme" }))).id).toBe(acme.team);
  });

  it("how long texts are kept, and what is seen of developers, are the owner's", async () => {
    const cookie = await owner();
    const admin = await signIn({ viewer: "Admin", role: "admin" });
    for (const [name, body, action] of [
      ["PUT /api/team/retention", { retentionDays: 365 }, "team.retention"],
      ["PUT /api/team/visibility", { visibility: "names" }, "team.visibility"],
    ] as const) {
      expect(await statusOf(ask(admin, name, body))).toBe("403 not_allowed");
      expect(await statusOf(ask(cookie, name, body))).toBe(204);
      expect(await trail(action)).toHaveLength(1);
    }
    expect(await teamOf(cookie)).toMatchObject({ retentionDays: 365, visibility: "names" });
    expect(await statusOf(ask(cookie, "PUT /api/team/retention", { retentionDays: 1 }))).toBe(
      "400 invalid_body",
    );
  });
});

describe("the privacy mode", () => {
  const put = (cookie: string, mode: string, confirm?: string) =>
    statusOf(ask(cookie, "PUT /api/team/mode", { mode, ...(confirm === undefined ? {} : { confirm }) }));

  it("is loosened by the owner alone, who names it", async () => {
    const cookie = await owner();
    const admin = await signIn({ viewer: "Admin", role: "admin" });
    expect(await put(admin, "full", "full")).toBe("403 not_allowed");
    expect(await put(cookie, "full")).toBe("409 confirmation_missing");
    expect(await put(cookie, "full", "categorize_cloud")).toBe("409 confirmation_missing");
    expect((await teamOf(cookie)).mode).toBe("off");
    expect(await trail("team.mode")).toEqual([]);
    expect(await put(cookie, "full", "full")).toBe(204);
    expect(await trail("team.mode")).toMatchObject([{ metadata: { from: "off", to: "full" } }]);
  });

  it("is tightened by an admin at once, in the next configuration and in what is taken", async () => {
    const cookie = await owner();
    const admin = await signIn({ viewer: "Admin", role: "admin" });
    await put(cookie, "full", "full");
    const { agentToken } = await enrolled((await newToken(cookie)).token);
    const before = await configOf(agentToken);
    expect(await put(admin, "off")).toBe(204);
    const after = await configOf(agentToken);
    expect([before.mode, after.mode]).toEqual(["full", "off"]);
    expect(after.version).toBeGreaterThan(before.version);
  });

  it("set by two at once: a loosening is not made over a tightening that nobody confirmed against", async () => {
    const cookie = await owner();
    await put(cookie, "categorize_local", "categorize_local");
    const modes = ["off", "categorize_cloud", "off", "full"];
    const answers = await Promise.all(modes.map((mode) => put(cookie, mode, mode)));
    expect(answers.every((answer) => answer === 204)).toBe(true);
    const entries = (await trail("team.mode")).map(
      ({ metadata }) => metadata as { from: string; to: string },
    );
    expect(entries.slice(1).map(({ from }) => from)).toEqual(entries.slice(0, -1).map(({ to }) => to));
    expect((await teamOf(cookie)).mode).toBe(entries.at(-1)?.to);
  });
});

describe("what is seen of a developer", () => {
  async function seen(cookie: string) {
    const { developers } = await (
      await ask(cookie, "GET /api/developers")
    ).json<{
      developers: { id: string; label: string }[];
    }>();
    return developers;
  }

  it("is the admin's name before the real one where names are shown, before the pseudonym", async () => {
    const cookie = await owner();
    const made = await newToken(cookie, { kind: "person", name: "Grace Hopper", label: "for a laptop" });
    const { developer } = await enrolled(made.token);
    const label = async () => (await seen(cookie)).find(({ id }) => id === developer.id)?.label;
    expect(await label()).toBe(developer.label);
    await ask(cookie, "PUT /api/team/visibility", { visibility: "names" });
    expect(await label()).toBe("Grace Hopper");
    await ask(cookie, `PUT /api/developers/${developer.id}`, { label: "Compilers" });
    expect(await label()).toBe("Compilers");
    await ask(cookie, "PUT /api/team/visibility", { visibility: "pseudonyms" });
    expect(await label()).toBe("Compilers");
    await ask(cookie, `PUT /api/developers/${developer.id}`, { label: "" });
    expect(await label()).toBe(developer.label);
    expect(await trail("developer.label")).toMatchObject([
      { target: developer.id, metadata: { removed: false } },
      { target: developer.id, metadata: { removed: true } },
    ]);
  });

  it("never the real name while the team shows pseudonyms, in no answer at all", async () => {
    const cookie = await owner();
    const name = "Grace Brewster Murray Hopper";
    const made = await newToken(cookie, { kind: "person", name });
    const machine = await enrolled(made.token);
    await post(machine.agentToken, logsRequest([requestRecord({ uid: uid(1) })]));
    const { id } = (await env.DB.prepare("SELECT id FROM developers WHERE real_name = ?1")
      .bind(name)
      .first()) as {
      id: number;
    };
    await deliver(
      messagesOf(
        { teamId: "1", developerId: String(id) } as never,
        logsRequest([requestRecord({ uid: uid(1) })]),
      ),
    );
    const days = [-30, 1].map((n) => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10));
    const answers = await Promise.all(
      [
        "GET /api/team",
        "GET /api/developers",
        "GET /api/agents",
        "GET /api/enrolment-tokens",
        "GET /api/groups",
        `GET /api/report?from=${days[0]}&to=${days[1]}&by=developer`,
        `GET /api/sessions?from=${days[0]}&to=${days[1]}`,
      ].map(async (route) => {
        const response = await ask(cookie, route);
        expect(response.status).toBe(200);
        return response.text();
      }),
    );
    expect([JSON.stringify(machine), ...answers].join().includes("Hopper")).toBe(false);
    expect(answers[5]).toContain(machine.developer.label);
    await ask(cookie, "PUT /api/team/visibility", { visibility: "names" });
    expect(await (await ask(cookie, "GET /api/developers")).text()).toContain(name);
  });

  it("grows the version when names begin to be shown, so that nothing stale is kept", async () => {
    const cookie = await owner();
    const version = async () =>
      (await (await ask(cookie, "GET /api/version")).json<{ version: number }>()).version;
    const before = await version();
    await ask(cookie, "PUT /api/team/visibility", { visibility: "names" });
    expect(await version()).toBeGreaterThan(before);
  });

  it("a person's token forgets the name once it is used or revoked", async () => {
    const cookie = await owner();
    const [used, revoked] = [
      await newToken(cookie, { kind: "person", name: "Grace" }),
      await newToken(cookie, { kind: "person", name: "Grace" }),
    ];
    await enrolled(used.token);
    await ask(cookie, `DELETE /api/enrolment-tokens/${revoked.id}`);
    const { results } = await env.DB.prepare("SELECT real_name FROM enrolment_tokens")
      .raw()
      .then((rows) => ({ results: rows.flat() }));
    expect(results).toEqual(["", ""]);
  });
});

describe("groups from CSV", () => {
  const put = (cookie: string, csv: string) => ask(cookie, "PUT /api/groups/csv", { csv });
  const listed = async (cookie: string) =>
    (await ask(cookie, "GET /api/groups")).json<{
      groups: { id: string; name: string; source: string; developers: number }[];
    }>();

  it("replace those before, keep the ids of those that stay, and name what is unknown", async () => {
    const cookie = await owner();
    const [a, b] = [
      await enrolled((await newToken(cookie)).token),
      await enrolled((await newToken(cookie)).token),
    ];
    const first = await put(
      cookie,
      `developer,group\n${a.developer.id},Core\n${b.developer.id},Core\n${a.developer.id},Web\n`,
    );
    expect(await first.json()).toEqual({ groups: 2, developers: 2, unknown: [] });
    const before = await listed(cookie);
    expect(before.groups.map(({ name, developers }) => [name, developers])).toEqual([
      ["Core", 2],
      ["Web", 1],
    ]);
    const second = await put(cookie, `developer,group\r\n${b.developer.id},"Core"\r\nada@example.com,Core`);
    expect(await second.json()).toEqual({ groups: 1, developers: 1, unknown: ["ada@example.com"] });
    const after = await listed(cookie);
    expect(after.groups).toMatchObject([
      { id: before.groups[0]?.id, name: "Core", source: "csv", developers: 1 },
    ]);
    expect(await trail("group.update")).toHaveLength(2);
    const { developers } = await (
      await ask(cookie, "GET /api/developers")
    ).json<{
      developers: { id: string; groups: { name: string }[]; agents: number }[];
    }>();
    expect(developers.find(({ id }) => id === b.developer.id)).toMatchObject({
      groups: [{ name: "Core" }],
      agents: 1,
    });
  });

  it("know no developer of another team", async () => {
    const cookie = await owner();
    await enrol({ team: "Other" });
    const theirs = await enrolled((await newToken(await signIn({ team: "Other" }))).token);
    const answer = await put(cookie, `developer,group\n${theirs.developer.id},Core`);
    expect(await answer.json()).toEqual({ groups: 0, developers: 0, unknown: [theirs.developer.id] });
    expect(await count("group_developers")).toBe(0);
  });

  it("take no name that a group from elsewhere has", async () => {
    const cookie = await owner();
    const { developer } = await enrolled((await newToken(cookie)).token);
    await set(
      "INSERT INTO groups (public_id, team, name, source, created_at) VALUES ('grp_x', 1, 'Core', 'clerk', 0)",
    );
    expect(await statusOf(put(cookie, `developer,group\n${developer.id},Core`))).toBe("409 group_name_taken");
  });

  it.each([
    "",
    "group,developer\na,b",
    "developer,group\na",
    "developer,group\na,b,c",
    'developer,group\na,"b',
    "developer,group\na,",
  ])("%j is refused", async (csv) => {
    expect(await statusOf(put(await owner(), csv))).toBe("400 invalid_csv");
  });

  it("are deleted one by one; the developers stay", async () => {
    const cookie = await owner();
    const { developer } = await enrolled((await newToken(cookie)).token);
    await put(cookie, `developer,group\n${developer.id},Core`);
    const [group] = (await listed(cookie)).groups;
    await enrol({ team: "Other" });
    const stranger = await signIn({ team: "Other" });
    expect(await statusOf(ask(stranger, `DELETE /api/groups/${group?.id}`))).toBe("404 not_found");
    expect(await count("group_developers")).toBe(1);
    expect(await statusOf(ask(cookie, `DELETE /api/groups/${group?.id}`))).toBe(204);
    expect(await statusOf(ask(cookie, `DELETE /api/groups/${group?.id}`))).toBe("404 not_found");
    expect([await count("groups"), await count("group_developers")]).toEqual([0, 0]);
    expect(await trail("group.delete")).toMatchObject([{ target: group?.id }]);
  });
});

it("developers are paged by a hundred, each once", async () => {
  const cookie = await owner();
  const rows = Array.from({ length: 130 }, (_, n) => `('dev_${String(n).padStart(24, "0")}', 1, 'n${n}', 0)`);
  await set(`INSERT INTO developers (public_id, team, name, created_at) VALUES ${rows.join()}`);
  const first = await (
    await ask(cookie, "GET /api/developers")
  ).json<{ developers: { id: string }[]; next: string }>();
  const second = await (await ask(cookie, `GET /api/developers?cursor=${first.next}`)).json<typeof first>();
  expect([first.developers.length, second.developers.length, second.next]).toEqual([100, 31, null]);
  expect(new Set([...first.developers, ...second.developers].map(({ id }) => id)).size).toBe(131);
  const foreign = await ask(cookie, "GET /api/developers?cursor=dev_ffffffffffffffffffffffff");
  expect(await foreign.json()).toEqual({ developers: [], next: null });
});
