import type { SourceRecord } from "#component/record.ts";
import { isCounted, isSplit } from "./request.ts";
import { pricesFor, WEB_SEARCH_PRICE } from "../../backend/domain/prices.ts";

const DAY_MS = 86_400_000;

/** The list value of one request in picodollars, by the backend's own table; undefined without a known price. */
export function listValue(record: SourceRecord): bigint | undefined {
  const { attributes, timeMs } = record;
  const tokens = (name: string): number => {
    const value = attributes.get(name);
    return typeof value === "number" ? value : 0;
  };
  const input = tokens("gen_ai.usage.input_tokens");
  const cacheRead = tokens("gen_ai.usage.cache_read.input_tokens");
  const cacheWrite = tokens("gen_ai.usage.cache_write.input_tokens");
  const oneHour = tokens("talos.usage.cache_write_1h_tokens");
  const model = attributes.get("gen_ai.response.model") ?? attributes.get("gen_ai.request.model") ?? "";
  const prices = pricesFor({
    model: String(model),
    priceClass: priceClassOf(record, input),
    day: Math.floor(timeMs / DAY_MS),
  });
  if (prices === undefined) return undefined;
  const searches = tokens("talos.usage.web_search_requests");
  return (
    BigInt(Math.max(0, input - cacheRead - cacheWrite)) * prices.input +
    BigInt(cacheRead) * prices.cacheRead +
    BigInt(Math.max(0, cacheWrite - oneHour)) * prices.cacheWrite5m +
    BigInt(oneHour) * prices.cacheWrite1h +
    BigInt(tokens("gen_ai.usage.output_tokens")) * prices.output +
    BigInt(searches) * WEB_SEARCH_PRICE
  );
}

function priceClassOf(record: SourceRecord, input: number): string {
  const { attributes } = record;
  const unless = (name: string, usual: string) => {
    const value = String(attributes.get(name) ?? "");
    return value === usual ? "" : value;
  };
  const long = input > 200_000 ? "200k" : input > 100_000 ? "100k" : "";
  const band = isCounted(record) ? (isSplit(record) ? long : "unsplit") : "unknown";
  const speed = unless("talos.usage.speed", "standard");
  const tier = unless("talos.usage.service_tier", "standard");
  return [speed, tier, unless("talos.usage.inference_geo", "global"), band].join("/");
}
