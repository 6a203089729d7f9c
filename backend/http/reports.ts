import type { reportRoutes } from "../domain/api/reports.ts";
import { buildReport } from "../domain/build-report.ts";
import { formatDay } from "../domain/calendar.ts";
import { PRICES_VERSION } from "../domain/prices.ts";
import type { Me, Report } from "../domain/report.ts";
import { labelDeveloper, labelProject, readLabels } from "../store/labels.ts";
import { readReport } from "../store/reports.ts";
import { dataDays } from "../store/sessions.ts";
import { isDemo, type Team, teamVersion } from "../store/teams.ts";
import { cached, isKnown } from "./etag.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";
import { sessionsPage } from "./sessions.ts";
import { teamOf } from "./team.ts";

export const reports: Handlers<typeof reportRoutes> = {
  "GET /api/version": async ({ db, actor }) => ({ version: await teamVersion(db, actor.team) }),
  "GET /api/me": async ({ db, actor }) => {
    const [team, demo, days] = await Promise.all([
      teamOf(db, actor.team),
      isDemo(db, actor.team),
      dataDays(db, actor.team),
    ]);
    return {
      team: { id: team.publicId, name: team.name, timeZone: team.timeZone },
      viewer: { id: actor.id, label: actor.label, role: actor.role },
      demo,
      days: days ? { first: formatDay(days.from), last: formatDay(days.to) } : null,
      mode: modeOf(team),
      version: team.version,
    };
  },
  "GET /api/report": async ({ c, db, actor, query: { from, to, by } }) => {
    const team = await teamOf(db, actor.team);
    if (isKnown(c.req.header("if-none-match"), etag(team))) return c.body(null, 304, cached(etag(team)));
    const [rows, labels] = await Promise.all([
      readReport(db, team.id, { from, to }, by),
      readLabels(db, team.id),
    ]);
    const report: Report = buildReport(rows, labels, { from, to, timeZone: team.timeZone }, by);
    return c.json(report, 200, cached(etag({ ...team, version: report.version })));
  },
  "GET /api/sessions": sessionsPage,
  "PUT /api/projects/:hash": async ({ db, actor, params, body, nowMs }) => {
    await labelProject(db, actor, { project: params.hash, label: body.label }, nowMs);
  },
  "PUT /api/developers/:id": async ({ db, actor, params, body, nowMs }) => {
    const known = await labelDeveloper(db, actor, { id: params.id, label: body.label }, nowMs);
    if (!known) throw new Refusal(404, "not_found");
  },
};

/** Of one URL: whose data, its version and the prices'. A team is told by its birth too: ids and versions begin anew. */
function etag(team: Team): string {
  return `"${team.publicId}.${team.createdAt}.${team.version}.${PRICES_VERSION}"`;
}

const MODES: readonly Me["mode"][] = ["off", "categorize_local", "categorize_cloud", "full"];

function modeOf(team: Team): Me["mode"] {
  return MODES.find((mode) => mode === team.mode) ?? "off";
}
