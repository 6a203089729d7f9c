/** Against the OpenTelemetry SDK for JavaScript: it reads our answers, we read its requests. */
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { JsonLogsSerializer, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import protobuf from "protobufjs";
import { expect, it } from "vitest";
import type { Codec } from "./codec.ts";
import { jsonCodec } from "./json.ts";
import type { LogsRequest } from "./logs.ts";
import { protobufCodec } from "./protobuf.ts";
import { OTLP_PROTO } from "./testdata/otlp-proto.ts";

const SECONDS = 1_763_942_400;

function sdkRecords(): ReadableLogRecord[] {
  const memory = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": "shop", "service.replicas": 3 }),
    processors: [new SimpleLogRecordProcessor({ exporter: memory })],
  });
  const logger = provider.getLogger("checkout", "1.2.3");
  logger.emit({
    timestamp: [SECONDS, 5],
    observedTimestamp: [SECONDS + 1, 0],
    severityNumber: 9,
    severityText: "INFO",
    eventName: "order.placed",
    body: "größer 🚀",
    attributes: {
      "a.string": "x",
      "an.int": 300,
      "a.negative": -1,
      "a.double": 0.5,
      "a.bool": true,
      "a.long.string": "x".repeat(300),
    },
  });
  logger.emit({
    timestamp: [SECONDS, 0],
    observedTimestamp: [SECONDS, 0],
    body: { list: [1, "two", false], bytes: Uint8Array.from([0, 255]), nested: { deep: "yes" } },
  });
  return memory.getFinishedLogRecords();
}

const expected: LogsRequest = {
  resourceLogs: [
    {
      resource: {
        attributes: [
          { key: "service.name", value: { stringValue: "shop" } },
          { key: "service.replicas", value: { intValue: 3 } },
        ],
      },
      scopeLogs: [
        {
          scope: { name: "checkout", version: "1.2.3", attributes: [] },
          logRecords: [
            {
              timeUnixNano: BigInt(SECONDS) * 1_000_000_000n + 5n,
              observedTimeUnixNano: BigInt(SECONDS + 1) * 1_000_000_000n,
              severityNumber: 9,
              severityText: "INFO",
              eventName: "order.placed",
              body: { stringValue: "größer 🚀" },
              attributes: [
                { key: "a.string", value: { stringValue: "x" } },
                { key: "an.int", value: { intValue: 300 } },
                { key: "a.negative", value: { intValue: -1 } },
                { key: "a.double", value: { doubleValue: 0.5 } },
                { key: "a.bool", value: { boolValue: true } },
                { key: "a.long.string", value: { stringValue: "x".repeat(300) } },
              ],
            },
            {
              timeUnixNano: BigInt(SECONDS) * 1_000_000_000n,
              observedTimeUnixNano: BigInt(SECONDS) * 1_000_000_000n,
              attributes: [],
              body: {
                kvlistValue: {
                  values: [
                    {
                      key: "list",
                      value: {
                        arrayValue: {
                          values: [{ intValue: 1 }, { stringValue: "two" }, { boolValue: false }],
                        },
                      },
                    },
                    { key: "bytes", value: { bytesValue: Uint8Array.from([0, 255]) } },
                    {
                      key: "nested",
                      value: { kvlistValue: { values: [{ key: "deep", value: { stringValue: "yes" } }] } },
                    },
                  ],
                },
              },
            },
          ],
        },
      ],
    },
  ],
};

const both: [string, Codec, typeof JsonLogsSerializer][] = [
  ["protobuf", protobufCodec, ProtobufLogsSerializer],
  ["json", jsonCodec, JsonLogsSerializer],
];

it.each(both)("%s: reads what the SDK sends", (_name, codec, serializer) => {
  const bytes = serializer.serializeRequest(sdkRecords());
  expect(codec.decodeRequest(bytes ?? new Uint8Array(0))).toEqual(expected);
});

it.each(both)("%s: the SDK reads what we answer", (_name, codec, serializer) => {
  const partial = { partialSuccess: { rejectedLogRecords: 300, errorMessage: "too_old: 300" } };
  const read = serializer.deserializeResponse(codec.encodeResponse(partial));
  expect(Number(read.partialSuccess?.rejectedLogRecords)).toBe(300);
  expect(read.partialSuccess?.errorMessage).toBe("too_old: 300");
  expect(serializer.deserializeResponse(codec.encodeResponse({})).partialSuccess).toBeUndefined();
});

it("writes the SDK's own bytes, apart from the zeros that it spells out", () => {
  const oracle = protobuf.parse(OTLP_PROTO).root.lookupType("LogsRequest");
  const theirs = oracle.decode(ProtobufLogsSerializer.serializeRequest(sdkRecords()) ?? new Uint8Array(0));
  const { resourceLogs } = theirs as unknown as { resourceLogs: { scopeLogs: { logRecords: object[] }[] }[] };
  for (const record of resourceLogs.flatMap((logs) => logs.scopeLogs).flatMap((logs) => logs.logRecords)) {
    expect(record).toHaveProperty("droppedAttributesCount", 0);
    Reflect.deleteProperty(record, "droppedAttributesCount");
  }
  const withoutZeros = Buffer.from(oracle.encode(theirs).finish()).toString("hex");
  expect(Buffer.from(protobufCodec.encodeRequest(expected)).toString("hex")).toBe(withoutZeros);
});
