import { expect, it } from "vitest";
import { protobufCodec } from "#proto/protobuf.ts";
import { retryAfterMs } from "../../collector/transport/answer.ts";
import { resultFor } from "./response.ts";

const now = Date.parse("2026-11-24T08:00:00Z");

it.each([
  [undefined, undefined],
  ["", undefined],
  ["0", 0],
  ["30", 30_000],
  [" 30 ", 30_000],
  ["99999999999999999999999", 3_600_000],
  ["3601", 3_600_000],
  ["Tue, 24 Nov 2026 08:00:05 GMT", 5_000],
  ["Tuesday, 24-Nov-26 08:00:05 GMT", 5_000],
  ["Tue, 24 Nov 2026 07:00:00 GMT", 0],
  ["Tue, 24 Nov 2099 07:00:00 GMT", 3_600_000],
  ["-5", undefined],
  ["1.5", undefined],
  ["soon", undefined],
  ["2026", 2_026_000],
])("reads Retry-After %j as %j ms", (header, ms) => {
  expect(retryAfterMs(header, now)).toBe(ms);
});

it.each([
  [0, 0],
  [2, 2],
  [5, 5],
  [6, 5],
])("counts %i rejected of 5 records as %i", (said, rejected) => {
  const body = protobufCodec.encodeResponse({
    partialSuccess: { rejectedLogRecords: said, errorMessage: "" },
  });
  const answer = { status: 200, contentType: "application/x-protobuf", retryAfter: undefined, body };
  expect(resultFor(answer, protobufCodec, 5, now)).toEqual({ kind: "delivered", rejected });
});
