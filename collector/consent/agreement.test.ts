import { readFileSync, rmSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Mode } from "#proto/egress.ts";
import { testSettings } from "#testkit/fakes.ts";
import { BackendClient } from "../enrolment/backend-client.ts";
import { PolicyStore } from "../enrolment/policy.ts";
import { EnrolledMachine, FakeTeam } from "../enrolment/testing.ts";
import { systemClock } from "../service/system.ts";
import { type Acceptance, consentFile, readAcceptance } from "./acceptance.ts";
import { agree, type Parties, settle, tellWithdrawal, withdraw } from "./agreement.ts";
import { InForce } from "./in-force.ts";

const NONCE = "/v1/agent/consent/nonce";
const CONSENT = "/v1/agent/consent";

let team: FakeTeam;
let machine: EnrolledMachine;
const signal = new AbortController().signal;
const LOCAL = { mode: "categorize_local", by: "developer", days: 30 } as const;

beforeEach(async () => {
  team = await FakeTeam.start();
  team.mode = "full";
  machine = new EnrolledMachine(team);
});
afterEach(async () => {
  machine.dispose();
  await team.close();
});

function parties(): Parties {
  const { configDir, folder } = machine;
  const client = new BackendClient({
    endpoint: new URL(team.url),
    tls: { system_cas: true },
    proxy: "environment",
    platform: testSettings().platform,
    clock: systemClock,
  });
  const policy = PolicyStore.open(folder, Date.now)?.policy;
  return { configDir, folder, client, enrolment: folder.read(), policy, nowMs: Date.now() };
}

/** What counts here, and what the backend holds. */
function words(): { here: Mode | undefined; there: Mode | undefined } {
  const agent = team.agents.find(({ id }) => id === machine.agent);
  return { here: readAcceptance(machine.configDir)?.mode, there: agent?.consent?.mode };
}

/** As the collector does it. */
async function settled(managed: Mode) {
  const inForce = new InForce({ configDir: machine.configDir, clock: systemClock });
  return settle(parties(), { managed, held: inForce.acceptance }, signal);
}

it("is told to the backend before it counts here", async () => {
  expect((await agree(parties(), LOCAL, signal)).kind).toBe("agreed");
  expect(words()).toEqual({ here: "categorize_local", there: "categorize_local" });
});

it.each<{ name: string; path: string; instead: Parameters<FakeTeam["instead"]>[1] }>([
  { name: "no number comes", path: NONCE, instead: { status: 503 } },
  { name: "garbage comes in place of a number", path: NONCE, instead: { status: 200, body: "{}" } },
  {
    name: "a web page comes",
    path: NONCE,
    instead: { status: 200, headers: { "content-type": "text/html" }, body: "<p>" },
  },
  { name: "the backend does not take it", path: CONSENT, instead: { status: 409 } },
  { name: "the line is cut before it is told", path: CONSENT, instead: { status: 0, cut: true } },
  { name: "the answer is lost", path: CONSENT, instead: { status: 0, lost: true } },
  { name: "the machine was revoked", path: CONSENT, instead: { status: 403 } },
])("$name: nothing is accepted here", async ({ path, instead }) => {
  team.instead(path, instead);
  expect((await agree(parties(), LOCAL, signal)).kind).not.toBe("agreed");
  expect(words().here).toBeUndefined();
});

it("a machine whose key is damaged accepts nothing", async () => {
  machine.folder.writeFile("machine.key", "garbage");
  expect((await agree(parties(), LOCAL, signal)).kind).toBe("refused");
  expect(words()).toEqual({ here: undefined, there: undefined });
});

it("a machine that was enrolled anew meanwhile accepts nothing for the one before", async () => {
  const before = parties();
  machine.enrol(team);
  expect((await agree(before, LOCAL, signal)).kind).toBe("refused");
  expect(words().here).toBeUndefined();
});

it("two terminals at once leave the same word here and there, whoever is last", async () => {
  for (let round = 0; round < 5; round += 1) {
    const wanted = ["full", "categorize_local", "categorize_cloud"] as const;
    await Promise.all(wanted.map((mode) => agree(parties(), { mode, by: "developer", days: 1 }, signal)));
    const { here, there } = words();
    expect([here, there]).toEqual([there, here]);
    await Promise.all([agree(parties(), LOCAL, signal), withdraw(parties(), signal)]);
    const after = words();
    expect([after.here, after.there]).toEqual([after.there, after.here]);
  }
});

it("taken back counts at once, and the backend is told when it answers", async () => {
  await agree(parties(), LOCAL, signal);
  team.instead("/v1/agent/consent/withdraw", { status: 503 });
  expect(await withdraw(parties(), signal)).toMatchObject({ kind: "later" });
  expect(words()).toEqual({ here: undefined, there: "categorize_local" });
  expect(await tellWithdrawal(parties(), signal)).toBeUndefined();
  expect(words().there).toBeUndefined();
});

it("managed policy accepts for its users, and takes it back when it goes", async () => {
  await settled("categorize_local");
  expect([words(), readAcceptance(machine.configDir)?.by]).toEqual([
    { here: "categorize_local", there: "categorize_local" },
    "managed",
  ]);
  await settled("off");
  expect(words()).toEqual({ here: undefined, there: undefined });
});

it("managed policy is tried again when the backend was away", async () => {
  team.instead(NONCE, { status: 503 });
  expect(await settled("categorize_local")).toMatchObject({ kind: "later" });
  expect(words().here).toBeUndefined();
  expect(await settled("categorize_local")).toBeUndefined();
  expect(words().here).toBe("categorize_local");
});

it("managed policy accepts nothing that the team does not allow", async () => {
  team.version += 1;
  team.mode = "off";
  machine.enrol(team);
  await settled("categorize_local");
  expect(words()).toEqual({ here: undefined, there: undefined });
});

it("managed policy never takes the place of what the developer accepted", async () => {
  await agree(parties(), { mode: "full", by: "developer", days: 1 }, signal);
  await settled("categorize_local");
  await settled("off");
  expect(words()).toEqual({ here: "full", there: "full" });
});

it("what the developer took back, managed policy does not accept again, not even from a stale look", async () => {
  await settled("categorize_local");
  const stale: { managed: Mode; held: Acceptance | undefined } = {
    managed: "categorize_local",
    held: undefined,
  };
  await withdraw(parties(), signal, { declines: true });
  await settled("categorize_local");
  await settle(parties(), stale, signal);
  expect(words()).toEqual({ here: "off", there: undefined });
  const inForce = new InForce({ configDir: machine.configDir, clock: systemClock });
  expect(inForce.now("full")).toMatchObject({ mode: "off", setBy: "consent" });
  expect((await agree(parties(), LOCAL, signal)).kind).toBe("agreed");
});

it("managed policy accepts again what another enrolment left void", async () => {
  await settled("categorize_local");
  machine.enrol(team);
  await settled("categorize_local");
  expect(words()).toEqual({ here: "categorize_local", there: "categorize_local" });
});

it("keeps no secret in the file, and lets nobody else read it", async () => {
  await agree(parties(), LOCAL, signal);
  const text = readFileSync(consentFile(machine.configDir), "utf8");
  expect(text).not.toContain(machine.folder.readFile("token"));
  rmSync(consentFile(machine.configDir));
  expect(words().here).toBeUndefined();
});
