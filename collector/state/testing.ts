import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SourceRecord } from "#component/record.ts";
import { emptyUnit, type Position, type Unit } from "#component/unit.ts";
import { testSettings } from "#testkit/fakes.ts";
import { type StateOptions, StateStore } from "./store.ts";
import type { Commit, NewBatch } from "./types.ts";

export const TALOS = "otlp_http/talos";
export const FILE = "file";
export const MASTER_KEY: Uint8Array = new Uint8Array(32).fill(7);
export const SCOPE = { name: "talos.receiver.claude_code", version: "1" };

/** A state folder of a test, removed by `dispose`. */
export class Folder {
  readonly dir: string = mkdtempSync(join(tmpdir(), "talos-state-"));
  readonly settings = testSettings();
  readonly opened: StateStore[] = [];

  open(over: Partial<StateOptions> = {}): StateStore {
    const { clock, log } = this.settings;
    const exporters = [TALOS, FILE];
    const store = StateStore.open({
      dir: this.dir,
      exporters,
      masterKey: MASTER_KEY,
      keySource: "file",
      clock,
      log,
      ...over,
    });
    this.opened.push(store);
    return store;
  }

  dispose(): void {
    for (const store of this.opened) store.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export function record(request: string, over: Partial<SourceRecord> = {}): SourceRecord {
  return {
    eventName: "gen_ai.client.inference.operation.details",
    source: "claude_code",
    timeMs: 1_790_000_000_000,
    lastTimeMs: 1_790_000_000_000,
    local: { request },
    attributes: new Map(),
    weight: { final: true, output: 10, input: 100, webSearches: 0 },
    range: { fileKey: "0".repeat(32), from: 0, to: 1 },
    ...over,
  };
}

export function position(offset: number): Position {
  return { offset, head: "a".repeat(32), headBytes: 10, marker: "b".repeat(32), grewAtMs: 1_790_000_000_000 };
}

export function batch(
  store: StateStore,
  records: readonly SourceRecord[],
  over: Partial<NewBatch> = {},
): NewBatch {
  return {
    exporter: TALOS,
    plaintext: Buffer.from(records.map((r) => r.local.request).join("\n")),
    records: records.length,
    keys: records.map((r) => store.recordKey(r)),
    ranges: records.map((r) => ({ fileKey: r.range.fileKey, from: r.range.from })),
    ...over,
  };
}

/** A commit that accepts these records for the exporters and moves each file to the end of its last one. */
export function commitOf(
  store: StateStore,
  records: SourceRecord[],
  exporters: readonly string[] = [TALOS, FILE],
): Commit & { unit: Unit; counters: Map<string, number> } {
  const unit = emptyUnit(SCOPE);
  unit.records = records;
  for (const { range } of records) unit.positions.set(range.fileKey, position(range.to));
  return {
    unit,
    emitted: records.map((r) => ({ key: store.recordKey(r), weight: r.weight, lastTimeMs: r.lastTimeMs })),
    refilled: [],
    batches: records.length === 0 ? [] : exporters.map((exporter) => batch(store, records, { exporter })),
    counters: countersOf(records.length, exporters),
  };
}

function countersOf(records: number, exporters: readonly string[]): Map<string, number> {
  const counters = new Map([
    ["read", records],
    ["accepted", records],
  ]);
  for (const exporter of [TALOS, FILE]) {
    counters.set(
      exporters.includes(exporter) ? `spooled/${exporter}` : `skipped:not_routed/${exporter}`,
      records,
    );
  }
  return counters;
}
