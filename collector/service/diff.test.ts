import { expect, it } from "vitest";
import { Secret } from "#config/secret.ts";
import { livePlan } from "./diff.ts";
import type { Plan } from "./plan.ts";
import { sameSettings } from "./same-settings.ts";

it.each([
  ["equal groups", { a: 1, b: [1, { c: "x" }] }, { b: [1, { c: "x" }], a: 1 }, true],
  ["another value", { a: 1 }, { a: 2 }, false],
  ["a setting more", { a: 1 }, { a: 1, b: undefined }, false],
  ["another order of a list", [1, 2], [2, 1], false],
  ["equal secrets", { t: new Secret("a") }, { t: new Secret("a") }, true],
  ["other secrets", { t: new Secret("a") }, { t: new Secret("b") }, false],
  ["equal addresses", new URL("https://a/"), new URL("https://a"), true],
  ["other addresses", new URL("https://a/"), new URL("https://b"), false],
  ["what it does not know", new Map(), new Map(), false],
  ["a number and its text", { a: 1 }, { a: "1" }, false],
])("compares %s", (_name, a, b, same) => {
  expect(sameSettings(a, b)).toBe(same);
});

/** A plan whose service has settings that this program may not have. */
const plan = (over: object): Plan =>
  ({
    receivers: [],
    exporters: [],
    pipelines: [],
    stateDir: "/state",
    configDir: "/config",
    service: {
      outbox: { key_source: "file", max_size: 1 },
      batch: { timeout: 1 },
      logs: { level: "info" },
      ...over,
    },
  }) as unknown as Plan;

it.each([
  ["nothing", {}, []],
  ["batch settings", { batch: { timeout: 2 } }, []],
  ["the level of logs", { logs: { level: "debug" } }, []],
  ["limits of the outbox", { outbox: { key_source: "file", max_size: 2 } }, []],
  ["where the key is", { outbox: { key_source: "memory", max_size: 1 } }, ["service.outbox.key_source"]],
  ["an address", { other: { to: new URL("https://b") } }, ["service.other.to"]],
  ["a secret", { other: { to: new URL("https://a"), token: new Secret("b") } }, ["service.other.token"]],
  ["a group that is new", { another: { x: 1 } }, ["service.another"]],
])("knows whether a change of %s needs a restart", (_name, change, want) => {
  const base = { other: { to: new URL("https://a"), token: new Secret("a") } };
  const next = "other" in change ? { other: { ...base.other, ...change.other } } : { ...base, ...change };
  expect(livePlan(plan(base), plan(next)).needsRestart).toEqual(want);
});

it("keeps the folders, and says so", () => {
  const { plan: live, needsRestart } = livePlan(plan({}), { ...plan({}), stateDir: "/s2", configDir: "/c2" });
  expect([live.stateDir, live.configDir]).toEqual(["/state", "/config"]);
  expect(needsRestart).toEqual(["service.state_dir", "service.config_dir"]);
});
