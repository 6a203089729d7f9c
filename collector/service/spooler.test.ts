import { afterEach, beforeEach, expect, it } from "vitest";
import type { Delivery } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import { emptyUnit, type Unit } from "#component/unit.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import { FILE, Folder, record, SCOPE, TALOS } from "#state/testing.ts";
import { StateError } from "#state/errors.ts";
import type { StateStore } from "#state/store.ts";
import { Counters } from "./counters.ts";
import { Gate } from "./gate.ts";
import { DestinationIds } from "./ids.ts";
import { type Pipeline, Spooler } from "./spooler.ts";
import { attributeOf, recordsOf, TEAM_KEY, TO_FOREIGN, TO_TALOS } from "./testing.ts";

let folder: Folder;
let store: StateStore;
let counters: Counters;
beforeEach(() => {
  folder = new Folder();
  store = folder.open();
  counters = new Counters();
});
afterEach(() => folder.dispose());

function pipeline(
  exporters: { id: string; delivery: Delivery; full?: boolean }[],
  over: Partial<Pipeline> = {},
): Pipeline {
  return {
    name: "logs",
    receivers: new Set(["claude_code"]),
    processors: [],
    mode: "off",
    resource: () => [],
    destinations: exporters.map(({ id, delivery, full }) => ({
      exporter: id,
      delivery,
      gate: (mode) =>
        new Gate(new DestinationIds(TEAM_KEY, id), mode, (name) => counters.add(`egress_blocked:${name}`)),
      hasRoom: () => full !== true,
    })),
    ...over,
  };
}

const toBoth = () =>
  pipeline([
    { id: TALOS, delivery: TO_TALOS },
    { id: FILE, delivery: TO_FOREIGN },
  ]);

function request(name: string, output: number, over: Partial<SourceRecord> = {}): SourceRecord {
  return record(name, {
    weight: { final: true, output, input: 100, webSearches: 0 },
    attributes: new Map<string, string | number>([
      ["gen_ai.operation.name", "chat"],
      ["gen_ai.provider.name", "anthropic"],
      ["gen_ai.response.model", "claude-sonnet-4-6"],
      ["gen_ai.usage.output_tokens", output],
      ["talos.usage.provenance", "measured"],
      ["talos.request.origin", "main"],
      ["talos.source", "claude_code"],
      ["talos.source.via", "transcript"],
    ]),
    ...over,
  });
}

function unitOf(...records: SourceRecord[]): Unit {
  return { ...emptyUnit(SCOPE), records };
}

function queued(exporter: string): number[] {
  return store
    .take(exporter, { maxBytes: 1e9, maxBatches: 1_000 })
    .flatMap(({ plaintext }) => recordsOf(protobufCodec.decodeRequest(plaintext)))
    .map((wire) => Number(attributeOf(wire, "gen_ai.usage.output_tokens")));
}

it("queues each new record once for every destination of its pipeline", () => {
  new Spooler(store, [toBoth()], counters).spool("claude_code", unitOf(request("a", 1), request("b", 2)));
  expect([queued(TALOS), queued(FILE)]).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(store.balance()).toMatchObject({ read: 2, accepted: 2, balanced: true });
});

it("drops what it knows, in the same unit and in a later one", () => {
  const spooler = new Spooler(store, [toBoth()], counters);
  spooler.spool("claude_code", unitOf(request("a", 1), request("a", 1)));
  spooler.spool("claude_code", unitOf(request("a", 1)));
  expect(queued(TALOS)).toEqual([1]);
  expect(store.balance()).toMatchObject({ read: 3, dropped: { duplicate: 2 }, accepted: 1, balanced: true });
});

it("sends a larger version again only where a correction replaces the earlier one", () => {
  const spooler = new Spooler(store, [toBoth()], counters);
  spooler.spool("claude_code", unitOf(request("a", 1)));
  spooler.spool("claude_code", unitOf(request("a", 9)));
  spooler.spool("claude_code", unitOf(request("a", 5)));
  expect([queued(TALOS), queued(FILE)]).toEqual([[1, 9], [1]]);
  expect(store.balance().destinations.find(({ exporter }) => exporter === FILE)?.skipped).toEqual({
    correction: 1,
  });
  expect(store.balance().balanced).toBe(true);
});

it("detaches a destination that is full and is not the primary, and counts what it missed", () => {
  const full = pipeline([
    { id: TALOS, delivery: TO_TALOS },
    { id: FILE, delivery: TO_FOREIGN, full: true },
  ]);
  new Spooler(store, [full], counters).spool("claude_code", unitOf(request("a", 1)));
  expect([queued(TALOS), queued(FILE)]).toEqual([[1], []]);
  expect(store.balance()).toMatchObject({ balanced: true });
});

it("fans out to several pipelines without letting one change what another sees", () => {
  const spoils = { start: async () => {}, shutdown: async () => {} };
  const first = pipeline([{ id: TALOS, delivery: TO_TALOS }], {
    processors: [
      {
        ...spoils,
        process: (records) => {
          for (const { attributes } of records) attributes.set("gen_ai.usage.output_tokens", 77);
          return records;
        },
      },
    ],
  });
  const second = pipeline([{ id: FILE, delivery: TO_FOREIGN }], { name: "logs/second" });
  new Spooler(store, [first, second], counters).spool("claude_code", unitOf(request("a", 1)));
  expect([queued(TALOS), queued(FILE)]).toEqual([[77], [1]]);
});

it("counts what a processor removed and what the gate refused, per destination", () => {
  const removesFirst = {
    start: async () => {},
    shutdown: async () => {},
    process: (records: SourceRecord[]) => records.slice(1),
  };
  const spooler = new Spooler(store, [{ ...toBoth(), processors: [removesFirst] }], counters);
  spooler.spool(
    "claude_code",
    unitOf(request("a", 1), request("b", 2, { attributes: new Map() }), request("c", 3)),
  );
  expect(queued(TALOS)).toEqual([3]);
  expect(store.balance().destinations[0]?.skipped).toEqual({ filtered: 1, egress_blocked: 1 });
  expect(store.balance().balanced).toBe(true);
});

it("keeps the balance of a destination that a receiver does not feed", () => {
  const other = pipeline([{ id: FILE, delivery: TO_FOREIGN }], {
    name: "logs/other",
    receivers: new Set(["other"]),
  });
  const spooler = new Spooler(store, [pipeline([{ id: TALOS, delivery: TO_TALOS }]), other], counters);
  spooler.spool("claude_code", unitOf(request("a", 1)));
  spooler.spool("other", unitOf(request("b", 2)));
  expect(store.balance().balanced).toBe(true);
});

it("splits a large unit into batches below the size of a request", () => {
  const many = Array.from({ length: 200 }, (_, i) => request(`r${i}`, i));
  new Spooler(store, [pipeline([{ id: TALOS, delivery: TO_TALOS }])], counters).spool(
    "claude_code",
    unitOf(...many),
  );
  const batches = store.take(TALOS, { maxBytes: 1e9, maxBatches: 1_000 });
  expect(batches.map(({ records }) => records)).toEqual([64, 64, 64, 8]);
  expect(Math.max(...batches.map(({ plaintext }) => plaintext.length))).toBeLessThan(65_536);
});

it("reads a lost batch again for the destination that lost it, and for no other", () => {
  const spooler = () => new Spooler(store, [toBoth()], counters);
  spooler().spool("claude_code", unitOf(request("a", 1)));
  const [delivered] = store.take(FILE, { maxBytes: 1e9, maxBatches: 1 });
  if (delivered) store.acknowledge(FILE, [delivered.id], 0);
  store.close();
  store = folder.open({ masterKey: new Uint8Array(32).fill(9) });
  spooler().spool("claude_code", unitOf(request("a", 1)));
  expect([queued(TALOS), queued(FILE)]).toEqual([[1], []]);
  expect(store.balance().balanced).toBe(true);
});

it("stores nothing and forgets no count when the disk refuses", () => {
  const spooler = new Spooler(store, [toBoth()], counters);
  counters.add("processor_redaction_removed_bodies", 3);
  store.close();
  expect(() => spooler.spool("claude_code", unitOf(request("a", 1)))).toThrow(StateError);
  expect(counters.take().get("processor_redaction_removed_bodies")).toBe(3);
});
