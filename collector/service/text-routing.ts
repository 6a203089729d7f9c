import type { SourceRecord } from "#component/record.ts";
import type { Unit } from "#component/unit.ts";
import { attributeRule, type Mode, ruleFor } from "#proto/egress.ts";
import type { Draft, Passed, Pipeline } from "./spooler.ts";
import { encodeText } from "./text-envelope.ts";
import { contentLane } from "./text-lanes.ts";

/** The queues of a pipeline that reads texts. */
export function lanesOf({ texts, destinations }: Pipeline): { lane: string | undefined; contents: string[] } {
  const contents = texts === undefined ? [] : destinations.map(({ exporter }) => contentLane(exporter));
  return { lane: texts?.lane, contents };
}

/** Every queue that a pipeline fills. */
export function queuesOf(pipeline: Pipeline): string[] {
  const { lane, contents } = lanesOf(pipeline);
  return [...pipeline.destinations.map(({ exporter }) => exporter), ...(lane ? [lane] : []), ...contents];
}

/** Whether a record's text is to be worked on: of a new record, or of one of which that work was lost. */
export function mayDefer(
  pipeline: Pipeline,
  { record, accepted }: Passed,
  draft: Draft,
): "yes" | "no" | "no_room" {
  const { texts } = pipeline;
  if (texts === undefined || draft.to !== undefined) return "no";
  const isWanted = accepted.kind === "new" || owedOf(pipeline, accepted.owed).length > 0;
  if (!isWanted || !texts.takes(record)) return "no";
  return texts.hasRoom() ? "yes" : "no_room";
}

/** Puts the record aside until its text was worked on. Returns who is to get what comes of it. */
export function defer(
  pipeline: Pipeline,
  scope: Unit["scope"],
  { record, accepted }: Passed,
  draft: Draft,
): readonly string[] {
  const { lane = "" } = lanesOf(pipeline);
  const { key, owed, kind } = accepted;
  const all = pipeline.destinations.map(({ exporter }) => exporter);
  const destinations = kind === "new" ? all : owedOf(pipeline, owed);
  draft.batches.push({
    exporter: lane,
    plaintext: encodeText({ record, scope, destinations }),
    records: 1,
    keys: [key],
    ranges: [{ fileKey: record.range.fileKey, from: record.range.from }],
  });
  settleLanes(pipeline, accepted, draft);
  return destinations;
}

/** The record as it goes on without a text: also to whom it was lost in a queue for texts. */
export function withoutText(pipeline: Pipeline, { record, accepted }: Passed, draft: Draft): Passed {
  const owed = owedOf(pipeline, accepted.owed);
  if (owed.length === 0) return { record, accepted };
  settleLanes(pipeline, accepted, draft);
  return { record, accepted: { ...accepted, owed: [...accepted.owed, ...owed] } };
}

/** Destinations for which the record was lost while its text, or what came of it, waited. */
function owedOf(pipeline: Pipeline, owed: readonly string[]): string[] {
  if (owed.length === 0) return [];
  const { lane = "" } = lanesOf(pipeline);
  return pipeline.destinations
    .map(({ exporter }) => exporter)
    .filter((exporter) => owed.includes(lane) || owed.includes(contentLane(exporter)));
}

export function settleLanes(
  pipeline: Pipeline,
  { key, owed }: Pick<Passed["accepted"], "key" | "owed">,
  draft: Draft,
): void {
  if (owed.length === 0) return;
  const { lane, contents } = lanesOf(pipeline);
  for (const exporter of owed)
    if (exporter === lane || contents.includes(exporter)) draft.refilled.push({ key, exporter });
}

/** The record as the mode lets it out. A text that is longer than any may leave goes as a whole. */
export function asIn(record: SourceRecord, mode: Mode): SourceRecord {
  const { body, ...others } = record;
  const longest = ruleFor(record.eventName)?.body?.maxLength ?? 0;
  const isKept = mode === "full" && body !== undefined && body.length <= longest;
  const attributes = new Map(
    [...record.attributes].filter(([name]) => attributeRule(record.eventName, name, mode) !== undefined),
  );
  return { ...others, attributes, ...(isKept && { body }) };
}

/** True for what only a mode that reads text lets out. */
export function hasContent({ eventName, body, attributes }: SourceRecord): boolean {
  return (
    body !== undefined ||
    [...attributes.keys()].some((name) => attributeRule(eventName, name, "off") === undefined)
  );
}
