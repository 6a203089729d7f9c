import type { AnyValue, LogRecord, LogsRequest } from "#proto/logs.ts";

/** One line for each record: what leaves of it, no more. */
export function recordLines({ resourceLogs }: LogsRequest, format: "json" | "text"): string[] {
  return resourceLogs.flatMap(({ resource, scopeLogs }) =>
    scopeLogs.flatMap(({ scope, logRecords }) =>
      logRecords.map((record) => {
        if (format === "text") return textOf(record);
        return JSON.stringify({
          ...plainRecord(record),
          resource: plainAttributes(resource.attributes),
          ...(scope.name === "" ? {} : { scope: { name: scope.name, version: scope.version } }),
        });
      }),
    ),
  );
}

export interface PlainRecord {
  time: string;
  event: string;
  attributes: Record<string, Plain>;
  body?: string;
}
type Plain = string | number | boolean | null;

export function plainRecord(record: LogRecord): PlainRecord {
  const text = record.body?.stringValue;
  return {
    time: new Date(Number(record.timeUnixNano / 1_000_000n)).toISOString(),
    event: record.eventName ?? "",
    attributes: plainAttributes(record.attributes),
    ...(text === undefined ? {} : { body: text }),
  };
}

function plainAttributes(attributes: LogRecord["attributes"]): Record<string, Plain> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain({ stringValue, boolValue, intValue, doubleValue }: AnyValue): Plain {
  return stringValue ?? boolValue ?? (intValue === undefined ? doubleValue : Number(intValue)) ?? null;
}

/** Bodies are given by their length: a terminal's text is often kept. */
function textOf(record: LogRecord): string {
  const { time, event, attributes, body } = plainRecord(record);
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${String(value)}`);
  if (body !== undefined) pairs.push(`body=${body.length} characters`);
  return [time, event, ...pairs].join("  ");
}
