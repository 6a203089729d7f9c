import { Hono } from "hono";
import { buildReport } from "../domain/build-report.ts";
import { formatDay } from "../domain/calendar.ts";
import { PRICES_VERSION } from "../domain/prices.ts";
import type { Me, Report, Version } from "../domain/report.ts";
import { readLabels } from "../store/labels.ts";
import { readReport } from "../store/reports.ts";
import { dataDays } from "../store/sessions.ts";
import { findTeam, type Team, teamVersion } from "../store/teams.ts";
import { isDemo } from "../store/viewers.ts";
import type { ApiEnv } from "./context.ts";
import { ReportQuery } from "./range.ts";
import { Refusal } from "./refusal.ts";
import { query } from "./validate.ts";

export const reports = new Hono<ApiEnv>()
  .get("/version", async (c) => {
    const version: Version = { version: await teamVersion(c.env.DB, c.var.viewer.team) };
    return c.json(version);
  })
  .get("/me", async (c) => {
    const { team: id, label } = c.var.viewer;
    const [team, demo, days] = await Promise.all([
      teamOf(c.env.DB, id),
      isDemo(c.env.DB, id),
      dataDays(c.env.DB, id),
    ]);
    const me: Me = {
      team: { id: String(team.id), name: team.name, timeZone: team.timeZone },
      viewer: { label },
      demo,
      days: days ? { first: formatDay(days.from), last: formatDay(days.to) } : null,
      mode: modeOf(team),
      version: team.version,
    };
    return c.json(me);
  })
  .get("/report", query(ReportQuery), async (c) => {
    const { from, to, by } = c.req.valid("query");
    const team = await teamOf(c.env.DB, c.var.viewer.team);
    const tag = etag(team.version);
    if (c.req.header("if-none-match") === tag) return c.body(null, 304, { etag: tag });
    const [rows, labels] = await Promise.all([
      readReport(c.env.DB, team.id, { from, to }, by),
      readLabels(c.env.DB, team.id),
    ]);
    const report: Report = buildReport(rows, labels, { from, to, timeZone: team.timeZone }, by);
    return c.json(report, 200, { etag: etag(report.version), "cache-control": "private, no-cache" });
  });

/** Of one URL: the data's version and the prices'. */
function etag(version: number): string {
  return `"${version}.${PRICES_VERSION}"`;
}

export async function teamOf(db: D1Database, id: number): Promise<Team> {
  const team = await findTeam(db, id);
  if (team === undefined) throw new Refusal(401, "signed_out");
  return team;
}

const MODES: readonly Me["mode"][] = ["off", "categorize_local", "categorize_cloud", "full"];

function modeOf(team: Team): Me["mode"] {
  return MODES.find((mode) => mode === team.mode) ?? "off";
}
