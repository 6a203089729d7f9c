import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import * as z from "zod";
import {
  defineExporter,
  defineProcessor,
  defineReceiver,
  type Factory,
  type ReceiverHost,
  type Resolved,
} from "#component/component.ts";
import type { SourceRecord, Value } from "#component/record.ts";
import { emptyUnit } from "#component/unit.ts";
import { parseConfigText } from "#config/load.ts";
import { type Mode, NO_OPT_INS } from "#proto/egress.ts";
import type { LogRecord, LogsRequest } from "#proto/logs.ts";
import { record } from "#state/testing.ts";
import { testSettings } from "#testkit/fakes.ts";
import type { ModeInForce } from "./modes.ts";
import { planService } from "./plan.ts";
import { Service } from "./service.ts";
import { systemClock } from "./system.ts";
import { attributeOf, recordsOf, TEAM_KEY } from "./testing.ts";

const CANARY = "CANARY-7f3a the prompt of a person";
const REQUEST: [string, Value][] = [
  ["gen_ai.operation.name", "chat"],
  ["gen_ai.provider.name", "anthropic"],
  ["gen_ai.response.model", "claude-opus-4-5"],
  ["talos.source", "claude_code"],
  ["talos.source.via", "transcript"],
  ["talos.request.origin", "main"],
  ["talos.usage.provenance", "measured"],
];

/** What the category-maker does, and which mode is in force. Each test sets them. */
let answer: (record: SourceRecord) => Resolved;
let inForce: ModeInForce;
let host: ReceiverHost;
let got: Map<string, LogsRequest[]>;
let isDown: boolean;
let dir: string;
let service: Service;
/** The pipeline's own setting. */
let configured: Mode;

const config = z.strictObject({});
const about = { stability: "alpha", summary: "For tests.", config } as const;
const idle = { start: async () => {}, shutdown: async () => {} };
const factories: Factory[] = [
  defineReceiver({
    ...about,
    type: "src",
    create(_, _config, given) {
      host = given;
      return idle;
    },
  }),
  defineProcessor({
    ...about,
    type: "categorize",
    teamKey: () => TEAM_KEY,
    mode: () => configured,
    create: () => ({
      ...idle,
      process: (records) => records,
      later: {
        wants: ({ eventName }) => eventName === "talos.prompt",
        resolve: async (each) => answer(each),
      },
    }),
  }),
  defineExporter({
    ...about,
    type: "sink",
    delivery: () => ({ destination: "talos", corrections: true, grouping: "request", timing: "immediate" }),
    create: ({ id }) => ({
      ...idle,
      async send(request) {
        if (isDown) return { kind: "retry", reason: "down", afterMs: 20 };
        got.set(id, [...(got.get(id) ?? []), request]);
        return { kind: "delivered", rejected: 0 };
      },
    }),
  }),
];

async function open(): Promise<void> {
  const text = `
receivers: { src: {} }
processors: { categorize: {} }
exporters: { sink: {}, sink/two: {} }
service:
  state_dir: "${dir}"
  outbox: { key_source: file }
  pipelines: { logs: { receivers: [src], processors: [categorize], exporters: [sink, sink/two] } }
`;
  const { log, platform } = testSettings();
  const home = { ...platform, homeDir: dir };
  service = await Service.open({
    plan: planService(parseConfigText(text, path.join(dir, "config.yaml"), home), factories, home),
    version: "1.0.0",
    clock: systemClock,
    log,
    platform: home,
    once: false,
    modes: { now: (mode) => (mode === "off" ? { ...inForce, mode } : inForce), optIns: NO_OPT_INS },
  });
  await service.start();
}

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "texts-"));
  configured = "full";
  inForce = { mode: "categorize_local", setBy: "consent", sinceMs: 0, isFresh: true };
  got = new Map();
  isDown = false;
  answer = (each) => {
    each.attributes.set("talos.category", "bugfix");
    each.attributes.set("talos.category.method", "rules");
    return { kind: "done", record: each };
  };
});
afterEach(async () => {
  await service.stop(AbortSignal.timeout(2_000));
  rmSync(dir, { recursive: true });
});

function prompt(name: string, over: Partial<SourceRecord> = {}): SourceRecord {
  return record(name, {
    eventName: "talos.prompt",
    timeMs: Date.now() + 1_000,
    body: CANARY,
    attributes: new Map<string, Value>([["talos.source", "claude_code"]]),
    ...over,
  });
}

async function emit(...records: SourceRecord[]): Promise<void> {
  await host.submit({ ...emptyUnit({ name: "talos.receiver.claude_code", version: "1" }), records });
}

function sent(event: string, exporter = "sink"): LogRecord[] {
  return (got.get(exporter) ?? []).flatMap(recordsOf).filter(({ eventName }) => eventName === event);
}

const until = async (look: () => unknown) => {
  await expect.poll(look, { timeout: 20_000 }).toBe(true);
};
const settled = () =>
  service.store.balance().destinations.every(({ queued, parked }) => queued + parked === 0) &&
  service.store.balance().balanced;

/** No byte of a text in what the state keeps. */
function isOnDisk(text: string): boolean {
  return globSync("**/*", { cwd: dir, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(path.join(entry.parentPath, entry.name)).includes(text));
}

it("sends a category in place of a text, to every destination, and balances at every step", async () => {
  await open();
  await emit(prompt("a"));
  await until(() => sent("talos.prompt").length === 1 && sent("talos.prompt", "sink/two").length === 1);
  const [first] = sent("talos.prompt");
  expect(first?.body).toBeUndefined();
  expect(first && attributeOf(first, "talos.category")).toBe("bugfix");
  await until(settled);
  expect(isOnDisk("CANARY")).toBe(false);
});

it("delays no count while a text waits, keeps it encrypted, and works on it later", async () => {
  let ready = false;
  const make = answer;
  answer = (each) => (ready ? make(each) : { kind: "retry", afterMs: 30, reason: "not_yet" });
  await open();
  await emit(prompt("a"), record("r", { attributes: new Map(REQUEST) }));
  await until(() => sent("gen_ai.client.inference.operation.details").length === 1);
  expect(sent("talos.prompt")).toEqual([]);
  expect(service.store.balance().balanced).toBe(true);
  expect(service.store.pending("text:logs").records).toBe(1);
  expect(isOnDisk("CANARY")).toBe(false);
  ready = true;
  await until(() => sent("talos.prompt").length === 1);
  await until(settled);
});

it("survives a restart while a text waits, and reads it once", async () => {
  answer = () => ({ kind: "retry", afterMs: 60_000, reason: "not_yet" });
  await open();
  await emit(prompt("a"));
  await service.stop(AbortSignal.timeout(500));
  answer = (each) => {
    each.attributes.set("talos.category", "docs");
    return { kind: "done", record: each };
  };
  await open();
  await emit(prompt("a"));
  await until(() => sent("talos.prompt").length === 1);
  await until(settled);
  expect(sent("talos.prompt")).toHaveLength(1);
});

it.each<{ name: string; change: () => void }>([
  { name: "mode off", change: () => (inForce = { ...inForce, mode: "off" }) },
  {
    name: "a text older than the acceptance",
    change: () => (inForce = { ...inForce, sinceMs: Date.now() + 1e9 }),
  },
])("with $name the prompt goes without its text, at once", async ({ change }) => {
  change();
  answer = () => {
    throw new Error("nobody may read it");
  };
  await open();
  await emit(prompt("a"));
  await until(() => sent("talos.prompt").length === 1);
  const [only] = sent("talos.prompt");
  expect([only?.body, only && attributeOf(only, "talos.category")]).toEqual([undefined, undefined]);
  expect(service.store.balance().balanced).toBe(true);
});

it("hints are looked at by the processors that stand before the one which made them", async () => {
  const seen: (string | undefined)[] = [];
  const make = answer;
  answer = (each) => {
    seen.push(each.body);
    each.attributes.set("talos.task_hint", seen.length === 1 ? "first" : "second");
    return make(each);
  };
  await open();
  await emit(prompt("a"));
  await until(() => sent("talos.prompt").length === 1);
  expect(seen).toEqual([CANARY, undefined]);
  expect(attributeOf(sent("talos.prompt")[0] as LogRecord, "talos.task_hint")).toBe("second");
});

it("sends prompts and answers as they are in mode full, answers only there", async () => {
  inForce = { ...inForce, mode: "full" };
  await open();
  const answered = prompt("c", { eventName: "talos.completion", attributes: new Map() });
  await emit(prompt("a"), answered);
  await until(() => sent("talos.prompt").length === 1 && sent("talos.completion").length === 1);
  expect(sent("talos.completion")[0]?.body).toEqual({ stringValue: CANARY });
  expect(sent("talos.prompt")[0]?.body).toEqual({ stringValue: CANARY });
  inForce = { ...inForce, mode: "categorize_local" };
  await emit({ ...answered, local: { request: "other" }, body: CANARY });
  await until(settled);
  expect(sent("talos.completion")).toHaveLength(1);
});

it("takes texts out of every queue when the mode becomes stricter, and keeps what may still leave", async () => {
  inForce = { ...inForce, mode: "full" };
  isDown = true;
  await open();
  const answered = prompt("c", { eventName: "talos.completion", attributes: new Map() });
  await emit(prompt("a"), answered);
  await until(() => service.store.pending("sink:text").records === 2);
  inForce = { ...inForce, mode: "categorize_local" };
  service.modesChanged();
  expect(service.store.balance().balanced).toBe(true);
  isDown = false;
  await until(() => sent("talos.prompt").length === 1);
  expect(sent("talos.prompt")[0]?.body).toBeUndefined();
  expect(attributeOf(sent("talos.prompt")[0] as LogRecord, "talos.category")).toBe("bugfix");
  expect(
    JSON.stringify([...got.values()], (_, v: unknown) => (typeof v === "bigint" ? String(v) : v)),
  ).not.toContain("CANARY");
  await until(settled);
});

it("leaves of a category nothing but the prompt when nothing may be read any more", async () => {
  isDown = true;
  await open();
  await emit(prompt("a"));
  await until(() => service.store.pending("sink:text").records === 1);
  inForce = { ...inForce, mode: "off" };
  service.modesChanged();
  expect(service.store.pending("sink").records).toBe(1);
  isDown = false;
  await until(() => sent("talos.prompt").length === 1);
  expect(sent("talos.prompt")[0]?.attributes.map(({ key }) => key)).not.toContain("talos.category");
  await until(settled);
});

it("neither reads nor sends text while the signed configuration has expired, and goes on with a fresh one", async () => {
  inForce = { ...inForce, isFresh: false };
  let asked = 0;
  const make = answer;
  answer = (each) => {
    asked += 1;
    return make(each);
  };
  await open();
  await emit(prompt("a"), record("r", { attributes: new Map(REQUEST) }));
  await until(() => sent("gen_ai.client.inference.operation.details").length === 1);
  expect(host.text?.()).toBeUndefined();
  expect([asked, service.store.pending("text:logs").records]).toEqual([0, 1]);
  inForce = { ...inForce, isFresh: true };
  service.modesChanged();
  await until(() => sent("talos.prompt").length === 1);
});
