import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { logsRequest } from "./records.ts";
import { post, signIn } from "./client.ts";
import { isAgent, isMember, newStage, publicIds, readAll, send, type Stage, walk } from "./hostile-walk.ts";
import { dump, world } from "./hostile-world.ts";
import { ask, tryEnrol } from "./machine.ts";

/** Names what the asker's own team has, whether others have it too or not. */
const NAMES_OWN = new Set(["PUT /api/projects/:hash"]);
const MANY = { timeout: 240_000 };

let stage: Stage;
beforeEach(async () => {
  stage = await newStage();
}, 120_000);

it("whatever another team has, no answer is another one: not even a count", MANY, async () => {
  const { cookie } = stage.theirs;
  const read = await readAll(cookie);
  expect(read.size).toBeGreaterThan(10);
  await world("Acme", "canary-two");
  expect(await readAll(cookie)).toEqual(read);
});

it("another team's owner finds nothing of ours on any route, and changes nothing", MANY, async () => {
  const signedIn = () => signIn({ team: "Theirs", viewer: "evil walker", role: "owner" });
  let cookie = await signedIn();
  let isOver = false;
  const as = async (name: string) => {
    if (isOver) cookie = await signedIn();
    isOver = /sign-out/.test(name);
    return { cookie };
  };
  const asked = await walk({
    stage,
    as,
    look({ status, code }, { name, spec, fitsPath }) {
      if (isAgent(spec)) expect([name, status, code]).toEqual([name, 401, "missing_token"]);
      else expect([name, code === "signed_out"]).toEqual([name, false]);
      if (fitsPath === false) expect([name, status, code]).toEqual([name, 400, "invalid_path"]);
      if (fitsPath === true && NAMES_OWN.has(name)) expect([name, status]).toEqual([name, 204]);
      else if (fitsPath === true) expect([name, status, code]).toEqual([name, 404, "not_found"]);
    },
  });
  expect(asked).toBeGreaterThan(400);
  expect(await dump(stage.ours.team)).toEqual(stage.before);
});

it("another team's API key finds nothing of ours, and writes nothing", MANY, async () => {
  const bearer = stage.theirs.apiKey;
  await walk({
    stage,
    only: (spec) => isMember(spec) || isAgent(spec),
    as: () => Promise.resolve({ bearer }),
    look({ status, code }, { name, spec: { access } }) {
      if (access.who === "agent") expect([name, status, code]).toEqual([name, 401, "unknown_token"]);
      if (access.who !== "member") return;
      const isOpen = access.scope !== undefined && name.startsWith("GET ");
      expect([name, status === 403 && code === "not_allowed"]).toEqual([name, !isOpen]);
    },
  });
  expect(await dump(stage.ours.team)).toEqual(stage.before);
});

it("nothing that opened a team opens it when it is deleted", MANY, async () => {
  const { ours } = stage;
  await env.DB.prepare("UPDATE teams SET deleted_at = 1 WHERE id = ?1").bind(ours.team).run();
  const statuses = [
    (await ask(ours.cookie, "GET /api/me")).status,
    (await send("GET", { path: "/api/agents" }, { bearer: ours.apiKey })).status,
    (await send("GET", { path: "/v1/agent/config" }, { bearer: ours.agentToken })).status,
    (await post(ours.agentToken, logsRequest([]))).status,
    (await tryEnrol(ours.personToken)).status,
    (await ask("", "POST /api/invites/accept", { code: ours.inviteCode, label: "Eve" })).status,
  ];
  expect(statuses).toEqual([401, 401, 401, 401, 401, 401]);
});

it("ids are made in the one way, in every table that has them", () => {
  const ids = publicIds(stage.before);
  expect(ids.length).toBeGreaterThan(10);
  for (const id of ids) expect(id).toMatch(/^(tm|dev|agt|mem|inv|ent|grp|key)_[0-9a-f]{24}$/);
});
