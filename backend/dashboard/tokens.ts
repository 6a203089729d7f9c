import type { Measures } from "../domain/report.ts";

export const TOKEN_KINDS = ["cacheRead", "input", "cacheWrite5m", "cacheWrite1h", "output"] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];
type Counts = Pick<Measures, TokenKind>;

export function tokensOf(measures: Counts): number {
  return TOKEN_KINDS.reduce((total, kind) => total + measures[kind], 0);
}

/** cache_read ÷ (cache_read + cache_write + uncached input), token-weighted; null without input. */
export function hitRatioOf({ input, cacheRead, cacheWrite5m, cacheWrite1h }: Counts): number | null {
  const all = input + cacheRead + cacheWrite5m + cacheWrite1h;
  return all === 0 ? null : cacheRead / all;
}

/** True when the tokens of no request in it are known: they are unknown, not 0. */
export function isUncounted({
  requests,
  uncountedRequests,
}: Pick<Measures, "requests" | "uncountedRequests">): boolean {
  return requests > 0 && uncountedRequests >= requests;
}

/** True when no request in it has a known price: its list value is unknown, not 0. */
export function isUnpriced({
  requests,
  unpricedRequests,
}: Pick<Measures, "requests" | "unpricedRequests">): boolean {
  return requests > 0 && unpricedRequests >= requests;
}
