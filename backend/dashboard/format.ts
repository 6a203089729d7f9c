const PICO_PER_DOLLAR = 1_000_000_000_000n;
const DECIMALS = 12;
/** Below what rounds to $0.10, two decimals would hide what a request costs. */
const SMALL = (PICO_PER_DOLLAR * 995n) / 10_000n;
/** $0.0001: what is smaller is shown as "less than". */
const TINY = PICO_PER_DOLLAR / 10_000n;
const MINUS = "−";

export type Money = bigint;

/** Parses whole picodollars; the API's guard has checked the digits. */
export function money(picodollars: string): Money {
  return BigInt(picodollars);
}

export function sum(values: readonly string[]): Money {
  return values.reduce((total, value) => total + BigInt(value), 0n);
}

/** For drawing only: a double is exact enough for a bar's height, not for a number people read. */
export function dollars(value: Money): number {
  return Number(value) / Number(PICO_PER_DOLLAR);
}

/** `$1,284.37`; two significant digits below ten cents (`$0.0042`). */
export function formatMoney(value: Money): string {
  const size = value < 0n ? -value : value;
  const sign = value < 0n ? MINUS : "";
  if (size !== 0n && size < TINY) return `${sign}<$0.0001`;
  return `${sign}$${fixed(size, size === 0n || size >= SMALL ? 2 : significantDecimals(size, 2))}`;
}

/** Every digit, for titles and for people who check. */
export function formatMoneyExactly(value: Money): string {
  const size = value < 0n ? -value : value;
  const digits = fixed(size, DECIMALS).replace(/0+$/, "");
  const [whole = "0", part = ""] = digits.split(".");
  return `${value < 0n ? MINUS : ""}$${whole}.${part.padEnd(2, "0")}`;
}

/** For axis labels: `$0`, `$2.50`, `$1.2K`. */
export function formatMoneyShortly(amount: number): string {
  if (amount >= 10_000) return `$${compact(amount, 1)}`;
  if (amount === 0) return "$0";
  const decimals = Number.isInteger(amount)
    ? 0
    : Math.min(6, Math.max(2, Math.ceil(-Math.log10(amount)) + 1));
  return `$${amount.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })}`;
}

function fixed(size: bigint, decimals: number): string {
  const unit = 10n ** BigInt(DECIMALS - decimals);
  const rounded = (size + unit / 2n) / unit;
  const scale = 10n ** BigInt(decimals);
  const whole = group((rounded / scale).toString());
  return decimals === 0 ? whole : `${whole}.${(rounded % scale).toString().padStart(decimals, "0")}`;
}

function significantDecimals(size: bigint, digits: number): number {
  return Math.min(DECIMALS, DECIMALS - size.toString().length + digits);
}

function group(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

export function formatCount(count: number): string {
  return group(Math.round(count).toString());
}

/** `812`, `9.40 K`, `12.4 M`, `3.38 B`: three digits are enough to compare. */
export function formatTokens(count: number): string {
  return count < 1000 ? String(count) : compact(count, 3).replace(/([KMBT])$/, " $1");
}

/** For axis labels: `25 M`. */
export function formatTokensShortly(count: number): string {
  return compact(count, 1).replace(/([KMBT])$/, " $1");
}

function compact(value: number, leastDigits: number): string {
  return new Intl.NumberFormat("en-US", {
    notation: "compact",
    minimumSignificantDigits: leastDigits,
    maximumSignificantDigits: 3,
  }).format(value);
}

/** `93.4 %`; null (no input at all) is a dash, not 0. */
export function formatRatio(ratio: number | null): string {
  if (ratio === null) return "–";
  // 99.97 % rounded to 100.0 % would claim that nothing missed the cache.
  const percent = Math.min(ratio < 1 ? 99.9 : 100, Math.round(ratio * 1000) / 10);
  return `${percent.toFixed(1)} %`;
}

/** `42 s`, `7 min`, `3 h 05 min`, `2 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `just now`, `3 s ago`, `5 min ago`. */
export function formatAgo(milliseconds: number): string {
  return milliseconds < 1500 ? "just now" : `${formatDuration(milliseconds)} ago`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
