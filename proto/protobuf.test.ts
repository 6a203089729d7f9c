import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import type { LogsRequest } from "./logs.ts";
import { DecodeError } from "./logs.ts";
import { protobufCodec } from "./protobuf.ts";
import { OTLP_PROTO } from "./testdata/otlp-proto.ts";
import { request } from "./testdata/random-messages.ts";

const types = protobuf.parse(OTLP_PROTO).root;
const oracle = types.lookupType("LogsRequest");

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const hexOf = (from: Uint8Array): string => Buffer.from(from).toString("hex");
const utf8 = (text: string): string => Buffer.from(text).toString("hex");
/** A field with a length, of a length below 128. */
const field = (tag: string, hex: string): string =>
  `${tag}${(hex.length / 2).toString(16).padStart(2, "0")}${hex}`;

/** A request of one resource attribute `k` with this value. */
const attributeOf = (value: string): Uint8Array =>
  bytes(field("0a", field("0a", field("0a", field("0a", utf8("k")) + field("12", value)))));
const recordOf = (record: string): Uint8Array => bytes(field("0a", field("12", field("12", record))));
const firstValue = (from: LogsRequest) => from.resourceLogs[0]?.resource.attributes[0]?.value;
const firstRecord = (from: LogsRequest) => from.resourceLogs[0]?.scopeLogs[0]?.logRecords[0];

it("is byte for byte what the reflective encoder of protobufjs writes", () => {
  for (let seed = 0; seed < 1500; seed++) {
    const ours = protobufCodec.encodeRequest(request(seed));
    const decoded = oracle.decode(ours);
    expect(hexOf(oracle.encode(decoded).finish()), `seed ${seed}`).toBe(hexOf(ours));
  }
});

it("reads what the reflective encoder writes", () => {
  for (let seed = 0; seed < 500; seed++) {
    const original = request(seed);
    const theirs = oracle.encode(oracle.decode(protobufCodec.encodeRequest(original))).finish();
    expect(protobufCodec.decodeRequest(theirs), `seed ${seed}`).toEqual(original);
  }
});

it("has golden bytes", () => {
  const golden: LogsRequest = {
    resourceLogs: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "talos-auditor" } }] },
        scopeLogs: [
          {
            scope: { name: "talos.receiver.cursor", version: "0.1.0", attributes: [] },
            logRecords: [
              {
                timeUnixNano: 1_763_942_400_000_000_000n,
                eventName: "talos.prompt",
                attributes: [
                  { key: "n", value: { intValue: 300 } },
                  { key: "p", value: { boolValue: true } },
                  { key: "c", value: { doubleValue: 0.5 } },
                ],
              },
            ],
          },
        ],
      },
    ],
  };
  const attributes =
    field("32", field("0a", utf8("n")) + field("12", "18ac02")) +
    field("32", field("0a", utf8("p")) + field("12", "1001")) +
    field("32", field("0a", utf8("c")) + field("12", "21000000000000e03f"));
  const record = `090000405c44c87a18${attributes}${field("62", utf8("talos.prompt"))}`;
  const resource = field(
    "0a",
    field("0a", field("0a", utf8("service.name")) + field("12", field("0a", utf8("talos-auditor")))),
  );
  const scope = field("0a", field("0a", utf8("talos.receiver.cursor")) + field("12", utf8("0.1.0")));
  const logs = resource + field("12", scope + field("12", record));
  expect(hexOf(protobufCodec.encodeRequest(golden))).toBe(`0a${(logs.length / 2).toString(16)}01${logs}`);
});

describe("accepts", () => {
  it("an empty body as an empty request, response and status", () => {
    const empty = new Uint8Array(0);
    expect(protobufCodec.decodeRequest(empty)).toEqual({ resourceLogs: [] });
    expect(protobufCodec.decodeResponse(empty)).toEqual({});
    expect(protobufCodec.decodeStatus(empty)).toEqual({ code: 0, message: "" });
  });

  it.each([
    ["unknown fields of every wire type", "f80701 f90700000000000000 00 fa0700 fd0700000000"],
    ["groups, nested and empty", "fb07 fc07 fb07 8b01 08018c01 fc07"],
    ["a known field of another wire type", "0801 30 05 0d00000000"],
  ])("%s", (_what, unknown) => {
    const known = `0900000000000000 01`.replaceAll(" ", "");
    const hex = unknown.replaceAll(" ", "");
    expect(firstRecord(protobufCodec.decodeRequest(recordOf(known + hex)))).toEqual({
      timeUnixNano: 2n ** 56n,
      attributes: [],
    });
  });

  it.each([
    ["the last of a repeated member", "0a0161 1805", { intValue: 5 }],
    ["a value without a member", "", {}],
    ["an integer of ten bytes", "18ffffffffffffffffff01", { intValue: -1 }],
    ["an integer with more bytes than it needs", "188580808000", { intValue: 5 }],
    ["an empty text", "0a00", { stringValue: "" }],
    ["no bytes", "3a00", { bytesValue: new Uint8Array(0) }],
    ["an empty array", "2a00", { arrayValue: { values: [] } }],
  ])("%s", (_what, value, expected) => {
    expect(firstValue(protobufCodec.decodeRequest(attributeOf(value.replaceAll(" ", ""))))).toEqual(expected);
  });

  it("defaults on the wire as absent fields", () => {
    const defaults =
      "0900000000000000001000 1a00 3800 450000 0000 4a00 5200 590000000000000000 6200".replaceAll(" ", "");
    expect(firstRecord(protobufCodec.decodeRequest(recordOf(defaults)))).toEqual({
      timeUnixNano: 0n,
      attributes: [],
    });
  });

  it("an id of another length as no trace", () => {
    expect(
      firstRecord(protobufCodec.decodeRequest(recordOf(field("4a", "0102") + field("52", "00".repeat(16))))),
    ).toEqual({ timeUnixNano: 0n, attributes: [] });
  });
});

describe("refuses", () => {
  it.each([
    ["a negative length", bytes("0affffffffffffffffff01")],
    ["a length past the end", bytes("0a05")],
    ["a length past the enclosing message", bytes("0a03 0a05 0a 00000000000000")],
    ["a text past the enclosing message", attributeOf("0a7f")],
    ["field number 0", bytes("0001")],
    ["wire type 6", bytes("0e")],
    ["the end of a group that never began", bytes("0c")],
    ["a group without end", bytes("fb07")],
    ["groups nested without end", bytes("fb07".repeat(5000))],
    ["a group that ends with another number", bytes("fb07 f407")],
    ["an integer of eleven bytes", attributeOf("18ffffffffffffffffffff01")],
    ["an integer that ends early", attributeOf("18ff")],
    ["a time that ends early", recordOf("09000000")],
    ["text that is not UTF-8", attributeOf("0a02c328")],
    ["long text that is not UTF-8", attributeOf(field("0a", "61".repeat(90) + "ff"))],
    ["a surrogate in UTF-8", attributeOf("0a03eda080")],
    ["HTML", new TextEncoder().encode("<!doctype html><title>Sign in</title>")],
    ["JSON", new TextEncoder().encode('{"resourceLogs":[]}')],
  ])("%s", (_what, malformed) => {
    expect(() => protobufCodec.decodeRequest(malformed)).toThrow(DecodeError);
  });

  it("a response that counts fewer than no records", () => {
    expect(() => protobufCodec.decodeResponse(bytes("0a0b08ffffffffffffffffff01"))).toThrow(
      new DecodeError("out_of_range"),
    );
  });

  it("an HTML page as a response", () => {
    const page = new TextEncoder().encode("<html><body>Please sign in</body></html>");
    expect(() => protobufCodec.decodeResponse(page)).toThrow(DecodeError);
  });
});

it("copies bytes, so that a record outlives the request's buffer", () => {
  const body = Buffer.from(recordOf(field("4a", "11".repeat(16))));
  const decoded = protobufCodec.decodeRequest(body);
  body.fill(0);
  expect(firstRecord(decoded)?.traceId).toEqual(new Uint8Array(16).fill(0x11));
});
