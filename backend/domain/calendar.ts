/** Days are whole numbers since 1970-01-01, of the calendar date in the team's time zone. */

const DAY_MS = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** The day on which an instant falls. `seconds` since the Unix epoch, UTC. */
export function dayOf(seconds: number, timeZone: string): number {
  const parts = new Map(
    formatter(timeZone)
      .formatToParts(seconds * 1000)
      .map((part) => [part.type, part.value]),
  );
  return (
    Date.UTC(Number(parts.get("year")), Number(parts.get("month")) - 1, Number(parts.get("day"))) / DAY_MS
  );
}

/** Seconds since the Unix epoch, UTC, at which a day begins: its first instant, also where midnight is skipped. */
export function startOfDay(day: number, timeZone: string): number {
  // No zone is further than 16 hours from UTC, so the beginning lies in between.
  let before = day * 86_400 - 57_600;
  let within = day * 86_400 + 57_600;
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (dayOf(middle, timeZone) >= day) within = middle;
    else before = middle;
  }
  return within;
}

/** `YYYY-MM-DD` */
export function formatDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The opposite of `formatDay`; undefined for what is no date, such as 2026-02-30. */
export function parseDay(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const day = Date.parse(`${text}T00:00:00Z`) / DAY_MS;
  return Number.isInteger(day) && formatDay(day) === text ? day : undefined;
}

export function isTimeZone(name: string): boolean {
  try {
    formatter(name);
    return true;
  } catch {
    return false;
  }
}

function formatter(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
  });
  formatters.set(timeZone, made);
  return made;
}
