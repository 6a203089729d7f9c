import { UNKNOWN_BAND, UNSPLIT_BAND } from "../domain/prices.ts";

/** The two tables of sums, and the one way in which events become sums. */

export type RollupTable = "rollups" | "session_rollups";

const KEYS = {
  rollups: ["day", "developer", "project", "model", "source", "origin", "price_class"],
  session_rollups: ["day", "session", "developer", "project", "model", "source", "origin", "price_class"],
} as const satisfies Record<RollupTable, readonly string[]>;

export const MEASURES = [
  "requests",
  "prompts",
  "partial",
  "input",
  "cache_read",
  "cache_5m",
  "cache_1h",
  "output",
  "searches",
] as const;

/**
 * All measures of a group of rows, and `selected`: requests of which the model that somebody selected is known, and not
 * the one that answered.
 */
export const SUMS = [
  ...MEASURES.map((name) => `sum(${name}) ${name}`),
  "sum(iif(source = 'cursor', requests, 0)) selected",
].join(", ");

/*
 * Of signed event rows `v`, one row per event with its key and its measures.
 * The whole prompt is at least its cached parts, whatever corrections of the parts arrived in between.
 * The band is a property of the prompt, so a correction that grows it moves the request to another class. Where it is
 * not known how much, or how much of it was cached, nothing has a price; Claude Code leaves out what is 0.
 */
const MEASURED = `w AS (
  SELECT *, coalesce(cache_read, 0) read0, max(coalesce(cache_write, 0), coalesce(cache_1h, 0)) write0 FROM v),
x AS (SELECT *, max(coalesce(input, 0), read0 + write0) prompt0 FROM w),
d AS (
  SELECT sign, day, session, developer, project, model, source, origin,
    CASE kind WHEN 0 THEN '' ELSE speed || '/' || tier || '/' || geo || '/' ||
      CASE WHEN input IS NULL OR output IS NULL THEN '${UNKNOWN_BAND}'
           WHEN source = 'cursor' AND cache_read IS NULL THEN '${UNSPLIT_BAND}'
           WHEN prompt0 > 200000 THEN '200k' WHEN prompt0 > 100000 THEN '100k' ELSE '' END END price_class,
    kind requests, 1 - kind prompts, kind * (1 - final) partial,
    prompt0 - read0 - write0 input, read0 cache_read, write0 - coalesce(cache_1h, 0) cache_5m,
    coalesce(cache_1h, 0) cache_1h, coalesce(output, 0) output, coalesce(searches, 0) searches
  FROM x)`;

export function rollupColumns(table: RollupTable): string[] {
  return [...KEYS[table], ...MEASURES];
}

/** Sums of the signed rows that `source` (common table expressions ending in `v`) yields, keyed as the table is. */
export function selectRollups(table: RollupTable, source: string): string {
  const sums = MEASURES.map((name) => `sum(sign * ${name}) ${name}`).join(", ");
  const changed = MEASURES.map((name) => `sum(sign * ${name}) <> 0`).join(" OR ");
  const keys = KEYS[table].join(", ");
  const known = table === "session_rollups" ? "WHERE session <> x''" : "WHERE true";
  return `WITH ${source}, ${MEASURED} SELECT ${keys}, ${sums} FROM d ${known} GROUP BY ${keys} HAVING ${changed}`;
}

/** Adds those sums to the table. */
export function insertRollups(table: RollupTable, source: string, team: string): string {
  const columns = rollupColumns(table).join(", ");
  const moves = MEASURES.map((name) => `${name} = ${name} + excluded.${name}`).join(", ");
  return `INSERT INTO ${table} (team, ${columns})
SELECT ${team}, ${columns} FROM (${selectRollups(table, source)}) WHERE true
ON CONFLICT DO UPDATE SET ${moves}`;
}
