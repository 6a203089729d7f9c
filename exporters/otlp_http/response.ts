import type { SendResult } from "#component/component.ts";
import type { Codec } from "#proto/codec.ts";
import { codecFor } from "#proto/codec.ts";
import { DecodeError } from "#proto/logs.ts";
import { type Answer, retryAfterMs } from "../../collector/transport/answer.ts";

/** Statuses the OTLP specification lets a client retry. */
const RETRYABLE = new Set([429, 502, 503, 504]);

/** Statuses that concern the address or the token, and so every request alike. */
const REFUSES_ALL = new Set([401, 402, 403, 404, 405, 407, 410, 421, 426]);

/** How a network answers in place of the destination until somebody signs in: these to another host, or 511. */
const TEMPORARY_REDIRECTS = new Set([302, 303, 307]);

const SIGN_IN = "does this network want a sign-in?";

/** Decides what an answer means for the request. `records` is how many the request held. */
export function resultFor(answer: Answer, codec: Codec, records: number, nowMs: number): SendResult {
  const { status } = answer;
  const reason = `POST answered ${status}`;
  if (status >= 200 && status < 300) return resultOfSuccess(answer, codec, records);
  if (status === 413) return { kind: "split", reason };
  if (status === 511 || (TEMPORARY_REDIRECTS.has(status) && answer.leadsElsewhere === true)) {
    return { kind: "retry", reason: `${reason}: ${SIGN_IN}` };
  }
  if (!RETRYABLE.has(status)) {
    const destination = REFUSES_ALL.has(status) || (status >= 300 && status < 400);
    return { kind: "park", reason, destination };
  }
  const afterMs = retryAfterMs(answer.retryAfter, nowMs);
  return afterMs === undefined ? { kind: "retry", reason } : { kind: "retry", reason, afterMs };
}

/** A login page also answers 200: only a body that is an OTLP response says that the records arrived. */
function resultOfSuccess(answer: Answer, codec: Codec, records: number): SendResult {
  const rejected = rejectedBy(answer, codec);
  if (rejected === undefined) {
    const isPage = /^text\/html\b/i.test(answer.contentType ?? "");
    const what = isPage ? `a web page: ${SIGN_IN}` : "but the answer is not OTLP";
    return { kind: "retry", reason: `POST answered ${answer.status}, ${what}` };
  }
  return { kind: "delivered", rejected: Math.min(Math.max(Math.trunc(rejected), 0), records) };
}

function rejectedBy({ status, contentType, body }: Answer, codec: Codec): number | undefined {
  if (body === undefined) return undefined;
  if (contentType === undefined) return isBareSuccess(status, body, codec) ? 0 : undefined;
  if (codecFor(contentType) !== codec) return undefined;
  try {
    return codec.decodeResponse(body).partialSuccess?.rejectedLogRecords ?? 0;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

/**
 * No bytes of no type: an empty protobuf response, or the 204 that Grafana Loki answers. Trying those again would
 * store the records again, for ever.
 */
function isBareSuccess(status: number, body: Uint8Array, codec: Codec): boolean {
  return body.length === 0 && (status === 204 || codec.contentType === "application/x-protobuf");
}
