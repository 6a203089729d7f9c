/** What came back, as far as it is looked at. Text of the other side is never kept, logged or shown. */
export interface Answer {
  status: number;
  contentType: string | undefined;
  retryAfter: string | undefined;
  etag?: string | undefined;
  /** The header `talos-receipt`. */
  receipt?: string | undefined;
  /** A redirect that leads to another host. */
  leadsElsewhere?: boolean;
  /** The inflated body of a 2xx answer; undefined when it was too large or could not be inflated. */
  body: Uint8Array | undefined;
}

const LONGEST_WAIT_MS = 3_600_000;

/** Reads `Retry-After`, given in seconds or as an HTTP date. Returns milliseconds from `nowMs`, at most an hour. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? "";
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : httpDate(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}

/** Only what looks like one is parsed: `Date.parse` takes "-5" for a year. */
function httpDate(text: string): number {
  return /^[A-Z][a-z]{2,8}, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN;
}
