import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentConfig, SignedConfig } from "#proto/agent-api.ts";
import { PolicyStore } from "./policy.ts";
import { CLOCK_SKEW_MS } from "./signed-config.ts";
import { EnrolledMachine, FakeTeam } from "./testing.ts";

const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-11-24T08:00:00Z");

let team: FakeTeam;
let machine: EnrolledMachine;
let nowMs: number;

beforeEach(async () => {
  nowMs = NOW;
  team = await FakeTeam.start();
  team.now = () => nowMs;
  team.mode = "categorize_local";
  machine = new EnrolledMachine(team);
});

afterEach(async () => {
  machine.dispose();
  await team.close();
});

function open(): PolicyStore {
  const store = PolicyStore.open(machine.folder, () => nowMs);
  if (store === undefined) throw new Error("the machine is not enrolled");
  return store;
}

/** All that is on the disk. */
function disk(): string {
  const { dir } = machine.folder;
  return readdirSync(dir)
    .toSorted()
    .map((name) => `${name}: ${readFileSync(`${dir}/${name}`, "utf8")}`)
    .join("\n");
}

const sign = (over: Partial<AgentConfig> = {}) => team.signed(machine.agent, over);

it("holds what came with the enrolment, and takes over a newer one", () => {
  const store = open();
  expect(store.policy).toMatchObject({
    mode: "categorize_local",
    retentionDays: 90,
    version: 1_000,
    expired: false,
  });
  expect(store.offer(sign({ version: 1_001, mode: "full" }), '"a"')).toEqual({ kind: "new" });
  expect(store.policy).toMatchObject({ mode: "full", version: 1_001 });
  expect(store.etag).toBe('"a"');
  expect(open().policy).toMatchObject({ mode: "full", version: 1_001 });
});

it("a fresh issue of the same version prolongs it", () => {
  const store = open();
  nowMs += 6 * DAY_MS;
  expect(store.offer(sign(), undefined)).toEqual({ kind: "same" });
  nowMs += 6 * DAY_MS;
  expect(store.policy.expired).toBe(false);
});

it("says once it has expired, until a fresh one comes, and says it also by a clock that goes before it", () => {
  const store = open();
  nowMs += 7 * DAY_MS + CLOCK_SKEW_MS;
  expect(store.policy.expired).toBe(false);
  nowMs += 1;
  expect(store.policy.expired).toBe(true);
  store.offer(sign(), undefined);
  expect(store.policy.expired).toBe(false);
  nowMs -= CLOCK_SKEW_MS + 1;
  expect(store.policy.expired).toBe(true);
});

const otherKey = generateKeyPairSync("ed25519").privateKey;
const textOf = ({ payload }: SignedConfig) => Buffer.from(payload, "base64url").toString("utf8");
const encoded = (text: string) => Buffer.from(text).toString("base64url");
const zeros = (length: number) => Buffer.alloc(length).toString("base64url");
const flipped = (text: string) => `${text.startsWith("A") ? "B" : "A"}${text.slice(1)}`;

it.each<{ refusal: string; offered: () => SignedConfig }>([
  { refusal: "not_the_pinned_key", offered: () => ({ ...sign(), key: zeros(32) }) },
  { refusal: "not_the_pinned_key", offered: () => ({ ...sign(), key: "" }) },
  { refusal: "wrong_signature", offered: () => team.sign(textOf(sign({ version: 2_000 })), otherKey) },
  { refusal: "wrong_signature", offered: () => ({ ...sign(), signature: zeros(64) }) },
  { refusal: "wrong_signature", offered: () => ({ ...sign(), signature: "garbage" }) },
  { refusal: "wrong_signature", offered: () => ({ ...sign(), signature: flipped(sign().signature) }) },
  {
    refusal: "wrong_signature",
    offered: () => {
      const signed = sign({ version: 2_000 });
      return { ...signed, payload: encoded(textOf(signed).replace("categorize_local", "full")) };
    },
  },
  { refusal: "malformed", offered: () => team.sign("") },
  { refusal: "malformed", offered: () => team.sign("[]") },
  {
    refusal: "malformed",
    offered: () => team.sign(textOf(sign()).replace("categorize_local", "everything")),
  },
  { refusal: "malformed", offered: () => sign({ version: 1.5 }) },
  { refusal: "of_another_machine", offered: () => sign({ agent: "agt_other", version: 2_000 }) },
  { refusal: "of_another_machine", offered: () => sign({ team: "tm_other", version: 2_000 }) },
  {
    refusal: "expired",
    offered: () => sign({ version: 2_000, issuedAt: NOW - 8 * DAY_MS, expiresAt: NOW - DAY_MS }),
  },
  { refusal: "from_the_future", offered: () => sign({ version: 2_000, issuedAt: NOW + CLOCK_SKEW_MS + 1 }) },
  { refusal: "lives_too_long", offered: () => sign({ version: 2_000, expiresAt: NOW + 7 * DAY_MS + 1 }) },
  { refusal: "lives_too_long", offered: () => sign({ version: 2_000, expiresAt: NOW }) },
  { refusal: "older_version", offered: () => sign({ version: 999, mode: "full" }) },
  { refusal: "same_version_other_content", offered: () => sign({ mode: "full" }) },
  { refusal: "same_version_other_content", offered: () => sign({ retentionDays: 0 }) },
  {
    refusal: "same_version_other_content",
    offered: () => sign({ features: { projects: true, activity: false } }),
  },
  { refusal: "older_issue", offered: () => sign({ issuedAt: NOW - 1 }) },
])("refuses what is $refusal, and changes nothing", ({ refusal, offered }) => {
  const store = open();
  store.offer(sign(), undefined);
  const before = [disk(), store.policy];
  expect(store.offer(offered(), '"evil"')).toEqual({ kind: "refused", refusal });
  expect([disk(), store.policy]).toEqual(before);
  expect(store.etag).toBeUndefined();
});

it("a clock that is off by less than ten minutes changes nothing", () => {
  expect(open().offer(sign({ version: 2_000, issuedAt: NOW + CLOCK_SKEW_MS }), undefined)).toEqual({
    kind: "new",
  });
});

it("what was seen is remembered apart from what is held: a lost or older file brings nothing back", () => {
  const older = machine.folder.readFile("policy.json") ?? "";
  open().offer(sign({ version: 5_000, mode: "off" }), undefined);
  rmSync(machine.folder.fileOf("policy.json"));
  expect(open().policy).toMatchObject({ mode: "off", expired: true });
  expect(open().offer(sign({ version: 4_999, mode: "full" }), undefined)).toMatchObject({
    refusal: "older_version",
  });
  machine.folder.writeFile("policy.json", older);
  expect(open().policy).toMatchObject({ mode: "off", expired: true });
  expect(open().offer(sign({ version: 5_000, mode: "off" }), undefined)).toEqual({ kind: "new" });
});

it.each(["", "{", "[]", '{"signed":{}}', '{"signed":{"payload":"{}","signature":"x","key":"y"}}'])(
  "a kept configuration of %j is none, and nothing is allowed until one comes",
  (text) => {
    machine.folder.writeFile("policy.json", text);
    const store = open();
    expect(store.policy).toMatchObject({ mode: "off", expired: true });
    expect(store.offer(sign(), undefined)).toEqual({ kind: "new" });
  },
);

it("asks without an ETag in the second half of its life, so that it is issued again", () => {
  const store = open();
  store.offer(sign(), '"a"');
  nowMs += 3.4 * DAY_MS;
  expect(store.etag).toBe('"a"');
  nowMs += 0.2 * DAY_MS;
  expect(store.etag).toBeUndefined();
});
