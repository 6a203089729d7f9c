import { pricesFor } from "../domain/prices.ts";
import type { Usage } from "./model.ts";

const DAY_MS = 86_400_000;

/** Picodollars at list prices of the day; undefined where they are not known. */
export function costOf(usage: Usage, nowMs: number): bigint | undefined {
  const { model, tier, speed, geo } = usage;
  const prompt = usage.input + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;
  const band = prompt > 200_000 ? "200k" : prompt > 100_000 ? "100k" : "";
  const prices = pricesFor({ model, priceClass: `${speed}/${tier}/${geo}/${band}`, day: dayAt(nowMs) });
  if (prices === undefined) return undefined;
  return (
    BigInt(usage.input) * prices.input +
    BigInt(usage.cacheRead) * prices.cacheRead +
    BigInt(usage.cacheWrite5m) * prices.cacheWrite5m +
    BigInt(usage.cacheWrite1h) * prices.cacheWrite1h +
    BigInt(usage.output) * prices.output
  );
}

/** More than a call can cost: a token for each byte, all of them written to the cache, and the longest answer. */
export function mostOf(
  call: { model: string; bytes: number; outputTokens: number },
  nowMs: number,
): bigint | undefined {
  const prices = pricesFor({ model: call.model, priceClass: "///", day: dayAt(nowMs) });
  return prices && BigInt(call.bytes) * prices.cacheWrite1h + BigInt(call.outputTokens) * prices.output;
}

export function hasPrice(model: string): boolean {
  return pricesFor({ model, priceClass: "///", day: Number.MAX_SAFE_INTEGER }) !== undefined;
}

/** The calendar month in UTC, `2026-11`. */
export function monthAt(nowMs: number): string {
  return new Date(nowMs).toISOString().slice(0, 7);
}

function dayAt(nowMs: number): number {
  return Math.floor(nowMs / DAY_MS);
}
