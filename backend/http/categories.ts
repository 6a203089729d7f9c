import { monthAt } from "../categorize/cost.ts";
import type { categoryRoutes } from "../domain/api/categories.ts";
import { buildCategoryReport } from "../domain/category-report.ts";
import { readCategories } from "../store/categories.ts";
import { readMonth, setCap } from "../store/categorize-cost.ts";
import type { Handlers } from "./route-table.ts";
import { teamOf } from "./team.ts";

const PICODOLLARS_PER_CENT = 10_000_000_000n;

export const categories: Handlers<typeof categoryRoutes> = {
  "GET /api/categories": async ({ db, actor, query }) => {
    const { id, timeZone } = await teamOf(db, actor.team);
    return buildCategoryReport(await readCategories(db, id, query), { ...query, timeZone });
  },
  "GET /api/categorize-cost": async ({ db, actor, settings, nowMs }) => {
    const month = monthAt(nowMs);
    const { calls, unknown, cost, capCents } = await readMonth(db, actor.team, month);
    const priced = calls - unknown;
    return {
      month,
      calls,
      unknownCalls: unknown,
      cost: String(cost),
      perPrompt: priced === 0 ? null : String(cost / BigInt(priced)),
      cap: String(BigInt(capCents ?? settings.CATEGORIZE_CAP_CENTS) * PICODOLLARS_PER_CENT),
      capIsDefault: capCents === undefined,
      model: settings.ANTHROPIC_MODEL,
      configured: settings.ANTHROPIC_API_KEY !== undefined,
    };
  },
  "PUT /api/team/categorize-cap": async ({ db, actor, body, nowMs }) => {
    await setCap(db, actor, body.cents, nowMs);
  },
};
