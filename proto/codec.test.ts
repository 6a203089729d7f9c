import { expect, it } from "vitest";
import type { Codec } from "./codec.ts";
import { codecFor } from "./codec.ts";
import { jsonCodec } from "./json.ts";
import type { LogsRequest } from "./logs.ts";
import { DecodeError } from "./logs.ts";
import { protobufCodec } from "./protobuf.ts";
import { mutated, request } from "./testdata/random-messages.ts";

const codecs: [string, Codec][] = [
  ["protobuf", protobufCodec],
  ["json", jsonCodec],
];

const withAttribute = (value: object): LogsRequest => ({
  resourceLogs: [{ resource: { attributes: [{ key: "k", value }] }, scopeLogs: [] }],
});

it.each([
  ["application/x-protobuf", protobufCodec],
  ["Application/X-Protobuf", protobufCodec],
  ["application/json", jsonCodec],
  ["application/json; charset=utf-8", jsonCodec],
  ["  APPLICATION/JSON ;charset=UTF-8", jsonCodec],
  ["application/jsonl", undefined],
  ["text/html", undefined],
  ["text/plain; application/json", undefined],
  ["", undefined],
])("the content type %j has its codec", (header, codec) => {
  expect(codecFor(header)).toBe(codec);
});

it.each(codecs)("%s: 3,000 random requests come back equal", (_name, codec) => {
  for (let seed = 0; seed < 3000; seed++) {
    const original = request(seed);
    expect(codec.decodeRequest(codec.encodeRequest(original)), `seed ${seed}`).toEqual(original);
  }
});

it("both encodings say the same", () => {
  for (let seed = 0; seed < 1000; seed++) {
    const original = request(seed);
    const viaJson = jsonCodec.decodeRequest(jsonCodec.encodeRequest(original));
    const [left, right] = [viaJson, original].map((from) => Buffer.from(protobufCodec.encodeRequest(from)));
    expect(left?.equals(right ?? left), `seed ${seed}`).toBe(true);
  }
});

it.each(codecs)("%s: a cut request is refused or a shorter request, at every length", (_name, codec) => {
  const crashes: unknown[] = [];
  for (let seed = 0; seed < 25; seed++) {
    const whole = codec.encodeRequest(request(seed)).subarray(0, 1500);
    for (let length = 0; length < whole.length; length++) {
      crashes.push(...outcomes(codec, whole.subarray(0, length)).crashes);
    }
  }
  expect(crashes).toEqual([]);
});

it.each(codecs)("%s: 10,000 mutations end in a message or a DecodeError", (_name, codec) => {
  const crashes: unknown[] = [];
  let refused = 0;
  for (let seed = 0; seed < 10_000; seed++) {
    const outcome = outcomes(codec, mutated(codec.encodeRequest(request(seed % 500)), seed));
    crashes.push(...outcome.crashes);
    if (outcome.request === undefined) refused++;
  }
  expect(crashes).toEqual([]);
  expect(refused).toBeGreaterThan(1000);
  expect(refused).toBeLessThan(9900);
});

it.each(codecs)("%s: what decodes encodes again, and stays the same from then on", (_name, codec) => {
  const decoded = Array.from({ length: 2000 }, (_, seed) =>
    outcomes(codec, mutated(codec.encodeRequest(request(seed % 300)), seed)),
  ).flatMap((outcome) => outcome.request ?? []);
  for (const once of decoded) expect(codec.decodeRequest(codec.encodeRequest(once))).toEqual(once);
});

it.each(codecs)(
  "%s: responses come back equal, and an empty partial success is a full one",
  (_name, codec) => {
    const rejected = { partialSuccess: { rejectedLogRecords: 3, errorMessage: "too_old" } };
    const warned = { partialSuccess: { rejectedLogRecords: 0, errorMessage: "slow down" } };
    const empty = { partialSuccess: { rejectedLogRecords: 0, errorMessage: "" } };
    expect(codec.decodeResponse(codec.encodeResponse(rejected))).toEqual(rejected);
    expect(codec.decodeResponse(codec.encodeResponse(warned))).toEqual(warned);
    expect(codec.decodeResponse(codec.encodeResponse(empty))).toEqual({});
    expect(codec.decodeResponse(codec.encodeResponse({}))).toEqual({});
  },
);

it.each(codecs)("%s: statuses come back equal", (_name, codec) => {
  for (const status of [
    { code: 0, message: "" },
    { code: 3, message: "bad_request" },
    { code: -1, message: "é🚀" },
  ]) {
    expect(codec.decodeStatus(codec.encodeStatus(status))).toEqual(status);
  }
});

it.each(codecs)("%s: integers beyond 2^53 are exact, smaller ones are numbers", (_name, codec) => {
  for (const intValue of [0, -1, 2 ** 53 - 1, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    const sent = withAttribute({ intValue });
    expect(codec.decodeRequest(codec.encodeRequest(sent))).toEqual(sent);
  }
  const narrow = codec.decodeRequest(codec.encodeRequest(withAttribute({ intValue: 5n })));
  expect(narrow).toEqual(withAttribute({ intValue: 5 }));
});

it.each(codecs)("%s: half a surrogate pair becomes U+FFFD", (_name, codec) => {
  const sent = withAttribute({ stringValue: "a\ud800b" });
  expect(codec.decodeRequest(codec.encodeRequest(sent))).toEqual(withAttribute({ stringValue: "a\ufffdb" }));
});

it.each(codecs)(
  "%s: values nested deeper than 32 are refused, without an overflow of the stack",
  (_name, codec) => {
    let value: object = { stringValue: "x" };
    for (let depth = 0; depth < 32; depth++) value = { arrayValue: { values: [value] } };
    expect(codec.decodeRequest(codec.encodeRequest(withAttribute(value)))).toEqual(withAttribute(value));
    value = { kvlistValue: { values: [{ key: "k", value }] } };
    expect(() => codec.decodeRequest(codec.encodeRequest(withAttribute(value)))).toThrow(
      new DecodeError("too_deep"),
    );
  },
);

it.each(codecs)("%s: no error carries a piece of the input", (_name, codec) => {
  const secret = new TextEncoder().encode(`{"CANARY-7f3a": CANARY-7f3a, "resourceLogs": "CANARY-7f3a"`);
  const errors = Array.from(secret, (_, start) => outcomes(codec, secret.subarray(start)).errors).flat();
  expect(errors.length).toBeGreaterThan(secret.length);
  expect(errors.filter((error) => !/^[a-z0-9_]+$/.test(error.message) || error.cause !== undefined)).toEqual(
    [],
  );
});

/** What all three decoders make of the same bytes. A crash is any error but a `DecodeError`. */
function outcomes(codec: Codec, bytes: Uint8Array) {
  const errors: Error[] = [];
  let decoded: LogsRequest | undefined;
  const steps = [
    () => (decoded = codec.decodeRequest(bytes)),
    () => codec.decodeResponse(bytes),
    () => codec.decodeStatus(bytes),
  ];
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      errors.push(error as Error);
    }
  }
  return { request: decoded, errors, crashes: errors.filter((error) => !(error instanceof DecodeError)) };
}

it.each<[string, Codec, Uint8Array]>([
  ["protobuf", protobufCodec, Uint8Array.from(Buffer.alloc(2 * 250_001, "\n\0"))],
  ["json", jsonCodec, new TextEncoder().encode(`{"resourceLogs":[${"{},".repeat(250_000)}{}]}`)],
])("%s: refuses a small body that would decode to more parts than fit in memory", (_name, codec, body) => {
  expect(() => codec.decodeRequest(body)).toThrow(new DecodeError("too_many_parts"));
});
