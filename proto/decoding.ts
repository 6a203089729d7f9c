/** What the decoders of both encodings promise alike. */
import { DecodeError } from "./logs.ts";
import type { LogsResponse } from "./logs.ts";

/** Arrays and maps within each other. Deeper ones are an attack, not telemetry. */
export const MAX_DEPTH = 32;

/**
 * Messages within a request: resources, scopes, records, attributes, values. Empty ones take two bytes on the wire and
 * a hundred in memory, so a limit on the body alone would not bound what decoding it needs.
 */
export const MAX_PARTS = 250_000;

export const ID_BYTES = { traceId: 16, spanId: 8 } as const;

/** An int64 as a number where that is exact. */
export function narrowed(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

export function countOf(value: number | bigint): number {
  if (typeof value === "bigint" || value < 0) throw new DecodeError("out_of_range");
  return value;
}

/** An empty partial success says what an absent one says: everything was accepted. */
export function responseOf(partial: { rejectedLogRecords: number; errorMessage: string }): LogsResponse {
  return partial.rejectedLogRecords === 0 && partial.errorMessage === "" ? {} : { partialSuccess: partial };
}
