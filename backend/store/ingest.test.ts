import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { storeEvents } from "./ingest.ts";

it("no statement of the ingest reads more of a team's events than it was sent, or than a session holds", async () => {
  const statements: string[] = [];
  const recorder = {
    prepare: (sql: string) => ({ bind: () => void statements.push(sql) }),
    batch: async () => [],
  };
  await storeEvents(recorder as never, 1, [], { ids: [] });
  expect(statements.length).toBeGreaterThan(5);
  const plans: string[] = [];
  for (const sql of statements) {
    const parameters = [1, "[]"].slice(0, sql.includes("?2") ? 2 : 1);
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...parameters)
      .all<{ detail: string }>();
    plans.push(...results.map(({ detail }) => detail));
  }
  const tables = plans.filter((detail) =>
    /^(?:SCAN|SEARCH) (?:e|events|sessions|rollups|session_rollups|inbox)\b/.test(detail),
  );
  expect(tables.length).toBeGreaterThan(5);
  expect(tables.filter((detail) => /\(team=\?\)/.test(detail) && !detail.includes("sessions_stale"))).toEqual(
    [],
  );
  expect(tables.filter((detail) => detail.startsWith("SCAN"))).toEqual([]);
});
