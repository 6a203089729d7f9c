import type { reportRoutes } from "../domain/api/reports.ts";
import { labelOf, valueOf } from "../domain/build-report.ts";
import { dayOf, startOfDay } from "../domain/calendar.ts";
import type { Labels } from "../domain/report-rows.ts";
import type { SessionRow } from "../domain/report.ts";
import { readLabels } from "../store/labels.ts";
import { listSessions, readSessionParts, type SessionPart, type StoredSession } from "../store/sessions.ts";
import type { Handler } from "./route-table.ts";
import { teamOf } from "./team.ts";

const PAGE = 50;

export const sessionsPage: Handler<(typeof reportRoutes)["GET /api/sessions"]> = async ({
  db,
  actor,
  query: { from, to, cursor: after },
}) => {
  const { id: team, timeZone } = await teamOf(db, actor.team);
  const span = { from: startOfDay(from, timeZone), until: startOfDay(to + 1, timeZone) };
  // One more than is shown tells whether there is another page.
  const read = await listSessions(db, team, span, { after, limit: PAGE + 1 });
  const found = read.slice(0, PAGE);
  const [parts, labels] = await Promise.all([partsOf(db, team, found, timeZone), readLabels(db, team)]);
  const last = read.length > PAGE ? found.at(-1) : undefined;
  return {
    sessions: found.map((session) => toRow(session, parts.get(session.id) ?? [], labels)),
    next: last ? `${last.startedAt}.${last.id}` : null,
  };
};

export async function partsOf(
  db: D1Database,
  team: number,
  found: readonly StoredSession[],
  timeZone: string,
) {
  if (found.length === 0) return new Map<string, SessionPart[]>();
  const first = Math.min(...found.map((session) => session.startedAt));
  const last = Math.max(...found.map((session) => session.endedAt));
  const days = { from: dayOf(first, timeZone), to: dayOf(last, timeZone) };
  return readSessionParts(
    db,
    team,
    days,
    found.map((session) => session.id),
  );
}

/** A session's developer and project are those of most of its requests. */
export function toRow(session: StoredSession, parts: readonly SessionPart[], labels: Labels): SessionRow {
  const developer = parts[0]?.developer ?? "";
  const project = parts.find((part) => part.project !== "")?.project;
  const models = parts.filter((part) => part.requests > 0).map((part) => part.model);
  return {
    id: session.id,
    developer: { id: developer, label: labelOf("developer", developer, labels) },
    project: project === undefined ? null : { hash: project, label: labelOf("project", project, labels) },
    startedAt: session.startedAt * 1000,
    endedAt: session.endedAt * 1000,
    activeMs: session.active * 1000,
    prompts: parts.reduce((sum, part) => sum + part.prompts, 0),
    models: [...new Set(models)],
    sources: [...new Set(parts.map(({ source }) => source))].toSorted(),
    ...valueOf(parts).measures(),
  };
}
