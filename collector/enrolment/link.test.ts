import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock, testSettings, type TestSettings } from "#testkit/fakes.ts";
import { BackendClient } from "./backend-client.ts";
import { type AgentFacts, AgentLink } from "./link.ts";
import { EnrolledMachine, FakeTeam } from "./testing.ts";

const NOW = Date.parse("2026-11-24T08:00:00Z");
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CONFIG = "/v1/agent/config";
const STATUS = "/v1/agent/status";
const ROTATE = "/v1/agent/token";

let team: FakeTeam;
let machine: EnrolledMachine;
let settings: TestSettings;
let link: AgentLink;
let facts: AgentFacts | undefined;
let whenAsked: () => void;
let events: string[];
const counters = { read: 9, accepted: 8, dropped: 1, acknowledged: 7, rejected: 0, parked: 0, queued: 1 };

beforeEach(async () => {
  const clock = new FakeClock(NOW);
  settings = testSettings({ clock });
  team = await FakeTeam.start();
  team.now = () => clock.now();
  machine = new EnrolledMachine(team);
  facts = { mode: "off", policySource: "default", groups: [], counters };
  whenAsked = () => {};
  events = [];
  link = newLink();
});

afterEach(async () => {
  await link.stop();
  machine.dispose();
  await team.close();
});

function newLink(): AgentLink {
  const { clock, log, platform } = settings;
  const client = new BackendClient({
    endpoint: new URL(team.url),
    tls: { system_cas: true },
    proxy: "none",
    platform,
    // Requests take real time, so that only what waits for its next time is on the clock.
    clock: { now: () => clock.now(), after: (ms, task) => clearer(setTimeout(task, ms)) },
  });
  return new AgentLink({
    folder: machine.folder,
    client,
    clock,
    log,
    facts: () => {
      const said = facts;
      whenAsked();
      return said;
    },
    policyChanged: () => void events.push("policy"),
    tokenChanged: async () => {
      events.push("token");
    },
    random: () => 0.5,
  });
}

function clearer(timer: NodeJS.Timeout): () => void {
  return () => clearTimeout(timer);
}

/** Waits for real answers while the clock stands. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Both are done and wait for their next time. */
const settled = (timers = 2) => until(() => settings.clock.waiting === timers);
const said = (text: string) => settings.lines.filter(({ message }) => message.includes(text));

/** In steps, between which all real answers come. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 10_000) {
    await settled();
    await settings.clock.advance(Math.min(left, 10_000));
  }
  await settled();
}

async function fetches(count: number): Promise<void> {
  await until(() => team.callsTo(CONFIG).length === count);
  await settled();
}

describe("the configuration", () => {
  it("is fetched at the start and each hour, with an ETag", async () => {
    link.start();
    await fetches(1);
    await pass(HOUR_MS);
    await fetches(2);
    const [first, second] = team.callsTo(CONFIG);
    expect(first?.headers["if-none-match"]).toBeUndefined();
    expect(second?.headers["if-none-match"]).toBe(`"1000-${machine.agent}"`);
    expect(second?.headers.authorization).toBe(`Bearer ${machine.folder.readFile("token")}`);
    expect(events).toEqual([]);
  });

  it("a newer one is in force at once", async () => {
    link.start();
    await fetches(1);
    Object.assign(team, { version: 1_001, mode: "full" });
    await pass(HOUR_MS);
    await fetches(2);
    expect(link.policy).toMatchObject({ mode: "full", version: 1_001 });
    expect(events).toEqual(["policy"]);
  });

  it("one that is not right changes nothing, and a constant says why", async () => {
    team.tamper = (signed) => ({ ...signed, signature: `canary${signed.signature}` });
    Object.assign(team, { version: 1_001, mode: "full" });
    link.start();
    await fetches(1);
    expect(link.policy).toMatchObject({ mode: "off", version: 1_000 });
    expect(said("not taken")[0]?.fields).toEqual({ refusal: "wrong_signature", version: 1_000 });
    expect(settings.said()).not.toContain("canary");
  });

  it.each([
    { name: "garbage", answer: { status: 200, body: "canary" } },
    { name: "a web page", answer: { status: 200, headers: { "content-type": "text/html" }, body: "canary" } },
    { name: "an error", answer: { status: 500, body: "canary" } },
    { name: "a cut connection", answer: { status: 0, cut: true } },
    { name: "a redirect", answer: { status: 302, headers: { location: "https://canary.example.com" } } },
  ])("$name: what was in force stays, and it is tried again soon, then more seldom", async ({ answer }) => {
    team.instead(CONFIG, answer, answer);
    link.start();
    await fetches(1);
    await pass(30_000);
    await fetches(2);
    await pass(30_000);
    await settled();
    expect(team.callsTo(CONFIG)).toHaveLength(2);
    await pass(60_000);
    await fetches(3);
    expect(link.policy).toMatchObject({ mode: "off", version: 1_000, expired: false });
    expect(settings.said()).not.toContain("canary");
  });

  it("waits as long as the backend asks", async () => {
    team.instead(CONFIG, { status: 429, headers: { "retry-after": "600" } });
    link.start();
    await fetches(1);
    await pass(599_000);
    await settled();
    expect(team.callsTo(CONFIG)).toHaveLength(1);
    await pass(1_000);
    await fetches(2);
  });

  it("that has expired is said once, with what follows from it", async () => {
    team.instead(CONFIG, { status: 503 }, { status: 503 });
    settings.clock.jump(8 * DAY_MS);
    link.start();
    await fetches(1);
    await pass(30_000);
    await fetches(2);
    expect(said("no text is read or sent")).toHaveLength(1);
  });
});

describe("the status", () => {
  it("tells only what the contract names", async () => {
    link.start();
    await until(() => team.agents[0]?.status !== undefined);
    expect(team.agents[0]?.status).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      policySource: "default",
      mode: "off",
      groups: [],
      counters,
    });
  });

  it("goes out every few minutes, and at once when the mode in force is another one", async () => {
    link.start();
    await until(() => team.callsTo(STATUS).length === 1);
    await settled();
    link.changed();
    await pass(5 * 60_000);
    await until(() => team.callsTo(STATUS).length === 2);
    await settled();
    facts = { mode: "off", policySource: "server", groups: [], counters };
    link.changed();
    await until(() => team.callsTo(STATUS).length === 3);
    expect(team.callsTo(STATUS)[2]?.body).toMatchObject({ policySource: "server" });
  });

  it("goes out again at once when the mode changes while it is on its way", async () => {
    whenAsked = () => {
      whenAsked = () => {};
      queueMicrotask(() => {
        facts = { mode: "full", policySource: "user", groups: [], counters };
        link.changed();
      });
    };
    link.start();
    await until(() => team.callsTo(STATUS).length === 2);
    expect(team.callsTo(STATUS)[1]?.body).toMatchObject({ mode: "full" });
  });

  it("says nothing where nothing of the configuration leads to the team", async () => {
    facts = undefined;
    link.start();
    await fetches(1);
    expect(team.callsTo(STATUS)).toEqual([]);
  });
});

it("a revoked token: says once what to do, and asks on", async () => {
  const [agent] = team.agents;
  if (agent !== undefined) agent.revoked = true;
  link.start();
  await fetches(1);
  await pass(HOUR_MS);
  await until(() => team.callsTo(CONFIG).length > 1);
  expect(said("it was revoked")).toHaveLength(1);
  expect(said("--replace")).toHaveLength(1);
  expect(link.policy).toMatchObject({ mode: "off", version: 1_000 });
});

it("a machine that is not enrolled asks nobody", async () => {
  machine.folder.remove();
  link = newLink();
  link.start();
  await settled();
  expect(link.policy).toBeUndefined();
  expect(team.calls).toEqual([]);
});

describe("rotation", () => {
  const tokens = () => ({
    now: machine.folder.readFile("token") ?? "",
    before: machine.folder.readFile("token.previous"),
  });

  async function aMonthLater(): Promise<string> {
    const old = tokens().now;
    settings.clock.jump(31 * DAY_MS);
    return old;
  }

  it("exchanges the token monthly; the old one ends with the new one's first use", async () => {
    link.start();
    await fetches(1);
    expect(team.callsTo(ROTATE)).toEqual([]);
    const old = await aMonthLater();
    await pass(HOUR_MS);
    await until(() => said("exchanged").length === 1);
    expect(tokens()).toEqual({ now: expect.not.stringContaining(old), before: undefined });
    expect(events).toEqual(["token"]);
    expect([team.knows(tokens().now), team.knows(old)]).toEqual([true, false]);
    expect(settings.said()).not.toContain(tokens().now);
    expect(settings.said()).not.toContain(old);
    await settled();
    await pass(HOUR_MS);
    await until(() => team.callsTo(CONFIG).length >= 4);
    await settled();
    expect(team.callsTo(ROTATE)).toHaveLength(1);
  });

  it("an answer that was lost is asked for again at once, by the old token", async () => {
    const old = await aMonthLater();
    team.instead(ROTATE, { status: 0, lost: true });
    link.start();
    await until(() => team.callsTo(ROTATE).length === 1);
    await settled();
    expect(tokens()).toEqual({ now: old, before: undefined });
    await link.stop();
    link = newLink();
    link.start();
    await until(() => said("exchanged").length === 1);
    expect(team.knows(tokens().now)).toBe(true);
  });

  it("a new token that is not taken gives way to the old one", async () => {
    const old = await aMonthLater();
    team.instead(ROTATE, { status: 200, body: JSON.stringify({ agentToken: "tal_unknown" }) });
    link.start();
    await until(() => said("goes on").length === 1);
    expect(tokens()).toEqual({ now: old, before: undefined });
    expect(events).toEqual(["token", "token"]);
  });
});
