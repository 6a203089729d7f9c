import { describe, expect, it } from "vitest";
import { jsonCodec } from "./json.ts";
import type { AnyValue, LogRecord } from "./logs.ts";
import { DecodeError } from "./logs.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (text: string) => jsonCodec.decodeRequest(utf8(text));
const encoded = (record: LogRecord): string =>
  new TextDecoder().decode(
    jsonCodec.encodeRequest({
      resourceLogs: [
        {
          resource: { attributes: [] },
          scopeLogs: [{ scope: { name: "", version: "", attributes: [] }, logRecords: [record] }],
        },
      ],
    }),
  );
const recordText = (record: string): string =>
  `{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`;
const record = (text: string): LogRecord | undefined =>
  decode(recordText(text)).resourceLogs[0]?.scopeLogs[0]?.logRecords[0];
const value = (text: string): AnyValue | undefined =>
  record(`{"attributes":[{"key":"k","value":${text}}]}`)?.attributes[0]?.value;

describe("writes", () => {
  it("ids in hex, 64-bit integers as strings, enumerations as integers", () => {
    const text = encoded({
      timeUnixNano: 1_763_942_400_000_000_001n,
      severityNumber: 9,
      body: { bytesValue: Uint8Array.from([255, 254]) },
      attributes: [{ key: "n", value: { intValue: 2n ** 63n - 1n } }],
      traceId: new Uint8Array(16).fill(0xab),
      spanId: new Uint8Array(8).fill(1),
    });
    expect(JSON.parse(text)).toEqual({
      resourceLogs: [
        {
          resource: { attributes: [] },
          scopeLogs: [
            {
              scope: {},
              logRecords: [
                {
                  timeUnixNano: "1763942400000000001",
                  severityNumber: 9,
                  body: { bytesValue: "//4=" },
                  attributes: [{ key: "n", value: { intValue: "9223372036854775807" } }],
                  traceId: "ab".repeat(16),
                  spanId: "01".repeat(8),
                },
              ],
            },
          ],
        },
      ],
    });
  });

  it.each([
    [Number.NaN, '"NaN"'],
    [Number.POSITIVE_INFINITY, '"Infinity"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [0, "0"],
    [1.5, "1.5"],
  ])("the double %d as %s", (doubleValue, text) => {
    expect(encoded({ timeUnixNano: 0n, attributes: [], body: { doubleValue } })).toContain(
      `{"doubleValue":${text}}`,
    );
  });

  it("bytes longer than a call takes arguments", () => {
    const bytesValue = new Uint8Array(300_000).fill(7);
    expect(
      record(`{"body":${JSON.stringify({ bytesValue: Buffer.from(bytesValue).toString("base64") })}}`)?.body,
    ).toEqual({ bytesValue });
    expect(encoded({ timeUnixNano: 0n, attributes: [], body: { bytesValue } })).toContain(
      Buffer.from(bytesValue).toString("base64"),
    );
  });
});

describe("reads", () => {
  it.each<[string, string, AnyValue]>([
    ["an integer as a string", '{"intValue":"12"}', { intValue: 12 }],
    ["an integer as a number", '{"intValue":12}', { intValue: 12 }],
    ["a large integer as a string", '{"intValue":"9007199254740993"}', { intValue: 9007199254740993n }],
    ["a large integer as a number", '{"intValue":9007199254740993}', { intValue: 9007199254740993n }],
    ["the smallest integer", '{"intValue":"-9223372036854775808"}', { intValue: -(2n ** 63n) }],
    ["a double as a number", '{"doubleValue":637.7}', { doubleValue: 637.7 }],
    ["a double as a string", '{"doubleValue":"-1.5e3"}', { doubleValue: -1500 }],
    [
      "a double of many digits",
      '{"doubleValue":12345678901234567890}',
      { doubleValue: 12345678901234567000 },
    ],
    ["NaN", '{"doubleValue":"NaN"}', { doubleValue: Number.NaN }],
    ["-Infinity", '{"doubleValue":"-Infinity"}', { doubleValue: Number.NEGATIVE_INFINITY }],
    ["URL-safe base64 without padding", '{"bytesValue":"__4"}', { bytesValue: Uint8Array.from([255, 254]) }],
    ["an empty value", "{}", {}],
    ["a null value", "null", {}],
    ["a null member as an absent one", '{"stringValue":null,"boolValue":false}', { boolValue: false }],
    ["an unknown member as absent", '{"entityValue":{"a":1},"stringValue":"x"}', { stringValue: "x" }],
    ["an array without values", '{"arrayValue":{}}', { arrayValue: { values: [] } }],
    ["a key of an object's prototype", '{"constructor":{"a":1},"__proto__":{"stringValue":"x"}}', {}],
  ])("%s", (_what, text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it.each<[string, string, Partial<LogRecord>]>([
    ["ids in either case", `{"traceId":"${"aB".repeat(16)}"}`, { traceId: new Uint8Array(16).fill(0xab) }],
    ["an id of another length as no trace", '{"traceId":"ab","spanId":""}', {}],
    ["an id that is not hex as no trace", `{"spanId":"${"zz".repeat(8)}"}`, {}],
    ["a time as a string", '{"timeUnixNano":"1544712660300000001"}', { timeUnixNano: 1544712660300000001n }],
    [
      "a time as a number, exactly",
      '{"timeUnixNano":1544712660300000001}',
      { timeUnixNano: 1544712660300000001n },
    ],
    ["a count as a string", '{"droppedAttributesCount":"3"}', { droppedAttributesCount: 3 }],
    [
      "null fields as absent ones",
      '{"timeUnixNano":null,"body":null,"attributes":null,"eventName":null}',
      {},
    ],
    ["snake_case as unknown fields", '{"time_unix_nano":"5","event_name":"x"}', {}],
    [
      "defaults as absent fields",
      '{"severityNumber":0,"severityText":"","flags":0,"observedTimeUnixNano":"0"}',
      {},
    ],
  ])("%s", (_what, text, expected) => {
    expect(record(text)).toEqual({ timeUnixNano: 0n, attributes: [], ...expected });
  });

  it("absent and null parts as empty ones", () => {
    expect(decode("{}")).toEqual({ resourceLogs: [] });
    expect(decode('{"resourceLogs":[{"resource":null,"scopeLogs":[{"scope":null}]}]}')).toEqual({
      resourceLogs: [
        {
          resource: { attributes: [] },
          scopeLogs: [{ scope: { name: "", version: "", attributes: [] }, logRecords: [] }],
        },
      ],
    });
  });

  it("a response with its count as a string or a number", () => {
    const rejected = { partialSuccess: { rejectedLogRecords: 3, errorMessage: "no" } };
    for (const count of ['"3"', "3"]) {
      const text = `{"partialSuccess":{"rejectedLogRecords":${count},"errorMessage":"no"}}`;
      expect(jsonCodec.decodeResponse(utf8(text))).toEqual(rejected);
    }
    expect(jsonCodec.decodeResponse(utf8('{"partialSuccess":null}'))).toEqual({});
  });
});

describe("refuses", () => {
  it.each([
    ["nothing", ""],
    ["HTML", "<!doctype html><title>Sign in</title>"],
    ["an array", "[]"],
    ["a string", '"ok"'],
    ["a number", "1"],
    ["null", "null"],
    ["two documents", "{}{}"],
    ["a document cut short", '{"resourceLogs":['],
    ["arrays nested without end", "[".repeat(200_000)],
    ["objects nested without end around a long number", `${'{"a":'.repeat(50_000)}1234567890123456789`],
  ])("%s, as a request, a response and a status", (_what, text) => {
    expect(() => decode(text)).toThrow(DecodeError);
    expect(() => jsonCodec.decodeResponse(utf8(text))).toThrow(DecodeError);
    expect(() => jsonCodec.decodeStatus(utf8(text))).toThrow(DecodeError);
  });

  it.each([
    ["requests that are not a list", '{"resourceLogs":{}}', "not_an_array"],
    ["a null request", '{"resourceLogs":[null]}', "not_an_object"],
    ["an attribute that is not an object", recordText('{"attributes":["k"]}'), "not_an_object"],
  ])("%s", (_what, text, code) => {
    expect(() => decode(text)).toThrow(new DecodeError(code));
  });

  it.each([
    ["severity by name", '{"severityNumber":"SEVERITY_NUMBER_INFO"}', "wrong_type"],
    ["a severity beyond 32 bits", '{"severityNumber":4294967296}', "out_of_range"],
    ["a negative time", '{"timeUnixNano":"-1"}', "out_of_range"],
    ["a time beyond 64 bits", '{"timeUnixNano":"18446744073709551616"}', "out_of_range"],
    ["a fraction of a nanosecond", '{"timeUnixNano":1.5}', "wrong_type"],
    ["a time in words", '{"timeUnixNano":"now"}', "wrong_type"],
    ["negative flags", '{"flags":-1}', "out_of_range"],
    ["an id as a number", '{"traceId":12}', "wrong_type"],
    ["a name as a number", '{"eventName":12}', "wrong_type"],
    ["a body as text", '{"body":"text"}', "not_an_object"],
    ["two members at once", '{"body":{"stringValue":"x","intValue":"1"}}', "several_values"],
    ["an integer beyond 64 bits", '{"body":{"intValue":"9223372036854775808"}}', "out_of_range"],
    ["a fraction as an integer", '{"body":{"intValue":1.5}}', "wrong_type"],
    ["an integer in hex", '{"body":{"intValue":"0x10"}}', "wrong_type"],
    ["a truth in words", '{"body":{"boolValue":"true"}}', "wrong_type"],
    ["text as a number", '{"body":{"stringValue":5}}', "wrong_type"],
    ["a double in words", '{"body":{"doubleValue":"many"}}', "wrong_type"],
    ["what is not base64", '{"body":{"bytesValue":"a*b"}}', "bad_base64"],
    ["base64 of no whole byte", '{"body":{"bytesValue":"a"}}', "bad_base64"],
    ["an array that is a list", '{"body":{"arrayValue":[]}}', "not_an_object"],
  ])("%s", (_what, text, code) => {
    expect(() => record(text)).toThrow(new DecodeError(code));
  });

  it("bytes that are not UTF-8", () => {
    expect(() => jsonCodec.decodeRequest(Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toThrow(
      new DecodeError("bad_utf8"),
    );
  });
});
