import type { AnyValue, KeyValue, LogRecord, LogsRequest } from "#proto/logs.ts";
import type { DebugConfig } from "./config.ts";

/** A request as lines for a terminal. Bodies are given by their length: a terminal's text is often kept. */
export function linesOf(request: LogsRequest, verbosity: DebugConfig["verbosity"]): string[] {
  const records = recordsIn(request);
  if (verbosity === "basic") return [records.length === 1 ? "1 record" : `${records.length} records`];
  if (verbosity === "normal") return records.map(summaryOf);
  return request.resourceLogs.flatMap(({ resource, scopeLogs }) => [
    "resource",
    ...attributeLines(resource.attributes),
    ...scopeLogs.flatMap(({ scope, logRecords }) => [
      `scope ${printable(scope.name)} ${printable(scope.version)}`,
      ...attributeLines(scope.attributes),
      ...logRecords.flatMap(detailsOf),
    ]),
  ]);
}

function recordsIn({ resourceLogs }: LogsRequest): LogRecord[] {
  return resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
}

const SUMMARY: [label: string, attribute: string][] = [
  ["model", "gen_ai.response.model"],
  // Where the tool does not say which one answered.
  ["selected", "gen_ai.request.model"],
  ["input", "gen_ai.usage.input_tokens"],
  ["output", "gen_ai.usage.output_tokens"],
];

function summaryOf(record: LogRecord): string {
  const values = new Map(record.attributes.map(({ key, value }) => [key, value]));
  const parts = SUMMARY.flatMap(([label, attribute]) => {
    const value = values.get(attribute);
    return value === undefined ? [] : [`${label}=${shown(value)}`];
  });
  const time = new Date(Number(record.timeUnixNano / 1_000_000n)).toISOString();
  return [time, printable(record.eventName ?? "log"), ...parts].join(" ");
}

function detailsOf(record: LogRecord): string[] {
  const text = record.body?.stringValue;
  const body = text === undefined ? [] : [`  body: ${text.length} characters`];
  return [summaryOf(record), ...attributeLines(record.attributes), ...body];
}

function attributeLines(attributes: KeyValue[]): string[] {
  return attributes.map(({ key, value }) => `  ${printable(key)}: ${shown(value)}`);
}

function shown(value: AnyValue): string {
  const plain = plainOf(value);
  return printable(typeof plain === "string" ? plain : JSON.stringify(plain));
}

function plainOf(value: AnyValue): unknown {
  if (value.arrayValue !== undefined) return value.arrayValue.values.map(plainOf);
  if (value.kvlistValue !== undefined) {
    return Object.fromEntries(value.kvlistValue.values.map((each) => [each.key, plainOf(each.value)]));
  }
  if (value.bytesValue !== undefined) return `${value.bytesValue.length} bytes`;
  const plain = value.stringValue ?? value.boolValue ?? value.intValue ?? value.doubleValue ?? null;
  return typeof plain === "bigint" ? plain.toString() : plain;
}

/** Text that could move a terminal's cursor, or turn its direction, is written as escapes. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
