const DAY_MS = 86_400_000;

/** `YYYY-MM-DD` that names a real day. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text;
}

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * DAY_MS).toISOString().slice(0, 10);
}

/** Days from `from` to `to`, both included. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS) + 1;
}

// A day is a label here, already cut in the team's time zone: formatting it in UTC keeps it the same day.
const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
const LONG = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/** `3 Nov` */
export function formatDay(day: string): string {
  return SHORT.format(new Date(`${day}T00:00:00Z`));
}

/** `Tue, 3 Nov 2026` */
export function formatDayFully(day: string): string {
  return LONG.format(new Date(`${day}T00:00:00Z`));
}

/** `26 Oct – 24 Nov 2026` */
export function formatDays(from: string, to: string): string {
  const year = (day: string) => day.slice(0, 4);
  const start = year(from) === year(to) ? formatDay(from) : `${formatDay(from)} ${year(from)}`;
  return from === to ? `${formatDay(to)} ${year(to)}` : `${start} – ${formatDay(to)} ${year(to)}`;
}

/** `3 Nov, 14:05` in the team's time zone. */
export function formatMoment(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).format(new Date(ms));
}

/** `3 Nov 2026, 14:05` in the team's time zone: for what is kept, or valid, for longer than a year. */
export function formatMomentFully(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).format(new Date(ms));
}

/** `14:05:09` in the team's time zone. */
export function formatClock(ms: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone,
  }).format(new Date(ms));
}
