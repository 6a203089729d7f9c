import { type Mode, strictest } from "#proto/egress.ts";
import type { NewBatch } from "#state/types.ts";
import { Batcher } from "./batcher.ts";
import type { Destination, Pipeline } from "./spooler.ts";
import type { TextEnvelope } from "./text-envelope.ts";
import { contentLane } from "./text-lanes.ts";
import { asIn, hasContent } from "./text-routing.ts";

/** What came of a text that was worked on. */
export interface Resolution {
  envelope: TextEnvelope;
  /** In force now for the pipeline. */
  mode: Mode;
  /** The same for what a destination gets, whoever feeds it. */
  modeOf: (exporter: string) => Mode;
  /** False while too much of texts waits for the destination: it then gets the record without. */
  hasRoom: (exporter: string) => boolean;
  /** The waiting row that this settles. */
  row: { exporter: string; id: number };
  /** Why nothing came of it, where it is known. */
  reason?: "failed" | undefined;
}

/** Where a destination is reached. */
interface Place {
  pipeline: Pipeline;
  destination: Destination;
}

export interface Outcome {
  batches: NewBatch[];
  /** In place of what was counted when the text was put aside. */
  counters: Map<string, number>;
}

/** What each destination gets of the text that waited for the pipeline `name`; `key` is its record's. */
export function outcomeOf(
  pipelines: readonly Pipeline[],
  name: string,
  resolution: Resolution,
  key: string,
): Outcome {
  const outcome: Outcome = { batches: [], counters: new Map() };
  for (const exporter of resolution.envelope.destinations) {
    const place = placeOf(pipelines, name, exporter);
    if (place !== undefined) addOutcome(outcome, place, resolution, key);
  }
  return outcome;
}

/** By another pipeline, when its own is gone. Undefined when nobody leads there. */
function placeOf(pipelines: readonly Pipeline[], name: string, exporter: string): Place | undefined {
  const places = pipelines.flatMap((pipeline) =>
    pipeline.destinations
      .filter((destination) => destination.exporter === exporter)
      .map((destination) => ({ pipeline, destination })),
  );
  return places.find(({ pipeline }) => pipeline.name === name) ?? places[0];
}

/** In the queue for content or else, without it, in the other one. */
function addOutcome({ batches, counters }: Outcome, place: Place, resolution: Resolution, key: string): void {
  const { envelope, modeOf, hasRoom, reason = "no_text" } = resolution;
  const { exporter } = place.destination;
  const content = contentLane(exporter);
  const count = (name: string, by = 1) => counters.set(name, (counters.get(name) ?? 0) + by);
  const mode = strictest(resolution.mode, modeOf(exporter));
  const record = asIn(envelope.record, mode);
  const isContent = mode !== "off" && hasContent(record);
  const isRoom = isContent && hasRoom(exporter);
  count(`skipped:deferred/${content}`, -1);
  const batch = isRoom ? batchOf(place, { ...envelope, record }, { mode, queue: content, key }) : undefined;
  if (batch !== undefined) {
    count(`spooled/${content}`);
    batches.push(batch);
    return;
  }
  const why = isRoom ? "egress_blocked" : isContent ? "no_room" : reason;
  count(`skipped:${why}/${content}`);
  if (record.eventName === "talos.completion") return;
  const rest = { ...envelope, record: asIn(record, "off") };
  const plain = batchOf(place, rest, { mode: "off", queue: exporter, key });
  count(`skipped:text/${exporter}`, -1);
  count(plain === undefined ? `skipped:egress_blocked/${exporter}` : `spooled/${exporter}`);
  if (plain !== undefined) batches.push(plain);
}

function batchOf(
  { pipeline, destination }: Place,
  { record, scope }: TextEnvelope,
  { mode, queue, key }: { mode: Mode; queue: string; key: string },
): NewBatch | undefined {
  const batcher = new Batcher(queue, { pipeline: pipeline.name, resource: pipeline.resource(mode), scope });
  if (!destination.gate(mode).pass(record, batcher.writer)) return undefined;
  batcher.passed(record, key);
  return batcher.finish().batches[0];
}
