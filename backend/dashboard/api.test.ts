import { expect, it } from "vitest";
import { categoryRoutes } from "../domain/api/categories.ts";
import { reportRoutes } from "../domain/api/reports.ts";
import { connect } from "./api.ts";

/** As an answer gives it. */
const range = { from: "2026-11-01", to: "2026-11-24", timeZone: "Europe/Zurich" };
const SCHEMAS = {
  "/api/report": reportRoutes["GET /api/report"].query,
  "/api/sessions": reportRoutes["GET /api/sessions"].query,
  "/api/categories": categoryRoutes["GET /api/categories"].query,
};

it("asks what the routes take, also for the days of an answer", async () => {
  const asked: URL[] = [];
  const api = connect((path) => {
    asked.push(new URL(String(path), "https://talos.example"));
    return Promise.resolve(Response.json({}));
  });
  const cursor = `1795529580.${"0".repeat(32)}`;
  const questions = [
    api.report(range, "project"),
    api.sessions(range, null),
    api.sessions(range, cursor),
    api.categories(range),
  ];
  await Promise.allSettled(questions);
  for (const { pathname, searchParams } of asked) {
    const schema = SCHEMAS[pathname as keyof typeof SCHEMAS];
    const query = Object.fromEntries(searchParams);
    expect([pathname, query, schema.safeParse(query).success]).toEqual([pathname, query, true]);
  }
  expect(asked).toHaveLength(questions.length);
});
