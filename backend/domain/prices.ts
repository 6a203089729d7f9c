/** Days since 1970-01-01. */
type Day = number;

/** Whole picodollars (1e-12 USD) for one token. */
export interface TokenPrices {
  input: bigint;
  cacheWrite5m: bigint;
  cacheWrite1h: bigint;
  cacheRead: bigint;
  output: bigint;
}

export interface PriceRow {
  models: readonly string[];
  /** First day. A model's earliest row also prices the days before it: somebody's yesterday is UTC's today. */
  from: string;
  /** USD for a million tokens: input, 5-minute write, 1-hour write, read, output. */
  usd: readonly [string, string, string, string, string];
  /** For requests with a longer prompt than `above`, output included. */
  long?: { above: "100k" | "200k"; usd: PriceRow["usd"] };
  /** In fast mode. A model without it has no known price in that mode. */
  fast?: PriceRow["usd"];
  /** Where the numbers were read. */
  source: string;
}

const ANTHROPIC = "platform.claude.com/docs/en/about-claude/pricing, read 2026-08-22";
const EARLIEST = "2024-01-01";
const OPUS_5: PriceRow["usd"] = ["5", "6.25", "10", "0.5", "25"];
const OPUS_5_FAST: PriceRow["usd"] = ["10", "12.5", "20", "1", "50"];
const SONNET_4: PriceRow["usd"] = ["3", "3.75", "6", "0.3", "15"];
const SONNET_4_LONG: PriceRow["usd"] = ["6", "7.5", "12", "0.6", "22.5"];

/** Anthropic's API list prices, standard tier. A day takes the newest row that begins on or before it. */
export const PRICES: readonly PriceRow[] = [
  {
    models: ["claude-fable-5-2"],
    from: "2026-11-09",
    usd: ["8", "10", "16", "0.2", "40"],
    source: "archid21/rightsize 0.10.2; docs.laozhang.ai, claude-fable-5-2 (2026-11)",
  },
  {
    models: ["claude-fable-5-1", "claude-mythos-5-1"],
    from: "2026-09-01",
    usd: ["10", "12.5", "20", "0.25", "50"],
    source: "BerriAI/litellm pull request 39163; claudit 1.8.1",
  },
  {
    models: ["claude-fable-5", "claude-mythos-5"],
    from: "2026-06-01",
    usd: ["10", "12.5", "20", "1", "50"],
    source: ANTHROPIC,
  },
  {
    models: ["claude-opus-5-5"],
    from: "2026-09-01",
    usd: ["4", "5", "8", "0.2", "20"],
    source: "claudit 1.8.2; platform.claude.com model pages",
  },
  {
    models: ["claude-opus-5", "claude-opus-4-8"],
    from: EARLIEST,
    usd: OPUS_5,
    fast: OPUS_5_FAST,
    source: ANTHROPIC,
  },
  { models: ["claude-opus-4-7", "claude-opus-4-5"], from: EARLIEST, usd: OPUS_5, source: ANTHROPIC },
  // Asked for in fast mode, it is billed as standard.
  { models: ["claude-opus-4-6"], from: EARLIEST, usd: OPUS_5, fast: OPUS_5, source: ANTHROPIC },
  {
    models: ["claude-opus-4-1", "claude-opus-4", "claude-opus-4-0"],
    from: EARLIEST,
    usd: ["15", "18.75", "30", "1.5", "75"],
    source: ANTHROPIC,
  },
  {
    models: ["claude-sonnet-5-5"],
    from: "2026-09-28",
    usd: ["2", "2.5", "4", "0.2", "10"],
    source: "PromptFuel 1.0.22",
  },
  {
    models: ["claude-sonnet-5-5"],
    from: "2026-10-07",
    usd: ["2", "2.5", "4", "0.1", "10"],
    source: "PromptFuel 1.0.23; claudit 1.9.2",
  },
  { models: ["claude-sonnet-5"], from: EARLIEST, usd: ["2", "2.5", "4", "0.2", "10"], source: ANTHROPIC },
  { models: ["claude-sonnet-4-6"], from: EARLIEST, usd: SONNET_4, source: ANTHROPIC },
  {
    models: ["claude-sonnet-4-5", "claude-sonnet-4", "claude-sonnet-4-0"],
    from: EARLIEST,
    usd: SONNET_4,
    long: { above: "200k", usd: SONNET_4_LONG },
    source: ANTHROPIC,
  },
  {
    models: ["claude-haiku-5-5"],
    from: "2026-10-07",
    usd: ["0.1", "0.125", "0.2", "0.01", "0.5"],
    long: { above: "100k", usd: ["0.5", "0.625", "1", "0.05", "2.5"] },
    source: "PromptFuel 1.0.23; claudit 1.9.2",
  },
  { models: ["claude-haiku-4-5"], from: EARLIEST, usd: ["1", "1.25", "2", "0.1", "5"], source: ANTHROPIC },
  { models: ["claude-3-5-haiku"], from: EARLIEST, usd: ["0.8", "1", "1.6", "0.08", "4"], source: ANTHROPIC },
];

/** Ten dollars for a thousand. */
export const WEB_SEARCH_PRICE = 10_000_000_000n;

/** First days of rows that change a price, in order: between two of them prices stand still. */
export const PRICE_CHANGES: readonly Day[] = [...new Set(PRICES.map((row) => dayNumber(row.from)))].toSorted(
  (a, b) => a - b,
);

/** Changes whenever the table does: part of every report's ETag. */
export const PRICES_VERSION = checksum(JSON.stringify(PRICES));

/** FNV-1a of 32 bits: enough to tell one edition of a table from the next. */
function checksum(text: string): string {
  let hash = 0x81_1c_9d_c5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01_00_01_93);
  return (hash >>> 0).toString(16);
}

const byModel = Map.groupBy(
  PRICES.flatMap((row) => row.models.map((model) => ({ model, row }))),
  ({ model }) => model,
);

/** Bands of requests whose counts are not known, or not which part of their input was cached. */
export const UNKNOWN_BAND = "unknown";
export const UNSPLIT_BAND = "unsplit";
const UNPRICED_BANDS: ReadonlySet<string> = new Set([UNKNOWN_BAND, UNSPLIT_BAND]);

/** `speed/tier/geography/context band`, as the rollups have it. */
export interface PriceKey {
  model: string;
  priceClass: string;
  day: Day;
}

/** Undefined when the price is not known: the model, the mode, or the counts. Never a guess, never 0. */
export function pricesFor({ model, priceClass, day }: PriceKey): TokenPrices | undefined {
  const [speed = "", tier = "", geo = "", band = ""] = priceClass.split("/");
  const row = rowFor(model, day);
  if (row === undefined || UNPRICED_BANDS.has(band)) return undefined;
  const usd = speed === "fast" ? row.fast : isLong(row, band) ? row.long?.usd : row.usd;
  const factor = factorFor(tier, geo);
  if (usd === undefined || factor === undefined || (speed !== "" && speed !== "fast")) return undefined;
  const [input, cacheWrite5m, cacheWrite1h, cacheRead, output] = usd.map((price) => scaled(price, factor));
  if (input === undefined || cacheWrite5m === undefined || cacheWrite1h === undefined) return undefined;
  if (cacheRead === undefined || output === undefined) return undefined;
  return { input, cacheWrite5m, cacheWrite1h, cacheRead, output };
}

/** False of requests whose tokens are not known. */
export function isCounted({ priceClass }: Pick<PriceKey, "priceClass">): boolean {
  return !priceClass.endsWith(`/${UNKNOWN_BAND}`);
}

/** The exact id, or a dated id's base: never a shorter name, which would be another model. */
function rowFor(model: string, day: Day): PriceRow | undefined {
  const rows = byModel.get(model) ?? byModel.get(model.replace(/-\d{8}$/, ""));
  if (rows === undefined) return undefined;
  const begun = rows.filter(({ row }) => dayNumber(row.from) <= day);
  return (begun.at(-1) ?? rows[0])?.row;
}

function isLong(row: PriceRow, band: string): boolean {
  return row.long !== undefined && (band === "200k" || band === row.long.above);
}

/** In hundredths. Committed capacity (`priority`) has no price per token of its own: it is listed as standard. */
function factorFor(tier: string, geo: string): bigint | undefined {
  const tiers = new Map([
    ["", 10n],
    ["priority", 10n],
    ["batch", 5n],
  ]);
  const geos = new Map([
    ["", 10n],
    ["us", 11n],
  ]);
  const [byTier, byGeo] = [tiers.get(tier), geos.get(geo)];
  return byTier === undefined || byGeo === undefined ? undefined : byTier * byGeo;
}

/** USD for a million tokens is picodollars for one, in millionths of a dollar: exact, without a double. */
function scaled(usd: string, hundredths: bigint): bigint {
  const [whole = "0", fraction = ""] = usd.split(".");
  const perToken = BigInt(whole + fraction.padEnd(6, "0"));
  return (perToken * hundredths) / 100n;
}

function dayNumber(date: string): Day {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000;
}
