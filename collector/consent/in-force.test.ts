/** The table of decisions, over the files that a machine really has. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentConfig, PolicySource, SignedConfig } from "#proto/agent-api.ts";
import { type Mode, MODES, strictest } from "#proto/egress.ts";
import { FakeClock } from "#testkit/fakes.ts";
import { PolicyStore } from "../enrolment/policy.ts";
import { EnrolledMachine, FakeTeam } from "../enrolment/testing.ts";
import type { ModeInForce } from "../service/modes.ts";
import { type Acceptance, consentFile, contractHash, writeAcceptance } from "./acceptance.ts";
import { InForce } from "./in-force.ts";

const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-11-20T09:00:00Z");

let clock: FakeClock;
let team: FakeTeam;
let other: FakeTeam;
let machine: EnrolledMachine;
let alone: string;

beforeEach(async () => {
  clock = new FakeClock(NOW);
  [team, other] = [await FakeTeam.start(), await FakeTeam.start()];
  for (const each of [team, other]) each.now = () => NOW;
  alone = mkdtempSync(path.join(tmpdir(), "alone-"));
});
afterEach(async () => {
  await team.close();
  await other.close();
  machine?.dispose();
  rmSync(alone, { recursive: true });
});

/** In force on the machine, with the policy that it holds. */
function on(configDir: string, by: PolicySource = "user"): InForce {
  const inForce = new InForce({ configDir, clock });
  inForce.configuredBy(by);
  return inForce;
}

function enrolled(mode: Mode): EnrolledMachine {
  team.mode = mode;
  machine = new EnrolledMachine(team);
  return machine;
}

function acceptance(mode: Mode, over: Partial<Acceptance> = {}): Acceptance {
  return {
    mode,
    by: "developer",
    team: machine === undefined ? "" : team.id,
    agent: machine?.agent ?? "",
    retention_days: 90,
    contract: contractHash(mode),
    accepted_at: NOW - 1_000,
    expires_at: NOW + 30 * DAY_MS,
    ...over,
  };
}

/** Of a machine in no team. */
const own = { team: "", agent: "" };

it("the strictest of all is in force, whoever says it: every combination, over real files", () => {
  const before: string[] = [];
  for (const teams of [undefined, ...MODES]) {
    const configDir = teams === undefined ? alone : enrolled(teams).configDir;
    for (const accepted of [undefined, ...MODES]) {
      if (accepted === undefined) rmSync(consentFile(configDir), { force: true });
      else writeAcceptance(configDir, acceptance(accepted, teams === undefined ? own : {}));
      for (const [configured, by] of MODES.flatMap((mode) => [
        [mode, "user"] as const,
        [mode, "managed"] as const,
      ])) {
        const { mode, isFresh } = on(configDir, by).now(configured);
        const expected = strictest(configured, teams ?? "full", accepted ?? "off");
        if (mode !== expected || !isFresh) before.push([teams, accepted, configured, by, mode].join());
      }
    }
    if (teams !== undefined) machine.dispose();
  }
  expect(before).toEqual([]);
});

it.each<{
  name: string;
  team: Mode | undefined;
  managed?: Mode;
  user: Mode;
  accepted?: Mode;
  expected: Partial<ModeInForce>;
}>([
  { name: "nothing is configured", team: undefined, user: "off", expected: { mode: "off", setBy: "user" } },
  { name: "nobody accepted", team: "full", user: "full", expected: { mode: "off", setBy: "consent" } },
  {
    name: "without a team the user decides",
    team: undefined,
    user: "full",
    accepted: "full",
    expected: { mode: "full", setBy: "user" },
  },
  {
    name: "the team says less than was accepted",
    team: "categorize_local",
    user: "full",
    accepted: "full",
    expected: { mode: "categorize_local", setBy: "server" },
  },
  {
    name: "the user says less than the team",
    team: "full",
    user: "categorize_local",
    accepted: "full",
    expected: { mode: "categorize_local", setBy: "user" },
  },
  {
    name: "managed policy says less than all",
    team: "full",
    managed: "off",
    user: "off",
    accepted: "full",
    expected: { mode: "off", setBy: "managed" },
  },
  {
    name: "less was accepted",
    team: "full",
    user: "full",
    accepted: "categorize_cloud",
    expected: { mode: "categorize_cloud", setBy: "consent" },
  },
])("$name: $expected", ({ team: teams, managed, user, accepted, expected }) => {
  const configDir = teams === undefined ? alone : enrolled(teams).configDir;
  if (accepted !== undefined)
    writeAcceptance(configDir, acceptance(accepted, teams === undefined ? own : {}));
  expect(on(configDir, managed === undefined ? "user" : "managed").now(managed ?? user)).toMatchObject(
    expected,
  );
});

/** What somebody between this machine and its team could answer. */
const TAMPERED: { name: string; answer: () => SignedConfig | object }[] = [
  {
    name: "a looser mode that nobody signed",
    answer: () => forged((config) => ({ ...config, version: 2_000, mode: "full" })),
  },
  {
    name: "a looser mode, signed by another team",
    answer: () => other.signed(machine.agent, { team: team.id, mode: "full", version: 2_000 }),
  },
  {
    name: "an older version of the team's own",
    answer: () => team.signed(machine.agent, { mode: "full", version: 999 }),
  },
  { name: "the same version with another mode", answer: () => team.signed(machine.agent, { mode: "full" }) },
  {
    name: "the team's own for another machine",
    answer: () => team.signed("agt_other", { mode: "full", version: 2_000 }),
  },
  {
    name: "that of another team",
    answer: () => team.signed(machine.agent, { team: other.id, mode: "full", version: 2_000 }),
  },
  {
    name: "one that has expired",
    answer: () =>
      team.signed(machine.agent, {
        mode: "full",
        version: 2_000,
        issuedAt: NOW - 8 * DAY_MS,
        expiresAt: NOW - DAY_MS,
      }),
  },
  {
    name: "one from the future",
    answer: () =>
      team.signed(machine.agent, {
        mode: "full",
        version: 2_000,
        issuedAt: NOW + DAY_MS,
        expiresAt: NOW + 2 * DAY_MS,
      }),
  },
  {
    name: "one that lives for a year",
    answer: () => team.signed(machine.agent, { mode: "full", version: 2_000, expiresAt: NOW + 365 * DAY_MS }),
  },
  {
    name: "a mode that does not exist",
    answer: () => team.sign(JSON.stringify({ ...plain(), version: 2_000, mode: "everything" })),
  },
  { name: "something else that is signed", answer: () => team.sign("[]") },
  {
    name: "no signature",
    answer: () => ({ ...team.signed(machine.agent, { mode: "full", version: 2_000 }), signature: "" }),
  },
  { name: "garbage", answer: () => ({ payload: "\0", signature: "x", key: "y" }) },
];

function plain(): AgentConfig {
  return JSON.parse(Buffer.from(team.signed(machine.agent).payload, "base64url").toString()) as AgentConfig;
}

function forged(change: (config: AgentConfig) => AgentConfig): SignedConfig {
  const payload = Buffer.from(JSON.stringify(change(plain()))).toString("base64url");
  return { ...team.signed(machine.agent), payload };
}

it.each(TAMPERED)("an answer with $name changes nothing, now and after a restart", ({ answer }) => {
  const { configDir, folder } = enrolled("categorize_local");
  writeAcceptance(configDir, acceptance("full"));
  const store = PolicyStore.open(folder, () => NOW);
  const inForce = on(configDir);
  inForce.heed(() => store?.policy);
  expect(store?.offer(answer() as SignedConfig, undefined).kind).toBe("refused");
  const expected = { mode: "categorize_local", setBy: "server", isFresh: true };
  expect([inForce.now("full"), on(configDir).now("full")]).toMatchObject([expected, expected]);
});

it.each(TAMPERED)("$name, put in the place of the file that is kept, lets nothing out", ({ answer }) => {
  const { configDir, folder } = enrolled("categorize_local");
  writeAcceptance(configDir, acceptance("full"));
  // The highest version that was seen stands in a file of its own.
  PolicyStore.open(folder, () => NOW);
  folder.writeFile("policy.json", JSON.stringify({ signed: answer() }));
  const { mode, isFresh } = on(configDir).now("full");
  expect(mode === "off" || !isFresh).toBe(true);
});

it.each([
  { name: "turned on", projects: true, afterMs: 0, expected: ["project_identity"] },
  { name: "not turned on", projects: false, afterMs: 0, expected: [] },
  { name: "turned on by a word that has expired", projects: true, afterMs: 8 * DAY_MS, expected: [] },
])("what the team has $name is what records may say", async ({ projects, afterMs, expected }) => {
  team.features = { projects, activity: true };
  const inForce = on(enrolled("off").configDir);
  await clock.advance(afterMs);
  expect([...inForce.optIns]).toEqual(expected);
});

it("nobody turns anything on for a machine in no team", () => {
  expect([...on(alone).optIns]).toEqual([]);
});

it("text waits while the team's word has expired, and the mode is not another one", () => {
  const { configDir } = enrolled("full");
  writeAcceptance(configDir, acceptance("full"));
  const inForce = on(configDir);
  clock.jump(8 * DAY_MS);
  expect(inForce.now("full")).toMatchObject({ mode: "full", isFresh: false });
});

it.each<{ name: string; over: Partial<Acceptance>; days?: number; mode: Mode }>([
  { name: "the team keeps text longer", over: { retention_days: 30 }, mode: "off" },
  { name: "the team keeps text for ever", over: {}, days: 0, mode: "off" },
  { name: "the team keeps text shorter", over: { retention_days: 365 }, mode: "full" },
  { name: "it was for ever", over: { retention_days: 0 }, mode: "full" },
  { name: "more would leave than was shown", over: { contract: "0".repeat(64) }, mode: "off" },
  { name: "its time is over", over: { expires_at: NOW }, mode: "off" },
  { name: "it is for another team", over: { team: "tm_other" }, mode: "off" },
  { name: "it is for an enrolment before", over: { agent: "agt_before" }, mode: "off" },
  { name: "it is of a time when there was no team", over: { team: "", agent: "" }, mode: "off" },
  { name: "it is from the future", over: { accepted_at: NOW + 2 * DAY_MS }, mode: "off" },
])("an acceptance, and $name: $mode", ({ over, days, mode }) => {
  if (days !== undefined) team.config = (config) => ({ ...config, retentionDays: days });
  const { configDir } = enrolled("full");
  writeAcceptance(configDir, acceptance("full", over));
  expect(on(configDir).now("full").mode).toBe(mode);
});

it("a clock that goes forward ends an acceptance, and one that goes back brings none to life for long", () => {
  writeAcceptance(alone, acceptance("full", own));
  const inForce = on(alone);
  expect(inForce.now("full").mode).toBe("full");
  clock.jump(31 * DAY_MS);
  expect(inForce.now("full").mode).toBe("off");
  clock.jump(-60 * DAY_MS);
  expect(inForce.now("full").mode).toBe("off");
});

it.each([
  ["nothing", ""],
  ["half a file", '{"mode":"full","by":'],
  ["a mode that does not exist", JSON.stringify({ ...acceptanceText(), mode: "all" })],
  ["another type", JSON.stringify({ ...acceptanceText(), expires_at: "never" })],
  ["more than there should be", JSON.stringify({ ...acceptanceText(), also: 1 })],
  ["a list", "[]"],
])("a file with %s accepts nothing", (_, text) => {
  writeFileSync(consentFile(alone), text);
  expect(on(alone).now("full").mode).toBe("off");
});

function acceptanceText(): Acceptance {
  const [retention_days, accepted_at, expires_at] = [90, NOW, NOW + DAY_MS];
  return { mode: "full", by: "developer", ...own, retention_days, contract: "", accepted_at, expires_at };
}

it("edited by hand, it cannot go beyond what the team signed", () => {
  const { configDir } = enrolled("categorize_local");
  writeAcceptance(configDir, acceptance("full"));
  expect(on(configDir).now("full").mode).toBe("categorize_local");
});

it("another enrolment while the collector runs takes every acceptance of the one before with it, at once", () => {
  const { configDir } = enrolled("full");
  writeAcceptance(configDir, acceptance("full"));
  const inForce = on(configDir);
  expect(inForce.now("full").mode).toBe("full");
  other.mode = "full";
  machine.enrol(other);
  expect(inForce.now("full").mode).toBe("off");
  machine.folder.remove();
  expect(inForce.now("full").mode).toBe("off");
});

it("neither reads nor sends while the configuration cannot be used, and tells when that changes", () => {
  writeAcceptance(alone, acceptance("full", own));
  const inForce = on(alone);
  let told = 0;
  inForce.changes(() => (told += 1));
  inForce.follow();
  inForce.usable(false);
  inForce.usable(false);
  expect([inForce.now("full").isFresh, told]).toEqual([false, 1]);
  inForce.usable(true);
  expect([inForce.now("full").isFresh, told]).toEqual([true, 2]);
  inForce.close();
});
