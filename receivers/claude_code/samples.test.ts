import path from "node:path";
import { inspect } from "node:util";
import { expect, it } from "vitest";
import { FakeHost } from "#testkit/fake-host.ts";
import { readOnce, receiverOf } from "./testkit.ts";

const home = path.join(import.meta.dirname, "testdata/home");
const all = { config: { start_at: "beginning" } };

it("one line of each kind gives four requests and two prompts", async () => {
  const store = await readOnce(home, all);
  expect(
    store.requests
      .toSorted((a, b) => (a.local.request < b.local.request ? -1 : 1))
      .map((r) => [
        r.local.request,
        r.attributes.get("gen_ai.response.model"),
        r.attributes.get("gen_ai.usage.output_tokens"),
        r.attributes.get("gen_ai.usage.input_tokens"),
      ]),
  ).toEqual([
    ["msg_01INVENTEDaaaaaaaaaaaaaa", "claude-sonnet-5-5", 412, 23_206],
    ["msg_01INVENTEDbbbbbbbbbbbbbb", "claude-haiku-4-5-20251001", 2, 3009],
    ["msg_01INVENTEDcccccccccccccc", "claude-opus-5", 200, 48_642],
    ["msg_01INVENTEDcccccccccccccc:iter:1", "claude-fable-5-1", 600, 26_000],
  ]);
  expect(store.prompts.map((r) => r.local.request).toSorted()).toEqual([
    "prompt:00000001-aaaa-4bbb-8ccc-ddddeeeeffff",
    "prompt:7a7a7a7a-1b1b-4c1c-8d1d-9e9e9e9e9e9e",
  ]);
  expect(store.sum("talos.usage.web_search_requests")).toBe(2);
  expect(Object.fromEntries(store.drops)).toEqual({ synthetic: 1, duplicate: 1, not_human: 1 });
});

it("a request's record holds what the egress contract names and nothing else", async () => {
  const store = await readOnce(home, all);
  const request = store.records.get("msg_01INVENTEDaaaaaaaaaaaaaa");
  expect(request).toMatchObject({
    timeMs: Date.parse("2026-11-18T07:00:02.100Z"),
    lastTimeMs: Date.parse("2026-11-18T07:00:03.900Z"),
    local: {
      session: "5e1f0a77-2d34-4c1b-9d0e-6a1f2b3c4d5e",
      turn: "11112222-3333-4444-8555-666677778888",
    },
    cwd: "/srv/kim/atlas",
    weight: { final: true, output: 412, input: 23_206, webSearches: 2 },
  });
  expect(Object.fromEntries(request?.attributes ?? [])).toEqual({
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "anthropic",
    "gen_ai.response.model": "claude-sonnet-5-5",
    "gen_ai.usage.input_tokens": 23_206,
    "gen_ai.usage.output_tokens": 412,
    "gen_ai.usage.cache_read.input_tokens": 18_000,
    "gen_ai.usage.cache_write.input_tokens": 5200,
    "gen_ai.usage.cache_creation.input_tokens": 5200,
    "talos.usage.cache_write_5m_tokens": 1200,
    "talos.usage.cache_write_1h_tokens": 4000,
    "talos.usage.web_search_requests": 2,
    "talos.usage.speed": "standard",
    "talos.usage.service_tier": "standard",
    "talos.usage.provenance": "measured",
    "talos.request.origin": "main",
    "talos.source": "claude_code",
    "talos.source.version": "2.1.330",
    "talos.source.via": "transcript",
  });
});

it("says what is partial, whose request it was, and what sets its price", async () => {
  const store = await readOnce(home, all);
  const partial = store.records.get("msg_01INVENTEDbbbbbbbbbbbbbb");
  expect(partial?.attributes.get("talos.usage.partial")).toBe(true);
  expect(partial?.attributes.get("talos.request.origin")).toBe("subagent");
  expect(partial?.attributes.has("talos.usage.speed")).toBe(false);
  const fast = store.records.get("msg_01INVENTEDcccccccccccccc");
  expect(fast?.attributes.get("talos.usage.speed")).toBe("fast");
  expect(fast?.attributes.has("talos.usage.inference_geo")).toBe(false);
  const advisor = store.records.get("msg_01INVENTEDcccccccccccccc:iter:1");
  expect(advisor?.attributes.get("talos.request.origin")).toBe("auxiliary");
});

it("a prompt's record has no text and no attribute but its source", async () => {
  const store = await readOnce(home, all);
  for (const prompt of store.prompts) {
    expect(prompt.body).toBeUndefined();
    expect([...prompt.attributes.keys()]).toEqual(["talos.source", "talos.source.version"]);
  }
  expect(inspect(store, { depth: 9 })).not.toMatch(/tide|lows|harbour|third one|topic/);
});

it("by default, what was there before the first start is skipped", async () => {
  const host = new FakeHost({ once: true, isFirstStart: true, firstStartMs: Date.now() });
  const receiver = receiverOf(home, host);
  await receiver.start();
  await host.done;
  expect(host.store.records.size).toBe(0);
  expect(host.store.positions.size).toBe(3);
});
