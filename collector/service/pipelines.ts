import type { Processor, ProcessorFactory } from "#component/component.ts";
import type { Mode } from "#proto/egress.ts";
import { readsText } from "#proto/text-modes.ts";
import type { KeyValue } from "#proto/logs.ts";
import type { Counters } from "./counters.ts";
import { Gate } from "./gate.ts";
import { DestinationIds } from "./ids.ts";
import type { ModeInForce } from "./modes.ts";
import type { Plan, Planned, PlannedPipeline } from "./plan.ts";
import type { Destination, Pipeline, TextRoute } from "./spooler.ts";
import { pendingLane } from "./text-lanes.ts";

export interface PipelineOptions {
  plan: Plan;
  version: string;
  instanceId: string;
  /** The instance that works in this pipeline: a new one, or one that goes on. */
  processor(pipeline: string, planned: Planned<ProcessorFactory>): Processor;
  hasRoom(exporter: string, isPrimary: boolean): boolean;
  /** In force for a pipeline that is configured so. */
  mode(configured: Mode): ModeInForce;
  /** False while too many texts wait in that queue. */
  textHasRoom(lane: string): boolean;
  counters: Counters;
}

/** Connects each pipeline's own processors and makes, per destination, its ids and its gate. */
export function buildPipelines(options: PipelineOptions): Pipeline[] {
  return options.plan.pipelines.map((planned) => ({
    name: planned.name,
    receivers: new Set(planned.receivers),
    processors: planned.processors.map((processor) => options.processor(planned.name, processor)),
    destinations: planned.exporters.map((exporter) => destinationOf(exporter, planned, options)),
    mode: planned.mode,
    resource: (mode) => resourceOf(mode, options),
    ...(planned.mode !== "off" && { texts: textRouteOf(planned, options) }),
  }));
}

function textRouteOf({ name, mode: configured }: PlannedPipeline, options: PipelineOptions): TextRoute {
  const lane = pendingLane(name);
  return {
    lane,
    takes({ eventName, timeMs }) {
      const { mode, sinceMs } = options.mode(configured);
      return readsText(eventName, mode) && timeMs >= sinceMs;
    },
    hasRoom: () => options.textHasRoom(lane),
  };
}

function destinationOf(
  exporter: string,
  { teamKey, exporters: [primary] }: PlannedPipeline,
  options: PipelineOptions,
): Destination {
  const planned = options.plan.exporters.find(({ id }) => id === exporter);
  if (planned === undefined) throw new Error("a planned pipeline names an exporter that is not planned");
  const delivery = planned.factory.delivery(planned.config);
  const ids = new DestinationIds(teamKey, delivery.destination === "talos" ? "talos" : exporter);
  const blocked = (name: string) => options.counters.add(`egress_blocked:${name}/${exporter}`);
  const gates = new Map<Mode, Gate>();
  return {
    exporter,
    delivery,
    gate(mode) {
      const gate = gates.get(mode) ?? new Gate(ids, mode, blocked);
      gates.set(mode, gate);
      return gate;
    },
    hasRoom: () => options.hasRoom(exporter, exporter === primary),
  };
}

function resourceOf(mode: Mode, { version, instanceId }: PipelineOptions): KeyValue[] {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  return [
    text("service.name", "talos-auditor"),
    text("service.version", version),
    text("service.instance.id", instanceId),
    text("talos.privacy.mode", mode),
  ];
}
