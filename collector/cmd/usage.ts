import type { SourceRecord } from "#component/record.ts";
import { listValue } from "./price.ts";
import { isCounted, isSplit, modelLabel } from "./request.ts";

export type UsageBy = "day" | "model" | "folder" | "tool";

/** What some requests add up to. */
export interface UsageSum {
  requests: number;
  /** All input, cache included. */
  inputTokens: number;
  cacheReadTokens: number;
  outputTokens: number;
  /** Picodollars at list prices, of the requests that have a known price. */
  listValue: bigint;
  /** Requests without a known price: they are in no value. */
  unpriced: number;
  /** Of these, requests whose tokens the tool did not write: they are in no token count. */
  uncounted: number;
  /** Of these, requests whose cached input the tool did not tell apart. */
  unsplit: number;
  prompts: number;
}

interface Entry extends UsageSum {
  day: string;
  model: string;
  folder: string;
  tool: string;
}

/** Adds up records in memory, under their real names. */
export class Usage {
  readonly #entries = new Map<string, Entry>();
  readonly #homeDir: string;

  constructor(homeDir: string) {
    this.#homeDir = homeDir;
  }

  /** A record found again replaces the earlier one of its key. */
  add(key: string, record: SourceRecord): void {
    if (record.eventName === "talos.completion") return;
    this.#entries.set(key, entryOf(record, shortened(record.cwd, this.#homeDir)));
  }

  get total(): UsageSum {
    const total = emptySum();
    for (const entry of this.#entries.values()) addTo(total, entry);
    return total;
  }

  /** Days in order and without gaps; models and folders by value, then by tokens. */
  rows(by: UsageBy): { name: string; sum: UsageSum }[] {
    const sums = new Map<string, UsageSum>();
    for (const entry of this.#entries.values()) {
      // A prompt asks no model.
      if (by === "model" && entry.requests === 0) continue;
      let sum = sums.get(entry[by]);
      if (sum === undefined) sums.set(entry[by], (sum = emptySum()));
      addTo(sum, entry);
    }
    const rows = Array.from(sums, ([name, sum]) => ({ name, sum }));
    if (by !== "day") return rows.toSorted((a, b) => compare(b.sum, a.sum) || (a.name < b.name ? -1 : 1));
    return withoutGaps(rows.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  }
}

export function emptySum(): UsageSum {
  return {
    requests: 0,
    inputTokens: 0,
    cacheReadTokens: 0,
    outputTokens: 0,
    listValue: 0n,
    unpriced: 0,
    uncounted: 0,
    unsplit: 0,
    prompts: 0,
  };
}

function addTo(sum: UsageSum, more: UsageSum): void {
  sum.requests += more.requests;
  sum.inputTokens += more.inputTokens;
  sum.cacheReadTokens += more.cacheReadTokens;
  sum.outputTokens += more.outputTokens;
  sum.listValue += more.listValue;
  sum.unpriced += more.unpriced;
  sum.uncounted += more.uncounted;
  sum.unsplit += more.unsplit;
  sum.prompts += more.prompts;
}

function entryOf(record: SourceRecord, folder: string): Entry {
  const { attributes, eventName, timeMs } = record;
  const count = (name: string) => {
    const value = attributes.get(name);
    return typeof value === "number" ? value : 0;
  };
  const isRequest = eventName === "gen_ai.client.inference.operation.details";
  const value = isRequest ? listValue(record) : 0n;
  return {
    day: dayOf(timeMs),
    model: modelLabel(record),
    folder,
    tool: record.source,
    requests: isRequest ? 1 : 0,
    prompts: isRequest ? 0 : 1,
    inputTokens: count("gen_ai.usage.input_tokens"),
    cacheReadTokens: count("gen_ai.usage.cache_read.input_tokens"),
    outputTokens: count("gen_ai.usage.output_tokens"),
    listValue: value ?? 0n,
    unpriced: value === undefined ? 1 : 0,
    uncounted: isRequest && !isCounted(record) ? 1 : 0,
    unsplit: isRequest && isCounted(record) && !isSplit(record) ? 1 : 0,
  };
}

/** The day where this machine is, as `2026-11-24`. */
export function dayOf(ms: number): string {
  const date = new Date(ms);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The start of the day that is `days` before the one of `ms`, where this machine is. */
export function dayStart(ms: number, days: number): number {
  const date = new Date(ms);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - days).getTime();
}

function withoutGaps(rows: { name: string; sum: UsageSum }[]): { name: string; sum: UsageSum }[] {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return rows;
  const byDay = new Map(rows.map((row) => [row.name, row]));
  const all: { name: string; sum: UsageSum }[] = [];
  const [year = 0, month = 1, day = 1] = first.name.split("-").map(Number);
  for (let n = 0; ; n += 1) {
    const name = dayOf(new Date(year, month - 1, day + n, 12).getTime());
    all.push(byDay.get(name) ?? { name, sum: emptySum() });
    if (name >= last.name) return all;
  }
}

function compare(a: UsageSum, b: UsageSum): number {
  if (a.listValue !== b.listValue) return a.listValue < b.listValue ? -1 : 1;
  return a.inputTokens + a.outputTokens - (b.inputTokens + b.outputTokens);
}

function shortened(cwd: string | undefined, homeDir: string): string {
  if (cwd === undefined) return "unknown";
  if (cwd === homeDir) return "~";
  return cwd.startsWith(`${homeDir}/`) ? `~${cwd.slice(homeDir.length)}` : cwd;
}
