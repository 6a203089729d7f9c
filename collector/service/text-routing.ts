import type { SourceRecord } from "#component/record.ts";
import type { Unit } from "#component/unit.ts";
import { attributeRule, type Mode } from "#proto/egress.ts";
import type { Draft, Passed, Pipeline } from "./spooler.ts";
import { encodeText, type TextEnvelope } from "./text-envelope.ts";
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

/** True for a record whose text is to be worked on: a new one, or one of which that work was lost. */
export function mayDefer(pipeline: Pipeline, { record, accepted }: Passed, draft: Draft): boolean {
  const { texts } = pipeline;
  if (texts === undefined || draft.to !== undefined) return false;
  const { contents } = lanesOf(pipeline);
  const isWanted =
    accepted.kind === "new" || [texts.lane, ...contents].some((id) => accepted.owed.includes(id));
  return isWanted && texts.takes(record) && texts.hasRoom();
}

/** Puts the record aside until its text was worked on. */
export function defer(
  pipeline: Pipeline,
  scope: Unit["scope"],
  { record, accepted }: Passed,
  draft: Draft,
): void {
  const { lane = "", contents } = lanesOf(pipeline);
  const { key, owed } = accepted;
  const forAll = accepted.kind === "new" || owed.includes(lane);
  draft.batches.push({
    exporter: lane,
    plaintext: encodeText({ record, scope, ...(!forAll && { owed }) }),
    records: 1,
    keys: [key],
    ranges: [{ fileKey: record.range.fileKey, from: record.range.from }],
  });
  for (const id of [lane, ...contents]) if (owed.includes(id)) draft.refilled.push({ key, exporter: id });
}

/** The queue that a destination gets the record by, if any; and why not by the one for content. */
export function wayOf(
  { record, owed }: TextEnvelope,
  mode: Mode,
  exporter: string,
): { queue: string | undefined; reason: string } {
  const content = contentLane(exporter);
  if (owed?.includes(content) === false) return { queue: undefined, reason: "had_it" };
  if (hasContent(record, mode)) return { queue: content, reason: "" };
  if (record.eventName === "talos.completion") return { queue: undefined, reason: "text_dropped" };
  return { queue: exporter, reason: "no_text" };
}

/** True for what only a mode that reads text lets out. */
function hasContent({ eventName, body, attributes }: SourceRecord, mode: Mode): boolean {
  if (mode === "off") return false;
  return (
    body !== undefined ||
    [...attributes.keys()].some((name) => attributeRule(eventName, name, "off") === undefined)
  );
}
