import { CATEGORIES, type Category } from "#proto/categories.ts";
import { formatDay } from "./calendar.ts";
import type { Range } from "./report-rows.ts";

/** GET /api/categories?from=YYYY-MM-DD&to=YYYY-MM-DD */
export interface CategoryReport {
  range: { from: string; to: string; timeZone: string };
  /** Every day of the range. What follows is aligned with them. */
  days: string[];
  /** All prompts, with a category or without. */
  prompts: number[];
  /** Prompts of each category that occurs, in the order of the categories. */
  rows: { category: Category; prompts: number[] }[];
  /** Prompts with a category on days of which fewer than `floor` people have any: these are not told apart. */
  unsplit: number[];
  /** Who found the categories; null where fewer than `floor` people have any in the whole range. */
  methods: { rules: number; ollama: number; haiku: number } | null;
  floor: number;
  /** Grows with every change of the team's data. */
  version: number;
}

/** GET /api/categorize-cost */
export interface CategorizeCost {
  /** The calendar month in UTC, `2026-11`. */
  month: string;
  calls: number;
  /** Cut off, or answered without counts: not in `cost`. */
  unknownCalls: number;
  /** Picodollars at list prices, like the two that follow. */
  cost: string;
  /** On average this month; null before the first. */
  perPrompt: string | null;
  cap: string;
  /** The server's own, because the team set none. */
  capIsDefault: boolean;
  model: string;
  /** False where the server has no key for the model. */
  configured: boolean;
}

/** What the store knows of a range. */
export interface CategoryRows {
  /** One for each day, category and method. */
  counts: { day: number; category: string; method: string; prompts: number }[];
  /** Developers with a category, by day. */
  people: ReadonlyMap<number, number>;
  /** In all of the range, and in all that is stored, counted up to ten. */
  peopleInRange: number;
  peopleEver: number;
  /** Prompts with a category or without, by day. */
  prompts: ReadonlyMap<number, number>;
  version: number;
}

/** A mix of fewer people's work would be some person's. A smaller team sees the mix of all of it, or none. */
const FLOOR = 5;

export function buildCategoryReport(
  { counts, people, peopleInRange, peopleEver, prompts, version }: CategoryRows,
  range: Range & { timeZone: string },
): CategoryReport {
  const floor = Math.min(FLOOR, Math.max(1, peopleEver));
  const days = Array.from({ length: range.to - range.from + 1 }, (_, index) => range.from + index);
  const isSplit = (day: number) => (people.get(day) ?? 0) >= floor;
  const byDay = (rows: CategoryRows["counts"]) => {
    const sums = new Map<number, number>();
    for (const row of rows) sums.set(row.day, (sums.get(row.day) ?? 0) + row.prompts);
    return days.map((day) => sums.get(day) ?? 0);
  };
  const split = Map.groupBy(
    counts.filter(({ day }) => isSplit(day)),
    ({ category }) => category,
  );
  const by = (method: string) =>
    counts.reduce((sum, row) => sum + (row.method === method ? row.prompts : 0), 0);
  return {
    range: { from: formatDay(range.from), to: formatDay(range.to), timeZone: range.timeZone },
    days: days.map(formatDay),
    prompts: days.map((day) => prompts.get(day) ?? 0),
    rows: CATEGORIES.flatMap((category) => {
      const own = split.get(category);
      return own === undefined ? [] : [{ category, prompts: byDay(own) }];
    }),
    unsplit: byDay(counts.filter(({ day }) => !isSplit(day))),
    methods: peopleInRange < floor ? null : { rules: by("rules"), ollama: by("ollama"), haiku: by("haiku") },
    floor,
    version,
  };
}
