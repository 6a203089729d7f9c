import type { SourceRecord } from "#component/record.ts";
import type { Unit } from "#component/unit.ts";
import type { KeyValue } from "#proto/logs.ts";
import { RecordWriter, requestBytes } from "#proto/record-writer.ts";
import type { NewBatch } from "#state/types.ts";

/** Records in one outbox row: about 45 KB, so that a request stays below the default 64 KiB. */
const RECORDS_PER_BATCH = 64;

interface Around {
  pipeline: string;
  resource: readonly KeyValue[];
  scope: Unit["scope"];
}

/** Cuts one destination's records into batches. */
export class Batcher {
  /** Where the gate writes a record, before `passed` is called. */
  readonly writer: RecordWriter = new RecordWriter();
  readonly #exporter: string;
  readonly #around: Around;
  readonly #batches: NewBatch[] = [];
  #records = 0;
  #keys: string[] = [];
  /** By file, the first byte of the batch's records. */
  #from = new Map<string, number>();

  constructor(exporter: string, around: Around) {
    this.#exporter = exporter;
    this.#around = around;
  }

  /** The record that was just written belongs to the batch. */
  passed({ range }: SourceRecord, key: string): void {
    this.#keys.push(key);
    const from = this.#from.get(range.fileKey);
    if (from === undefined || range.from < from) this.#from.set(range.fileKey, range.from);
    if (this.#keys.length >= RECORDS_PER_BATCH) this.#cut();
  }

  finish(): { batches: NewBatch[]; records: number } {
    if (this.#keys.length > 0) this.#cut();
    return { batches: this.#batches, records: this.#records };
  }

  #cut(): void {
    const { pipeline, resource, scope } = this.#around;
    this.#batches.push({
      exporter: this.#exporter,
      pipeline,
      plaintext: requestBytes(resource, { ...scope, attributes: [] }, this.writer.take()),
      records: this.#keys.length,
      keys: this.#keys,
      ranges: Array.from(this.#from, ([fileKey, from]) => ({ fileKey, from })),
    });
    this.#records += this.#keys.length;
    this.#keys = [];
    this.#from = new Map();
  }
}
