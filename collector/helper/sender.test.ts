import { afterEach, beforeEach, expect, it } from "vitest";
import type { Delivery, SendResult } from "#component/component.ts";
import { NO_OPT_INS, type OptIn } from "#proto/egress.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import type { SourceRecord } from "#component/record.ts";
import { batch, commitOf, FILE, Folder, record, TALOS } from "#state/testing.ts";
import { StateError } from "#state/errors.ts";
import type { StateStore } from "#state/store.ts";
import { attributeOf, recordsOf, ScriptedExporter, TO_TALOS } from "../service/testing.ts";
import { Sender } from "./sender.ts";

const UID = "0".repeat(31);
let folder: Folder;
let store: StateStore;
beforeEach(() => {
  folder = new Folder();
  store = folder.open();
});
afterEach(() => folder.dispose());

/** A prompt, the smallest record of the contract. */
function wire(n: number) {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  return {
    timeUnixNano: 1_790_000_040_000_000_000n,
    eventName: "talos.prompt",
    attributes: [text("log.record.uid", `${UID}${n}`), text("talos.source", "claude_code")],
  };
}

function queue(...sizes: number[]): void {
  let n = 0;
  for (const size of sizes) {
    const records = Array.from({ length: size }, () => record(`r${n++}`));
    const logRecords = records.map((_, i) => wire(i));
    const scope = { name: "talos.receiver.claude_code", version: "1", attributes: [] };
    const plaintext = protobufCodec.encodeRequest({
      resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ scope, logRecords }] }],
    });
    commit(records, plaintext);
  }
}

function commit(records: SourceRecord[], plaintext: Uint8Array): void {
  const counters = new Map([
    ["read", records.length],
    ["accepted", records.length],
    [`spooled/${TALOS}`, records.length],
    [`skipped:not_routed/${FILE}`, records.length],
  ]);
  store.commit({
    ...commitOf(store, records, []),
    batches: [batch(store, records, { plaintext })],
    counters,
  });
}

function senderFor(
  component: ScriptedExporter,
  over: { delivery?: Partial<Delivery>; hurry?: () => boolean; optIns?: ReadonlySet<OptIn> } = {},
) {
  const { clock, log } = folder.settings;
  const sender = new Sender({
    exporter: TALOS,
    component,
    delivery: { ...TO_TALOS, ...over.delivery },
    store,
    clock,
    log,
    batch: { timeoutMs: 300_000, sizeBytes: 65_536 },
    hurry: over.hurry ?? (() => false),
    mode: "off",
    optIns: over.optIns ?? NO_OPT_INS,
    settled: () => {},
  });
  return sender;
}

/** Lets promises that wait for nothing else go on. */
const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

const sizes = (component: ScriptedExporter) => component.requests.map((request) => recordsOf(request).length);

it("groups queued batches into one request", async () => {
  queue(2, 3);
  const component = new ScriptedExporter();
  senderFor(component).start();
  await settle();
  expect(sizes(component)).toEqual([5]);
  expect(store.balance().destinations[0]).toMatchObject({ acknowledged: 5, queued: 0, balanced: true });
});

it("sends each batch by itself where a repeat must be byte-equal", async () => {
  queue(2, 3);
  const component = new ScriptedExporter();
  await senderFor(component, { delivery: { grouping: "batch" } }).drain(AbortSignal.timeout(1_000));
  expect(sizes(component)).toEqual([2, 3]);
});

it("waits for the batch time-out, and no longer when somebody looks", async () => {
  queue(1);
  let looked = false;
  const component = new ScriptedExporter();
  const sender = senderFor(component, { delivery: { timing: "batched" }, hurry: () => looked });
  sender.start();
  await folder.settings.clock.advance(10_000);
  expect(component.requests).toHaveLength(0);
  looked = true;
  await folder.settings.clock.advance(1_000);
  await settle();
  expect(component.requests).toHaveLength(1);
});

it("sends at the batch time-out", async () => {
  queue(1);
  const component = new ScriptedExporter();
  senderFor(component, { delivery: { timing: "batched" } }).start();
  await folder.settings.clock.advance(299_000);
  expect(component.requests).toHaveLength(0);
  await folder.settings.clock.advance(1_000);
  await settle();
  expect(component.requests).toHaveLength(1);
});

it.each<{ name: string; answer: SendResult; want: object }>([
  {
    name: "counts what was rejected",
    answer: { kind: "delivered", rejected: 2 },
    want: { acknowledged: 1, rejected: 2 },
  },
  {
    name: "keeps what should be tried later",
    answer: { kind: "retry", reason: "POST answered 503" },
    want: { queued: 3 },
  },
  {
    name: "keeps aside what would fail again",
    answer: { kind: "park", reason: "POST answered 400" },
    want: { parked: 3 },
  },
  {
    name: "keeps aside what a wrong token refused",
    answer: { kind: "park", reason: "POST answered 401", destination: true },
    want: { parked: 3 },
  },
])("$name", async ({ answer, want }) => {
  queue(3);
  senderFor(new ScriptedExporter(answer)).start();
  await settle();
  expect(store.balance().destinations[0]).toMatchObject({ spooled: 3, balanced: true, ...want });
});

it("retries without end, honouring Retry-After", async () => {
  queue(1);
  const busy: SendResult = { kind: "retry", reason: "POST answered 429", afterMs: 120_000 };
  const component = new ScriptedExporter(busy, busy, { kind: "delivered", rejected: 0 });
  senderFor(component).start();
  await settle();
  await folder.settings.clock.advance(119_000);
  await settle();
  expect(component.requests).toHaveLength(1);
  await folder.settings.clock.advance(1_000);
  await settle();
  expect(component.requests).toHaveLength(2);
  await folder.settings.clock.advance(120_000);
  await settle();
  expect(store.balance().destinations[0]).toMatchObject({ acknowledged: 1, queued: 0 });
});

it("asks a destination that refused everything again, with what it refused", async () => {
  queue(2);
  const component = new ScriptedExporter(
    { kind: "park", reason: "POST answered 401", destination: true },
    { kind: "delivered", rejected: 0 },
  );
  senderFor(component).start();
  await settle();
  expect(store.balance().destinations[0]).toMatchObject({ parked: 2 });
  await folder.settings.clock.advance(2_000);
  await settle();
  expect(store.balance().destinations[0]).toMatchObject({ parked: 0, acknowledged: 2, balanced: true });
});

it("halves what is too large until it fits, and keeps aside one record that never does", async () => {
  queue(4);
  const component = new ScriptedExporter({ kind: "split", reason: "POST answered 413" });
  await senderFor(component).drain(AbortSignal.timeout(5_000));
  expect(sizes(component).filter((size) => size === 1)).toHaveLength(4);
  expect(component.requests.length).toBeLessThan(12);
  expect(folder.settings.lines.filter(({ message }) => message.includes("too large"))).toHaveLength(1);
  expect(store.balance().destinations[0]).toMatchObject({ parked: 4, queued: 0, balanced: true });
});

it("purges at sending what the mode does not allow any more, and only that", async () => {
  const records = [record("a"), record("b")];
  const scope = { name: "talos.receiver.claude_code", version: "1", attributes: [] };
  const withBody = { ...wire(1), body: { stringValue: "CANARY prompt" } };
  const plaintext = protobufCodec.encodeRequest({
    resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ scope, logRecords: [wire(0), withBody] }] }],
  });
  commit(records, plaintext);
  const component = new ScriptedExporter();
  await senderFor(component).drain(AbortSignal.timeout(5_000));
  expect(sizes(component)).toEqual([1]);
  expect(store.balance().destinations[0]).toMatchObject({ acknowledged: 1, purged: 1, balanced: true });
});

it.each<{ name: string; optIns: ReadonlySet<OptIn>; left: string | undefined }>([
  { name: "leaves while the team wants it", optIns: new Set(["project_identity"]), left: "b".repeat(64) },
  {
    name: "is taken out once it does not, and the record leaves without",
    optIns: NO_OPT_INS,
    left: undefined,
  },
])("a project that waits $name", async ({ optIns, left }) => {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const request = {
    ...wire(0),
    eventName: "gen_ai.client.inference.operation.details",
    attributes: [
      ...wire(0).attributes,
      text("gen_ai.operation.name", "chat"),
      text("gen_ai.provider.name", "anthropic"),
      text("talos.request.origin", "main"),
      text("talos.source.via", "transcript"),
      text("talos.project.hash", "b".repeat(64)),
    ],
  };
  const scope = { name: "talos.receiver.claude_code", version: "1", attributes: [] };
  const resourceLogs = [{ resource: { attributes: [] }, scopeLogs: [{ scope, logRecords: [request] }] }];
  commit([record("a")], protobufCodec.encodeRequest({ resourceLogs }));
  const component = new ScriptedExporter();
  await senderFor(component, { optIns }).drain(AbortSignal.timeout(5_000));
  const [sent] = component.requests.flatMap(recordsOf);
  expect(sent && (attributeOf(sent, "talos.project.hash") || undefined)).toBe(left);
  expect(store.balance().destinations[0]).toMatchObject({ acknowledged: 1, purged: 0, balanced: true });
});

it("stops in the middle of a retry with everything still queued", async () => {
  queue(3);
  const sender = senderFor(new ScriptedExporter({ kind: "retry", reason: "ECONNRESET" }));
  sender.start();
  await settle();
  await sender.stop();
  expect(store.pending(TALOS).records).toBe(3);
});

it("ends draining when the time is over, also when it ends while a request is under way", async () => {
  queue(1);
  const time = new AbortController();
  const component = new ScriptedExporter({ kind: "retry", reason: "HTTP 503" });
  const send = component.send.bind(component);
  component.send = (request) => {
    time.abort();
    return send(request);
  };
  expect(await senderFor(component).drain(time.signal)).toBe(false);
  expect(store.pending(TALOS).records).toBe(1);
});

/** So often the next calls are refused, as by a full disk. */
function refuse(method: "acknowledge" | "health" | "park" | "unpark", times: number): void {
  const original = store[method].bind(store) as (...args: unknown[]) => unknown;
  let left = times;
  Object.assign(store, {
    [method]: (...args: unknown[]) => {
      left -= 1;
      if (left >= 0) throw new StateError("disk_full", "state.db: the disk is full");
      return original(...args);
    },
  });
}

const DELIVERED: SendResult = { kind: "delivered", rejected: 0 };
const BUSY: SendResult = { kind: "retry", reason: "POST answered 503" };
const WRONG_TOKEN: SendResult = { kind: "park", reason: "POST answered 401", destination: true };

it.each<{ method: Parameters<typeof refuse>[0]; answers: SendResult[]; requests: number }>([
  { method: "health", answers: [BUSY, DELIVERED], requests: 2 },
  { method: "acknowledge", answers: [DELIVERED], requests: 1 },
  { method: "park", answers: [WRONG_TOKEN, DELIVERED], requests: 2 },
  { method: "unpark", answers: [WRONG_TOKEN, DELIVERED], requests: 2 },
])("goes on by itself after the disk refused $method, and repeats nothing", async (given) => {
  queue(3);
  const component = new ScriptedExporter(...given.answers);
  refuse(given.method, 3);
  senderFor(component).start();
  for (let i = 0; i < 60; i++) {
    await folder.settings.clock.advance(1_000);
    await settle();
  }
  expect(component.requests).toHaveLength(given.requests);
  expect(store.balance().destinations[0]).toMatchObject({ acknowledged: 3, parked: 0, balanced: true });
  expect(folder.settings.said()).toContain("disk_full");
});

it("has one request under way at most, also while draining", async () => {
  queue(1);
  const component = new ScriptedExporter(BUSY);
  const sender = senderFor(component, { delivery: { corrections: false } });
  let underWay = 0;
  let most = 0;
  component.send = async (request) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await settle();
    underWay -= 1;
    component.requests.push(request);
    return component.requests.length < 4 ? BUSY : DELIVERED;
  };
  sender.start();
  const drained = sender.drain(AbortSignal.timeout(5_000));
  for (let i = 0; i < 30; i++) {
    await folder.settings.clock.advance(1_000);
    await settle();
    sender.wake();
  }
  expect(await drained).toBe(true);
  expect([most, component.requests.length]).toEqual([1, 4]);
});

it.each([false, true])(
  "is not held up when the clock jumps back a day (was refused before: %s)",
  async (held) => {
    queue(1);
    const component = new ScriptedExporter(...(held ? [BUSY, DELIVERED] : [DELIVERED]));
    const delivery = held ? {} : { timing: "batched" as const };
    senderFor(component, { delivery }).start();
    await settle();
    const now = folder.settings.clock.now.bind(folder.settings.clock);
    folder.settings.clock.now = () => now() - 86_400_000;
    await folder.settings.clock.advance(2_000);
    await settle();
    expect(store.balance().destinations[0]).toMatchObject({ acknowledged: 1 });
  },
);

it("ends draining at once where the token is refused", async () => {
  queue(2);
  const sender = senderFor(new ScriptedExporter(WRONG_TOKEN));
  await sender.drain(AbortSignal.timeout(5_000));
  expect(store.balance().destinations[0]).toMatchObject({ parked: 2, balanced: true });
});

it("ends the request in flight when the time to drain is over", async () => {
  queue(1);
  const component = new ScriptedExporter();
  component.send = (_request, signal?: AbortSignal) =>
    new Promise((resolve) => signal?.addEventListener("abort", () => resolve(BUSY)));
  const sender = senderFor(component);
  sender.start();
  await settle();
  expect(await sender.drain(AbortSignal.timeout(20))).toBe(false);
  expect(folder.settings.said()).not.toContain("delivery failed");
});
