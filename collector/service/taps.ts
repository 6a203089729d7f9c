import type { Processor } from "#component/component.ts";
import type { SourceRecord } from "#component/record.ts";
import type { LogsRequest } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import { RecordWriter, requestBytes } from "#proto/record-writer.ts";
import type { NewBatch } from "#state/types.ts";
import { Gate } from "./gate.ts";
import { DestinationIds } from "./ids.ts";
import type { Plan, PlannedPipeline } from "./plan.ts";
import type { Pipeline } from "./spooler.ts";
import { isPendingLane, withoutLane } from "./text-lanes.ts";

/** A place in a pipeline, and why nothing may be shown there. */
export interface TapPoint {
  pipeline: string;
  /** A processor's id, `gate`, or an exporter's id. */
  point: string;
  refused?: string;
}

export type TapSink = (request: LogsRequest) => void;

const BEFORE_REDACTION =
  "stands before redaction: what passes there may hold what must never be shown; tap redaction or a later point";
const NO_REDACTION = "no processor of this pipeline enforces a privacy mode; tap gate or an exporter";
/** For points that no receiver's scope is known at: the records are shown as they would leave. */
const SCOPE = { name: "", version: "", attributes: [] };

interface Listener {
  /** Of `keyOf` and `queueKey`. */
  keys: ReadonlySet<string>;
  sink: TapSink;
}

/**
 * Lets somebody on this machine see records on their way, never before redaction and always as the gate lets them
 * out. Costs a look at an empty set while nobody listens, and stores nothing.
 */
export class Taps {
  readonly #listeners = new Set<Listener>();
  #plan: Pick<Plan, "pipelines" | "exporters"> = { pipelines: [], exporters: [] };

  /** What there is to tap, refused points included. */
  get points(): TapPoint[] {
    return this.#plan.pipelines.flatMap((pipeline) => [
      ...pipeline.processors.map(({ id }, i) => ({
        pipeline: pipeline.name,
        point: id,
        ...refusal(pipeline, i),
      })),
      { pipeline: pipeline.name, point: "gate" },
      ...pipeline.exporters.map((id) => ({ pipeline: pipeline.name, point: id })),
    ]);
  }

  /** The same pipelines with a look after each processor that stands at or behind redaction. */
  attach(pipelines: readonly Pipeline[], plan: Pick<Plan, "pipelines" | "exporters">): Pipeline[] {
    this.#plan = plan;
    return pipelines.map((pipeline) => {
      const planned = plan.pipelines.find(({ name }) => name === pipeline.name);
      if (planned === undefined) return pipeline;
      const show = gated(pipeline, planned, plan);
      const processors = pipeline.processors.map((processor, i) => {
        const id = planned.processors[i]?.id;
        if (id === undefined || refusal(planned, i).refused !== undefined) return processor;
        return watched(processor, (records) => this.#offer(keyOf(pipeline.name, id), () => show(records)));
      });
      return { ...pipeline, processors };
    });
  }

  /** Batches that were just stored for their destinations. */
  stored(batches: readonly NewBatch[]): void {
    if (this.#listeners.size === 0) return;
    for (const { pipeline = "", exporter, plaintext } of batches) {
      if (isPendingLane(exporter)) continue;
      this.#offer(queueKey(pipeline, withoutLane(exporter)), () => protobufCodec.decodeRequest(plaintext));
    }
  }

  /** Calls `sink` for what passes the point from now on. The returned function ends it. */
  listen(at: { point: string; pipeline: string | undefined }, sink: TapSink): () => void {
    const listener = { keys: new Set(this.#keysOf(at)), sink };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #keysOf({ point, pipeline }: { point: string; pipeline: string | undefined }): string[] {
    const open = this.points.filter(
      (each) =>
        each.refused === undefined &&
        each.point === point &&
        (pipeline === undefined || each.pipeline === pipeline),
    );
    return open.flatMap((each) => {
      const { exporters = [] } = this.#plan.pipelines.find(({ name }) => name === each.pipeline) ?? {};
      const queue = point === "gate" ? exporters[0] : point;
      const isQueue = queue !== undefined && exporters.includes(queue);
      return isQueue ? [queueKey(each.pipeline, queue)] : [keyOf(each.pipeline, point)];
    });
  }

  #offer(key: string, make: () => LogsRequest | undefined): void {
    let request: LogsRequest | undefined;
    for (const { keys, sink } of this.#listeners) {
      if (!keys.has(key)) continue;
      request ??= make();
      if (request !== undefined) sink(request);
    }
  }
}

function keyOf(pipeline: string, processor: string): string {
  return `${pipeline}\0${processor}`;
}

/** What of one pipeline is queued for an exporter. */
function queueKey(pipeline: string, exporter: string): string {
  return `${pipeline}\0queue\0${exporter}`;
}

function refusal({ processors }: PlannedPipeline, index: number): { refused?: string } {
  const redaction = processors.findIndex(({ factory }) => factory.mode !== undefined);
  if (redaction < 0) return { refused: NO_REDACTION };
  return index < redaction ? { refused: BEFORE_REDACTION } : {};
}

function watched(processor: Processor, look: (records: readonly SourceRecord[]) => void): Processor {
  return {
    start: () => processor.start(),
    shutdown: (signal) => processor.shutdown(signal),
    ...(processor.later && { later: processor.later }),
    process(records) {
      const kept = processor.process(records);
      look(kept);
      return kept;
    },
  };
}

/** Shows records as the pipeline's first destination would get them. Counts nothing: the gate itself does. */
function gated(
  { resource }: Pick<Pipeline, "resource">,
  { exporters: [primary], teamKey }: PlannedPipeline,
  plan: Pick<Plan, "exporters">,
): (records: readonly SourceRecord[]) => LogsRequest | undefined {
  let gate: Gate | undefined;
  return (records) => {
    const planned = plan.exporters.find(({ id }) => id === primary);
    if (planned === undefined || records.length === 0) return undefined;
    const isTalos = planned.factory.delivery(planned.config).destination === "talos";
    gate ??= new Gate(new DestinationIds(teamKey, isTalos ? "talos" : planned.id), "off", () => {});
    const writer = new RecordWriter();
    let passed = 0;
    for (const record of records) if (gate.pass(record, writer)) passed += 1;
    if (passed === 0) return undefined;
    return protobufCodec.decodeRequest(requestBytes(resource("off"), SCOPE, writer.take()));
  };
}
