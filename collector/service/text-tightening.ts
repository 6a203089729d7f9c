import { attributeRule, MODES, type Mode, modeOf } from "#proto/egress.ts";
import type { LogRecord, LogsRequest } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";
import type { StateStore } from "#state/store.ts";
import { contentLane } from "./text-lanes.ts";

/**
 * Takes out of a destination's queue what a mode that became stricter does not let out any more, parked or not, before
 * anything else is sent. What is left of a record goes on. Returns how many records lost something.
 */
export function tighten(store: StateStore, exporter: string, mode: Mode): number {
  const lane = contentLane(exporter);
  store.unpark(lane);
  let changed = 0;
  for (const { id, request } of looserThan(store, lane, mode)) {
    const records = recordsOf(request);
    changed += records.length;
    if (records.some(({ eventName }) => eventName !== "talos.prompt")) {
      store.purge(lane, [id], "tightened");
      continue;
    }
    const less = rewritten(request, mode);
    const plaintext = protobufCodec.encodeRequest(less);
    const hasContent = recordsOf(less).some((record) => record.attributes.some(({ key }) => isContent(key)));
    if (hasContent) store.split(lane, id, [{ plaintext, records: records.length }]);
    else
      store.demote(
        { exporter: lane, id },
        { exporter, plaintext: protobufCodec.encodeRequest(rewritten(request, "off")) },
      );
  }
  return changed;
}

/** All queued batches of a looser mode: decided before the first is changed, because a change puts it behind. */
function looserThan(store: StateStore, lane: string, mode: Mode): { id: number; request: LogsRequest }[] {
  const all: { id: number; request: LogsRequest }[] = [];
  for (const { id, plaintext } of store.take(lane, {
    maxBytes: Number.MAX_SAFE_INTEGER,
    maxBatches: 100_000,
  })) {
    const request = protobufCodec.decodeRequest(plaintext);
    const isLooser = request.resourceLogs.some(({ resource }) => {
      return MODES.indexOf(modeOf(resource) ?? "full") > MODES.indexOf(mode);
    });
    if (isLooser) all.push({ id, request });
  }
  return all;
}

function rewritten({ resourceLogs }: LogsRequest, mode: Mode): LogsRequest {
  return {
    resourceLogs: resourceLogs.map(({ resource, scopeLogs }) => ({
      resource: {
        ...resource,
        attributes: resource.attributes.map((each) =>
          each.key === "talos.privacy.mode" ? { key: each.key, value: { stringValue: mode } } : each,
        ),
      },
      scopeLogs: scopeLogs.map((scope) => ({
        ...scope,
        logRecords: scope.logRecords.map((record) => stripped(record, mode)),
      })),
    })),
  };
}

function stripped({ body, ...record }: LogRecord, mode: Mode): LogRecord {
  const eventName = record.eventName ?? "";
  const attributes = record.attributes.filter(({ key, value }) => {
    const rule = attributeRule(eventName, key, mode);
    // A closed list may be shorter in the stricter mode: then how the category was found is not said.
    return rule !== undefined && (rule.values === undefined || rule.values.includes(value.stringValue ?? ""));
  });
  return { ...record, attributes, ...(mode === "full" && body !== undefined && { body }) };
}

function isContent(name: string): boolean {
  return attributeRule("talos.prompt", name, "off") === undefined;
}

function recordsOf(request: LogsRequest): LogRecord[] {
  return request.resourceLogs.flatMap(({ scopeLogs }) => scopeLogs).flatMap(({ logRecords }) => logRecords);
}
