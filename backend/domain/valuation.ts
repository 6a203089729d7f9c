import { isCounted, type PriceKey, pricesFor, WEB_SEARCH_PRICE } from "./prices.ts";
import type { Measures } from "./report.ts";

/** Sums of requests of one price. Tokens, except requests, partial, searches and selected. */
export interface Sums {
  requests: number;
  partial: number;
  input: number;
  cache_read: number;
  cache_5m: number;
  cache_1h: number;
  output: number;
  searches: number;
  /** Requests of which only the model that somebody selected is known. */
  selected: number;
}

/** Adds up sums of different prices. */
export class Valuation {
  readonly #sums: Sums = {
    requests: 0,
    partial: 0,
    input: 0,
    cache_read: 0,
    cache_5m: 0,
    cache_1h: 0,
    output: 0,
    searches: 0,
    selected: 0,
  };
  #listValue = 0n;
  #saving = 0n;
  #unpricedRequests = 0;
  #unpricedTokens = 0;
  #uncountedRequests = 0;

  add(key: PriceKey, sums: Sums): void {
    this.#sums.requests += sums.requests;
    this.#sums.partial += sums.partial;
    this.#sums.input += sums.input;
    this.#sums.cache_read += sums.cache_read;
    this.#sums.cache_5m += sums.cache_5m;
    this.#sums.cache_1h += sums.cache_1h;
    this.#sums.output += sums.output;
    this.#sums.searches += sums.searches;
    this.#sums.selected += sums.selected;
    if (!isCounted(key)) this.#uncountedRequests += sums.requests;
    this.#price(key, sums);
  }

  #price(key: PriceKey, sums: Sums): void {
    const prices = pricesFor(key);
    if (prices === undefined) {
      this.#unpricedRequests += sums.requests;
      this.#unpricedTokens += tokensOf(sums);
      return;
    }
    this.#listValue +=
      BigInt(sums.input) * prices.input +
      BigInt(sums.cache_read) * prices.cacheRead +
      BigInt(sums.cache_5m) * prices.cacheWrite5m +
      BigInt(sums.cache_1h) * prices.cacheWrite1h +
      BigInt(sums.output) * prices.output +
      BigInt(sums.searches) * WEB_SEARCH_PRICE;
    this.#saving +=
      BigInt(sums.cache_read) * (prices.input - prices.cacheRead) -
      BigInt(sums.cache_5m) * (prices.cacheWrite5m - prices.input) -
      BigInt(sums.cache_1h) * (prices.cacheWrite1h - prices.input);
  }

  get listValue(): bigint {
    return this.#listValue;
  }

  get tokens(): number {
    return tokensOf(this.#sums);
  }

  measures(): Measures {
    const sums = this.#sums;
    return {
      requests: sums.requests,
      input: sums.input,
      cacheRead: sums.cache_read,
      cacheWrite5m: sums.cache_5m,
      cacheWrite1h: sums.cache_1h,
      output: sums.output,
      webSearches: sums.searches,
      listValue: String(this.#listValue),
      unpricedRequests: this.#unpricedRequests,
      unpricedTokens: this.#unpricedTokens,
      partialRequests: sums.partial,
      uncountedRequests: this.#uncountedRequests,
      selectedRequests: sums.selected,
    };
  }

  cache(): { hitRatio: number | null; saving: string } {
    const { input, cache_read: read, cache_5m: short, cache_1h: long } = this.#sums;
    const all = input + read + short + long;
    return { hitRatio: all === 0 ? null : read / all, saving: String(this.#saving) };
  }
}

function tokensOf(sums: Sums): number {
  return sums.input + sums.cache_read + sums.cache_5m + sums.cache_1h + sums.output;
}
