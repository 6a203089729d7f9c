import { beforeEach, describe, expect, it } from "vitest";
import { clerkBindings, membership, newKey, webhook } from "./clerk.ts";
import { deliver, enrol, post, SentMessages } from "./client.ts";
import { isAgent, isMember, newStage, send, type Stage, walk } from "./hostile-walk.ts";
import { accept, dump, newNonce, signing } from "./hostile-world.ts";
import { grouping, tryEnrol } from "./machine.ts";
import { logsRequest, requestRecord } from "./records.ts";

const MANY = { timeout: 240_000 };
const DIGESTS = ["sign_ins", "agent_tokens", "api_keys", "invites", "enrolment_tokens"];

let stage: Stage;
beforeEach(async () => {
  stage = await newStage();
}, 120_000);

const hexOf = (bytes: unknown) => Buffer.from(bytes as number[]).toString("hex");
/** What somebody has who has a copy of our database. */
const digests = () => DIGESTS.map((table) => hexOf(stage.before.get(table)?.[0]?.["hash"]));
/** Credentials are looked at before what was sent is: one of the ids is enough. */
const brief = () => ({ ...stage, probes: stage.probes.slice(0, 1) });
const isClosed: typeof isMember = (spec) => isMember(spec) || isAgent(spec);

describe("another team's", () => {
  it(
    "machine finds nothing of ours on its own routes, and none of the others opens to it",
    MANY,
    async () => {
      const as = async () => ({ bearer: (await enrol({ team: "Theirs" })).agentToken });
      await walk({
        stage,
        only: isAgent,
        as,
        look: ({ status }, { name }) => expect([name, status === 401]).toEqual([name, false]),
      });
      const bearer = stage.theirs.agentToken;
      await walk({
        stage: brief(),
        only: isMember,
        as: () => Promise.resolve({ bearer }),
        look: ({ status, code }, { name }) => expect([name, status, code]).toEqual([name, 401, "signed_out"]),
      });
      expect(await dump(stage.ours.team)).toEqual(stage.before);
    },
  );

  it("invites and enrolment tokens, and digests of a stolen database, open nothing", MANY, async () => {
    const { inviteCode, personToken, bulkToken } = stage.theirs;
    for (const secret of [inviteCode, personToken, bulkToken, ...digests()]) {
      const who = { bearer: secret, cookie: `talos_session=${secret}` };
      await walk({
        stage: brief(),
        only: isClosed,
        as: () => Promise.resolve(who),
        look: ({ status, code }, { name, spec }) =>
          expect([name, status, code]).toEqual([name, 401, isAgent(spec) ? "unknown_token" : "signed_out"]),
      });
    }
    expect(await dump(stage.ours.team)).toEqual(stage.before);
  });
});

it("without anything, nothing opens", MANY, async () => {
  await walk({
    stage: brief(),
    as: () => Promise.resolve({}),
    look({ status, code }, { name, spec }) {
      if (isMember(spec)) expect([name, status, code]).toEqual([name, 401, "signed_out"]);
      if (isAgent(spec)) expect([name, status, code]).toEqual([name, 401, "missing_token"]);
    },
  });
  expect(await dump(stage.ours.team)).toEqual(stage.before);
});

describe("/v1/logs", () => {
  const { ours, session } = {
    ours: () => stage.ours,
    session: () => stage.theirs.cookie.split("=")[1] ?? "",
  };
  const ourRecord = (uid: string) => requestRecord({ uid, session: ours().session, cwd: ours().project });

  it("takes nothing by what is no machine's token", MANY, async () => {
    const { apiKey, inviteCode, personToken, bulkToken } = stage.theirs;
    for (const secret of [session(), apiKey, inviteCode, personToken, bulkToken, ...digests(), ""]) {
      const response = await post(secret, logsRequest([ourRecord("f".repeat(32))]));
      const message = secret === "" ? "missing_token" : "unknown_token";
      expect([response.status, await response.json()]).toMatchObject([401, { message }]);
    }
    expect(await dump(stage.ours.team)).toEqual(stage.before);
  });

  it("takes records of our sessions, projects and events for the sender's team alone", MANY, async () => {
    const sent = new SentMessages();
    const uids = stage.before.get("events")?.map(({ uid }) => hexOf(uid)) ?? [];
    expect(uids.length).toBeGreaterThan(0);
    const request = logsRequest(uids.map(ourRecord));
    expect((await post(stage.theirs.agentToken, request, { INGEST: sent.queue() })).status).toBe(200);
    expect((await deliver(sent.bodies)).every(({ kind }) => kind === "ack")).toBe(true);
    expect(await dump(stage.ours.team)).toEqual(stage.before);
    const today = new Date().toISOString().slice(0, 10);
    const report = { path: `/api/report?from=${today}&to=${today}` };
    const answer = await send("GET", report, { cookie: stage.theirs.cookie });
    expect(answer.text).toContain(ours().project);
    expect(answer.text).not.toContain("canary");
  });
});

it("a machine with the grouping of another team's person is that person nowhere", MANY, async () => {
  const known = grouping("c");
  expect((await tryEnrol(stage.ours.bulkToken, { grouping: known })).status).toBe(200);
  const before = await dump(stage.ours.team);
  const enrolled = await tryEnrol(stage.theirs.bulkToken, { grouping: known });
  const answer = await enrolled.json<{ developer: { id: string }; team: { name: string } }>();
  expect([enrolled.status, answer.team.name]).toEqual([200, "Theirs"]);
  expect(JSON.stringify(before.get("developers"))).not.toContain(answer.developer.id);
  expect(await dump(stage.ours.team)).toEqual(before);
});

it(
  "an acceptance holds no number that another machine asked for, be it of the same team or not",
  MANY,
  async () => {
    const { ours, theirs } = stage;
    const machine = await signing(theirs.cookie);
    for (const owner of [theirs.cookie, ours.cookie]) {
      expect(await accept(machine, await newNonce(await signing(owner)))).toBe(409);
    }
    expect(await accept(machine, await newNonce(machine))).toBe(204);
  },
);

it("/webhooks: what nobody signed changes nothing but the trail, which says so", MANY, async () => {
  const bindings = clerkBindings((await newKey()).pem);
  const events = [
    ...(["created", "updated", "deleted"] as const).map((change) =>
      membership(change, { organization: "org_canary", role: "org:admin" }),
    ),
    { type: "organization.updated", data: { id: "org_canary", name: "Taken" } },
    { type: "organization.deleted", data: { id: "org_canary" } },
  ];
  for (const event of events) {
    expect(await webhook(bindings, event, { key: btoa("another-secret-for-tests-only-0123456789") })).toBe(
      401,
    );
  }
  const after = await dump(stage.ours.team);
  const added = after.get("audit")?.slice(stage.before.get("audit")?.length);
  expect(added?.map(({ action }) => action)).toEqual(events.map(() => "webhook.refused"));
  for (const table of ["audit", "audit_heads"]) after.set(table, stage.before.get(table) ?? []);
  expect(after).toEqual(stage.before);
});

it("/local opens for nobody without the set-up secret", MANY, async () => {
  const routes = [
    "enrol",
    "sign-in-code",
    "organization",
    "dead-letters/replay",
    "keys/rotate",
    "repair",
    "x",
  ];
  const { apiKey, agentToken, bulkToken, inviteCode, cookie } = stage.theirs;
  const body = { team: "Acme", viewer: "canary owner", developer: "canary Ada" };
  for (const route of routes) {
    for (const bearer of [apiKey, agentToken, bulkToken, inviteCode, ...digests(), undefined]) {
      const who = { cookie, ...(bearer === undefined ? {} : { bearer }) };
      const answer = await send("POST", { path: `/local/${route}`, body }, who);
      expect([route, answer.status, answer.code]).toEqual([route, 401, "unknown_secret"]);
    }
  }
  expect(await dump(stage.ours.team)).toEqual(stage.before);
});
