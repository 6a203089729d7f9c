import { METHODS } from "../domain/category.ts";
import type { CategoryRows } from "../domain/category-report.ts";
import type { Range } from "../domain/report-rows.ts";

/** Better methods have greater numbers, as `preferred` of domain/category.ts has it. */
function rank(method: string): string {
  return `CASE ${method} ${METHODS.map((name, index) => `WHEN '${name}' THEN ${METHODS.length - index}`).join(" ")} END`;
}

function order(row: string): string {
  const of = (name: string) => `${row}.${name}`;
  return `(${rank(of("method"))}, coalesce(${of("confidence")}, -1), ${of("category")}, ${of("task")}, ${of("project")})`;
}

const SAID = ["category", "confidence", "method", "task", "project"];
const WINS = `${order("excluded")} > ${order("categories")}`;
const MINIMA = ["day", "at", "developer"];

/**
 * ?1 the team, ?2 the placed events as a JSON array: those with a category are stored beside their events. Of two about
 * one prompt the preferred one stays, and of two ends the earlier one, in whatever order they come.
 */
export const STORE_CATEGORIES = `INSERT INTO categories (team, uid, ${MINIMA.join(", ")}, ${SAID.join(", ")}, expires_at)
SELECT ?1, unhex(value ->> 'uid'), value ->> 'day', value ->> 'at', value ->> 'developer',
  value ->> '$.category.name', value ->> '$.category.confidence', value ->> '$.category.method',
  value ->> '$.category.task', value ->> '$.category.project', value ->> 'expiresAt'
FROM json_each(?2) WHERE value ->> '$.category.name' IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM developers d WHERE d.id = value ->> 'developer' AND d.erased_at >= (value ->> 'at') * 1000)
ON CONFLICT (team, uid) DO UPDATE SET
  ${MINIMA.map((name) => `${name} = min(categories.${name}, excluded.${name})`).join(", ")},
  ${SAID.map((name) => `${name} = iif(${WINS}, excluded.${name}, categories.${name})`).join(", ")},
  expires_at = min(coalesce(categories.expires_at, excluded.expires_at), coalesce(excluded.expires_at, categories.expires_at))
WHERE ${WINS} OR ${MINIMA.map((name) => `excluded.${name} < categories.${name}`).join(" OR ")}
  OR excluded.expires_at < coalesce(categories.expires_at, excluded.expires_at + 1)`;

const IN_RANGE = "team = ?1 AND day BETWEEN ?2 AND ?3";

/** At most ten: by leaps over the index, where a plain count would read all of the team's rows. */
const PEOPLE_EVER = `WITH RECURSIVE person (id) AS (
  SELECT min(developer) FROM categories WHERE team = ?1 UNION ALL
  SELECT (SELECT min(developer) FROM categories WHERE team = ?1 AND developer > person.id) FROM person
   WHERE person.id IS NOT NULL LIMIT 10)
SELECT count(id) n FROM person`;

export async function readCategories(db: D1Database, team: number, range: Range): Promise<CategoryRows> {
  const bound = (sql: string) => db.prepare(sql).bind(team, range.from, range.to);
  const [counts, people, inRange, ever, prompts, version] = await db.batch<Record<string, string | number>>([
    bound(
      `SELECT day, category, method, count(*) prompts FROM categories WHERE ${IN_RANGE} GROUP BY day, category, method`,
    ),
    bound(`SELECT day, count(DISTINCT developer) n FROM categories WHERE ${IN_RANGE} GROUP BY day`),
    bound(`SELECT count(DISTINCT developer) n FROM categories WHERE ${IN_RANGE}`),
    db.prepare(PEOPLE_EVER).bind(team),
    bound(`SELECT day, sum(prompts) n FROM rollups WHERE ${IN_RANGE} GROUP BY day`),
    db.prepare("SELECT version n FROM teams WHERE id = ?1").bind(team),
  ]);
  const byDay = (result: typeof people) =>
    new Map((result?.results ?? []).map((row) => [Number(row["day"]), Number(row["n"])]));
  const one = (result: typeof people) => Number(result?.results[0]?.["n"] ?? 0);
  return {
    counts: (counts?.results ?? []).map((row) => ({
      day: Number(row["day"]),
      category: String(row["category"]),
      method: String(row["method"]),
      prompts: Number(row["prompts"]),
    })),
    people: byDay(people),
    peopleInRange: one(inRange),
    peopleEver: one(ever),
    prompts: byDay(prompts),
    version: one(version),
  };
}
