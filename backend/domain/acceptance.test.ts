import { describe, expect, it } from "vitest";
import { logsRequest, requestRecord, uid } from "../test/records.ts";
import { accept } from "./acceptance.ts";

const WRITE = "gen_ai.usage.cache_write.input_tokens";
const CREATION = "gen_ai.usage.cache_creation.input_tokens";
const SHORT = "talos.usage.cache_write_5m_tokens";
const LONG = "talos.usage.cache_write_1h_tokens";

function event(values: Record<string, number | string | boolean>) {
  const record = requestRecord({ uid: uid(1) });
  const others = record.attributes.filter(({ key }) => ![WRITE, SHORT, LONG].includes(key));
  const added = requestRecord({ uid: uid(1), values }).attributes.filter(({ key }) => key in values);
  const kept = others.filter(({ key }) => !(key in values));
  const logs = logsRequest([{ ...record, attributes: [...kept, ...added] }]);
  const { events, rejected } = accept(logs, "off", Date.now());
  expect(rejected).toBe(0);
  return events[0];
}

describe("cache writes", () => {
  it.each([
    { name: "none are unknown, not 0", values: {}, is: [null, null] },
    { name: "a total without a split", values: { [WRITE]: 10 }, is: [10, null] },
    { name: "its older name", values: { [CREATION]: 10 }, is: [10, null] },
    { name: "both names count once", values: { [WRITE]: 10, [CREATION]: 10 }, is: [10, null] },
    { name: "a split without a total", values: { [SHORT]: 3, [LONG]: 4 }, is: [7, 4] },
    { name: "a total of 0 beside a split", values: { [WRITE]: 0, [SHORT]: 3, [LONG]: 4 }, is: [7, 4] },
    { name: "a total larger than its parts", values: { [WRITE]: 9, [SHORT]: 3, [LONG]: 4 }, is: [9, 4] },
  ])("$name", ({ values, is }) => {
    const made = event(values);
    expect([made?.cacheWrite, made?.cacheWrite1h]).toEqual(is);
  });
});

it("what changes no price is stored as nothing", () => {
  const standard = event({ "talos.usage.speed": "standard", "talos.usage.inference_geo": "not_available" });
  expect(standard).toMatchObject({ speed: "", tier: "", geo: "", final: true });
  const special = event({
    "talos.usage.speed": "fast",
    "talos.usage.service_tier": "batch",
    "talos.usage.inference_geo": "us",
    "talos.usage.partial": true,
  });
  expect(special).toMatchObject({ speed: "fast", tier: "batch", geo: "us", final: false });
});
