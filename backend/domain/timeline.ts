import { UNKNOWN_BAND, UNSPLIT_BAND } from "./prices.ts";
import { Valuation } from "./valuation.ts";

/** What of a stored request sets its price. Tokens are null when unknown. */
export interface StoredRequest {
  model: string;
  source: string;
  /** Days since 1970-01-01. */
  day: number;
  speed: string;
  tier: string;
  geo: string;
  input: number | null;
  cache_read: number | null;
  cache_write: number | null;
  cache_1h: number | null;
  output: number | null;
  searches: number | null;
}

/** Whole picodollars at list prices, or null without a price. The SQL of `store/rollups.ts` is this rule for sums. */
export function listValueOf(request: StoredRequest): string | null {
  const read = request.cache_read ?? 0;
  const long = request.cache_1h ?? 0;
  const written = Math.max(request.cache_write ?? 0, long);
  const prompt = Math.max(request.input ?? 0, read + written);
  const { speed, tier, geo, model, day } = request;
  const valuation = new Valuation();
  valuation.add(
    { model, day, priceClass: [speed, tier, geo, bandOf(request, prompt)].join("/") },
    {
      requests: 1,
      partial: 0,
      input: prompt - read - written,
      cache_read: read,
      cache_5m: written - long,
      cache_1h: long,
      output: request.output ?? 0,
      searches: request.searches ?? 0,
      selected: 0,
    },
  );
  const { unpricedRequests, listValue } = valuation.measures();
  return unpricedRequests > 0 ? null : listValue;
}

function bandOf({ input, output, source, cache_read }: StoredRequest, prompt: number): string {
  if (input === null || output === null) return UNKNOWN_BAND;
  if (source === "cursor" && cache_read === null) return UNSPLIT_BAND;
  if (prompt > 200_000) return "200k";
  return prompt > 100_000 ? "100k" : "";
}
