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
    if (isKnown(c.req.header("if-none-match"), etag(team))) return c.body(null, 304, cached(etag(team)));
    const [rows, labels] = await Promise.all([
      readReport(c.env.DB, team.id, { from, to }, by),
      readLabels(c.env.DB, team.id),
    ]);
    const report: Report = buildReport(rows, labels, { from, to, timeZone: team.timeZone }, by);
    return c.json(report, 200, cached(etag({ ...team, version: report.version })));
  });

/** Of one URL: whose data, its version and the prices'. A team is told by its birth too: ids and versions begin anew. */
function etag(team: Team): string {
  return `"${team.id}.${team.createdAt}.${team.version}.${PRICES_VERSION}"`;
}

/** Also in its weak form, which is what proxies that compress make of it. */
function isKnown(sent: string | undefined, tag: string): boolean {
  return (sent ?? "").split(",").some((known) => known.trim().replace(/^W\//, "") === tag);
}

function cached(tag: string): Record<string, string> {
  return { etag: tag, "cache-control": "private, no-cache" };
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
