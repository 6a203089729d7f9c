import { afterEach, beforeEach, expect, it } from "vitest";
import type { Value } from "#component/record.ts";
import type { LogRecord } from "#proto/logs.ts";
import { record } from "#state/testing.ts";
import { attributeOf } from "./testing.ts";
import { CANARY, prompt, TextStage } from "./testkit.ts";

const REQUEST: [string, Value][] = [
  ["gen_ai.operation.name", "chat"],
  ["gen_ai.provider.name", "anthropic"],
  ["gen_ai.response.model", "claude-opus-4-5"],
  ["talos.source", "claude_code"],
  ["talos.source.via", "transcript"],
  ["talos.request.origin", "main"],
  ["talos.usage.provenance", "measured"],
];

let stage: TextStage;
beforeEach(() => {
  stage = new TextStage();
});
afterEach(() => stage.dispose());

it("sends a category in place of a text, to every destination, and balances at every step", async () => {
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.until(() => stage.sent().length === 1 && stage.sent("talos.prompt", "sink/two").length === 1);
  const [first] = stage.sent();
  expect(first?.body).toBeUndefined();
  expect(first && attributeOf(first, "talos.category")).toBe("bugfix");
  await stage.settled();
  expect(stage.isOnDisk("CANARY")).toBe(false);
});

it("delays no count while a text waits, keeps it encrypted, and works on it later", async () => {
  let ready = false;
  const make = stage.answer;
  stage.answer = (each) => (ready ? make(each) : { kind: "retry", afterMs: 30, reason: "not_yet" });
  await stage.open();
  await stage.emit(prompt("a"), record("r", { attributes: new Map(REQUEST) }));
  await stage.until(() => stage.sent("gen_ai.client.inference.operation.details").length === 1);
  expect(stage.sent()).toEqual([]);
  expect(stage.service.store.balance().balanced).toBe(true);
  expect(stage.service.store.pending("text:logs").records).toBe(1);
  expect(stage.isOnDisk("CANARY")).toBe(false);
  ready = true;
  await stage.until(() => stage.sent().length === 1);
  await stage.settled();
});

it("survives a restart while a text waits, and reads it once", async () => {
  stage.answer = () => ({ kind: "retry", afterMs: 60_000, reason: "not_yet" });
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.close();
  stage.answer = (each) => {
    each.attributes.set("talos.category", "docs");
    return { kind: "done", record: each };
  };
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.until(() => stage.sent().length === 1);
  await stage.settled();
  expect(stage.sent()).toHaveLength(1);
});

it.each<{ name: string; change: () => void }>([
  { name: "mode off", change: () => (stage.inForce = { ...stage.inForce, mode: "off" }) },
  {
    name: "a text older than the acceptance",
    change: () => (stage.inForce = { ...stage.inForce, sinceMs: Date.now() + 1e9 }),
  },
])("with $name the prompt goes without its text, at once", async ({ change }) => {
  change();
  stage.answer = () => {
    throw new Error("nobody may read it");
  };
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.until(() => stage.sent().length === 1);
  const [only] = stage.sent();
  expect([only?.body, only && attributeOf(only, "talos.category")]).toEqual([undefined, undefined]);
  expect(stage.service.store.balance().balanced).toBe(true);
});

it("hints are looked at by the processors that stand before the one which made them", async () => {
  const seen: (string | undefined)[] = [];
  stage.readsHints = true;
  const make = stage.answer;
  stage.answer = (each) => {
    seen.push(each.body);
    each.attributes.set("talos.task_hint", seen.length === 1 ? "first" : "second");
    return make(each);
  };
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.until(() => stage.sent().length === 1);
  expect(seen).toEqual([CANARY, undefined]);
  expect(attributeOf(stage.sent()[0] as LogRecord, "talos.task_hint")).toBe("second");
});

it("sends prompts and answers as they are in mode full, answers only there", async () => {
  stage.inForce = { ...stage.inForce, mode: "full" };
  await stage.open();
  const answered = prompt("c", { eventName: "talos.completion", attributes: new Map() });
  await stage.emit(prompt("a"), answered);
  await stage.until(() => stage.sent().length === 1 && stage.sent("talos.completion").length === 1);
  expect(stage.sent("talos.completion")[0]?.body).toEqual({ stringValue: CANARY });
  expect(stage.sent()[0]?.body).toEqual({ stringValue: CANARY });
  stage.inForce = { ...stage.inForce, mode: "categorize_local" };
  await stage.emit({ ...answered, local: { request: "other" }, body: CANARY });
  await stage.settled();
  expect(stage.sent("talos.completion")).toHaveLength(1);
});

it("takes texts out of every queue when the mode becomes stricter, and keeps what may still leave", async () => {
  stage.inForce = { ...stage.inForce, mode: "full" };
  for (const sink of ["sink", "sink/two"]) stage.down.add(sink);
  await stage.open();
  const answered = prompt("c", { eventName: "talos.completion", attributes: new Map() });
  await stage.emit(prompt("a"), answered);
  await stage.until(() => stage.service.store.pending("sink:text").records === 2);
  stage.inForce = { ...stage.inForce, mode: "categorize_local" };
  stage.service.modesChanged();
  expect(stage.service.store.balance().balanced).toBe(true);
  stage.down.clear();
  await stage.until(() => stage.sent().length === 1);
  expect(stage.sent()[0]?.body).toBeUndefined();
  expect(attributeOf(stage.sent()[0] as LogRecord, "talos.category")).toBe("bugfix");
  const all = ["sink", "sink/two"].flatMap((sink) =>
    ["talos.prompt", "talos.completion"].map((event) => stage.sent(event, sink)),
  );
  expect(JSON.stringify(all, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v))).not.toContain(
    "CANARY",
  );
  await stage.settled();
});

it("leaves of a category nothing but the prompt when nothing may be read any more", async () => {
  for (const sink of ["sink", "sink/two"]) stage.down.add(sink);
  await stage.open();
  await stage.emit(prompt("a"));
  await stage.until(() => stage.service.store.pending("sink:text").records === 1);
  stage.inForce = { ...stage.inForce, mode: "off" };
  stage.service.modesChanged();
  expect(stage.service.store.pending("sink").records).toBe(1);
  stage.down.clear();
  await stage.until(() => stage.sent().length === 1);
  expect(stage.sent()[0]?.attributes.map(({ key }) => key)).not.toContain("talos.category");
  await stage.settled();
});

it("neither reads nor sends text while the signed configuration has expired, and goes on with a fresh one", async () => {
  stage.inForce = { ...stage.inForce, isFresh: false };
  let asked = 0;
  const make = stage.answer;
  stage.answer = (each) => {
    asked += 1;
    return make(each);
  };
  await stage.open();
  await stage.emit(prompt("a"), record("r", { attributes: new Map(REQUEST) }));
  await stage.until(() => stage.sent("gen_ai.client.inference.operation.details").length === 1);
  expect(stage.host.text?.()).toBeUndefined();
  expect([asked, stage.service.store.pending("text:logs").records]).toEqual([0, 1]);
  stage.inForce = { ...stage.inForce, isFresh: true };
  stage.service.modesChanged();
  await stage.until(() => stage.sent().length === 1);
});
