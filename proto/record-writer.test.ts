import { expect, it } from "vitest";
import { RECORDS } from "./egress.ts";
import type { AnyValue, KeyValue, LogRecord } from "./logs.ts";
import { protobufCodec } from "./protobuf.ts";
import { attributeBytes, eventNameBytes, nameBytes, RecordWriter, requestBytes } from "./record-writer.ts";

const RESOURCE: KeyValue[] = [{ key: "service.name", value: { stringValue: "talos-auditor" } }];
const SCOPE = { name: "talos.receiver.claude_code", version: "0.1.0", attributes: [] };
const TIME = 1_790_000_000_000_000_000n;

function byCodec(logRecords: LogRecord[]): Uint8Array {
  return protobufCodec.encodeRequest({
    resourceLogs: [{ resource: { attributes: RESOURCE }, scopeLogs: [{ scope: SCOPE, logRecords }] }],
  });
}

function byWriter(logRecords: LogRecord[]): Uint8Array {
  const writer = new RecordWriter();
  for (const record of logRecords) {
    writer.begin(record.timeUnixNano);
    for (const { key, value } of record.attributes) writeAttribute(writer, key, value);
    writer.end(eventNameBytes(record.eventName ?? ""));
  }
  return requestBytes(RESOURCE, SCOPE, writer.take());
}

function writeAttribute(writer: RecordWriter, key: string, value: AnyValue): void {
  if (typeof value.intValue === "number") writer.count(nameBytes(key), value.intValue);
  else if (value.stringValue?.length === 32) writer.ascii(nameBytes(key), value.stringValue);
  else writer.attribute(attributeBytes(key, value));
}

const record = (...attributes: [string, AnyValue][]): LogRecord => ({
  timeUnixNano: TIME,
  eventName: "talos.prompt",
  attributes: attributes.map(([key, value]) => ({ key, value })),
});

it.each<{ name: string; records: LogRecord[] }>([
  { name: "no records", records: [] },
  { name: "a short record, whose length takes one byte", records: [record()] },
  {
    name: "counts of every size",
    records: [0, 1, 127, 128, 16_383, 16_384, 100_000_000, 2 ** 32, Number.MAX_SAFE_INTEGER].map((intValue) =>
      record(["n", { intValue }], ["a.longer.name.of.forty.characters.or.more", { intValue }]),
    ),
  },
  {
    name: "texts, doubles and booleans",
    records: [
      record(
        ["id", { stringValue: "0123456789abcdef0123456789abcdef" }],
        ["text", { stringValue: "ünï\u{1f680}" }],
        ["half", { doubleValue: 0.5 }],
        ["yes", { boolValue: true }],
      ),
    ],
  },
  {
    name: "a record whose length takes three bytes, between others",
    records: [record(), record(["text", { stringValue: "x".repeat(20_000) }]), record()],
  },
  {
    name: "more than the writer began with",
    records: Array.from({ length: 5_000 }, () => record(["n", { intValue: 7 }])),
  },
])("writes the bytes that the codec writes: $name", ({ records }) => {
  expect(Buffer.from(byWriter(records)).equals(Buffer.from(byCodec(records)))).toBe(true);
});

it("writes a body that reads back, and nothing of a record that was taken back", () => {
  const writer = new RecordWriter();
  writer.begin(TIME);
  writer.count(nameBytes("n"), 1);
  writer.discard();
  writer.begin(TIME);
  writer.body("text");
  writer.end(eventNameBytes("talos.prompt"));
  const read = protobufCodec.decodeRequest(requestBytes([], SCOPE, writer.take()));
  expect(read.resourceLogs[0]?.scopeLogs[0]?.logRecords).toEqual([
    { timeUnixNano: TIME, eventName: "talos.prompt", body: { stringValue: "text" }, attributes: [] },
  ]);
  expect(writer.take()).toHaveLength(0);
});

it("has room for every name of the contract", () => {
  const names = RECORDS.flatMap(({ attributes }) => attributes).map(({ name }) => name.length);
  expect(Math.max(...names)).toBeLessThan(60);
});
