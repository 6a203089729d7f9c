import type { SourceRecord } from "#component/record.ts";
import { isCounted, modelLabel } from "../request.ts";

const RECENT_MS = 10 * 60_000;
const MOST_AT_ONCE = 20;

export interface FeedOptions {
  write(text: string): void;
  now(): number;
  /** True on a terminal: the last line is then renewed in place, and colours are used. */
  live: boolean;
  /** List value in picodollars, or undefined without a known price. */
  price(record: SourceRecord): bigint | undefined;
  /** Records of the destination, for the line at the bottom. */
  delivery(): { delivered: number; waiting: number; problem: string | undefined };
  /** What else stands in that line, for example that reading is paused. */
  note(): string | undefined;
}

/** One calm line per request as it happens, and below them what was delivered and what waits. */
export class Feed {
  readonly #o: FeedOptions;
  #footer = "";

  constructor(options: FeedOptions) {
    this.#o = options;
  }

  /** Prints the requests among these records that happen now; older ones only as a count. */
  show(records: readonly SourceRecord[]): void {
    const requests = records.filter(
      ({ eventName }) => eventName === "gen_ai.client.inference.operation.details",
    );
    const recent = requests
      .filter(({ lastTimeMs }) => this.#o.now() - lastTimeMs < RECENT_MS)
      .slice(-MOST_AT_ONCE);
    const others = requests.length - recent.length;
    if (others > 0) this.#line(`  … ${others.toLocaleString("en-US")} earlier requests`);
    for (const record of recent) this.#line(this.#request(record));
    this.refresh();
  }

  /** Renews the line at the bottom when it changed. */
  refresh(): void {
    const { delivered, waiting, problem } = this.#o.delivery();
    const trouble = problem === undefined ? "" : ` · ${problem}, trying again`;
    const note = this.#o.note();
    const footer = `  ${note === undefined ? "" : `${note} · `}${delivered.toLocaleString("en-US")} delivered · ${waiting.toLocaleString("en-US")} waiting${trouble}`;
    if (footer === this.#footer) return;
    // Where lines cannot be renewed in place, only what is settled or in trouble is worth one.
    if (!this.#o.live && waiting > 0 && problem === undefined) return;
    this.#footer = footer;
    if (this.#o.live) this.#o.write(`\r\u001B[2K${dim(footer)}`);
    else this.#o.write(`${footer}\n`);
  }

  /** Any other line, above the one at the bottom. */
  say(text: string): void {
    this.#line(text);
    this.#footer = "";
    this.refresh();
  }

  #line(text: string): void {
    this.#o.write(this.#o.live ? `\r\u001B[2K${text}\n` : `${text}\n`);
    this.#footer = "";
  }

  #request(record: SourceRecord): string {
    const time = new Date(record.timeMs).toLocaleTimeString("en-GB");
    const input = count(record, "gen_ai.usage.input_tokens");
    const tokens = input + count(record, "gen_ai.usage.output_tokens");
    const cached = input === 0 ? 0 : count(record, "gen_ai.usage.cache_read.input_tokens") / input;
    const model = modelLabel(record);
    if (!isCounted(record)) return `  ${time}  ${model.padEnd(26)} token counts not known`;
    const share = `${Math.round(cached * 100)}% cached`;
    return `  ${time}  ${model.padEnd(26)} ${compact(tokens).padStart(8)} tokens  ${share.padStart(11)}  ${dollars(this.#o.price(record)).padStart(9)}`;
  }
}

function count({ attributes }: SourceRecord, name: string): number {
  const value = attributes.get(name);
  return typeof value === "number" ? value : 0;
}

function compact(value: number): string {
  return Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** Picodollars as dollars with four decimals, so that a small request is not $0.00. */
export function dollars(picodollars: bigint | undefined): string {
  if (picodollars === undefined) return "no price";
  return `$${(Number(picodollars / 100_000_000n) / 10_000).toFixed(4)}`;
}

function dim(text: string): string {
  return `\u001B[2m${text}\u001B[0m`;
}
