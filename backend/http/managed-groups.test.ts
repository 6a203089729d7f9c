import { beforeEach, expect, it } from "vitest";
import type { EnrolAnswer } from "#proto/agent-api.ts";
import { enrol, signIn } from "../test/client.ts";
import { ask, asAgent, enrolled, newToken, trail } from "../test/machine.ts";

let cookie: string;
let machine: EnrolAnswer;

beforeEach(async () => {
  await enrol();
  cookie = await signIn();
  machine = await enrolled((await newToken(cookie)).token);
});

const report = async (names: unknown, token = machine.agentToken) =>
  (
    await asAgent(token, "POST /v1/agent/status", {
      version: "0.2.0",
      policySource: "managed",
      mode: "off",
      counters: {},
      ...(names === undefined ? {} : { groups: names }),
    })
  ).status;

async function groups(): Promise<[string, string, number][]> {
  const answer = await (
    await ask(cookie, "GET /api/groups")
  ).json<{
    groups: { name: string; source: string; developers: number }[];
  }>();
  return answer.groups.map(({ name, source, developers }) => [name, source, developers]);
}

it("a developer is in the groups that the machine's managed policy names, and in no other managed ones", async () => {
  expect(await report(["Platform", "Zürich"])).toBe(204);
  expect(await groups()).toEqual([
    ["Platform", "managed", 1],
    ["Zürich", "managed", 1],
  ]);
  expect(await report(["Platform"])).toBe(204);
  expect(await groups()).toEqual([["Platform", "managed", 1]]);
  expect(await report([])).toBe(204);
  expect(await groups()).toEqual([]);
});

it("nothing is written, and nothing is in the trail, while nothing changes", async () => {
  await report(["Platform"]);
  const before = await trail("group.update");
  await report(["Platform"]);
  await report(undefined);
  expect(await trail("group.update")).toEqual(before);
  expect(before).toMatchObject([{ actor: "agent", actorId: machine.agent }]);
});

it("a name that a group from a file has stays that group's", async () => {
  const csv = `developer,group\n${machine.developer.id},Platform\n`;
  expect((await ask(cookie, "PUT /api/groups/csv", { csv })).status).toBe(200);
  await report(["Platform"]);
  expect(await groups()).toEqual([["Platform", "csv", 1]]);
  expect(await trail("group.update")).toHaveLength(1);
});

it("another team's groups of the same name are another team's", async () => {
  await report(["Platform"]);
  await enrol({ team: "Other" });
  const other = await signIn({ team: "Other" });
  const theirs = await enrolled((await newToken(other)).token);
  await report(["Platform"], theirs.agentToken);
  expect(await groups()).toEqual([["Platform", "managed", 1]]);
});

it.each([["a\nb"], ["<b>"], [""], ["x".repeat(61)], [7]])("refuses the name %j", async (name) => {
  expect(await report([name])).toBe(400);
});

it("refuses more than five", async () => {
  expect(await report(["1", "2", "3", "4", "5", "6"])).toBe(400);
});
