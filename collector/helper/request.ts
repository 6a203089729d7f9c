import { type OptIn, optInOf } from "#proto/egress.ts";
import type { KeyValue, LogRecord, LogsRequest, ResourceLogs, ScopeLogs } from "#proto/logs.ts";
import { protobufCodec } from "#proto/protobuf.ts";

/** Joins requests into one, records of the same resource and scope together. */
export function mergeRequests(requests: readonly LogsRequest[]): LogsRequest {
  const resources = new Map<string, { logs: ResourceLogs; scopes: Map<string, ScopeLogs> }>();
  for (const { resource, scopeLogs } of requests.flatMap((request) => request.resourceLogs)) {
    const name = keyOf(resource.attributes);
    const into = resources.get(name) ?? {
      logs: { resource, scopeLogs: [] },
      scopes: new Map<string, ScopeLogs>(),
    };
    resources.set(name, into);
    for (const { scope, logRecords } of scopeLogs) {
      const scopeName = `${scope.name} ${scope.version}`;
      const existing = into.scopes.get(scopeName);
      if (existing !== undefined) {
        existing.logRecords.push(...logRecords);
        continue;
      }
      const added = { scope, logRecords: [...logRecords] };
      into.scopes.set(scopeName, added);
      into.logs.scopeLogs.push(added);
    }
  }
  return { resourceLogs: [...resources.values()].map(({ logs }) => logs) };
}

/** Keeps the records that `keep` accepts; envelopes left empty go too. */
export function filterRequest(request: LogsRequest, keep: (record: LogRecord) => boolean): LogsRequest {
  const resourceLogs = request.resourceLogs
    .map((logs) => ({
      ...logs,
      scopeLogs: logs.scopeLogs
        .map((scope) => ({ ...scope, logRecords: scope.logRecords.filter(keep) }))
        .filter((scope) => scope.logRecords.length > 0),
    }))
    .filter((logs) => logs.scopeLogs.length > 0);
  return { resourceLogs };
}

/**
 * Takes out what only an opt-in lets leave, where nobody opted in (any more). Changes the request. The rest of a
 * record may still leave: its counts do not hang on it.
 */
export function withoutOptIns(request: LogsRequest, taken: ReadonlySet<OptIn>): LogsRequest {
  const isLeft = ({ key }: KeyValue) => {
    const optIn = optInOf(key);
    return optIn === undefined || taken.has(optIn);
  };
  for (const { scopeLogs } of request.resourceLogs) {
    for (const record of scopeLogs.flatMap(({ logRecords }) => logRecords)) {
      if (!record.attributes.every(isLeft)) record.attributes = record.attributes.filter(isLeft);
    }
  }
  return request;
}

export function countRecords(request: LogsRequest): number {
  return request.resourceLogs
    .flatMap(({ scopeLogs }) => scopeLogs)
    .reduce((sum, { logRecords }) => sum + logRecords.length, 0);
}

/** Cuts a request into two of about half its records, in order. The second is empty for a single record. */
export function halveRequest(request: LogsRequest): [LogsRequest, LogsRequest] {
  const half = Math.ceil(countRecords(request) / 2);
  let seen = 0;
  const first = filterRequest(request, () => seen++ < half);
  seen = 0;
  const second = filterRequest(request, () => seen++ >= half);
  return [first, second];
}

/** One request per record, in order. */
export function singleRecords(request: LogsRequest): LogsRequest[] {
  return Array.from({ length: countRecords(request) }, (_, at) => {
    let seen = 0;
    return filterRequest(request, () => seen++ === at);
  });
}

/** As the outbox keeps it. */
export function asBatch(request: LogsRequest): { plaintext: Uint8Array; records: number } {
  return { plaintext: protobufCodec.encodeRequest(request), records: countRecords(request) };
}

function keyOf(attributes: ResourceLogs["resource"]["attributes"]): string {
  return attributes.map(({ key, value }) => `${key}=${value.stringValue ?? ""}`).join("\n");
}
