import * as z from "zod";
import { ReportQuery, SessionsQuery } from "../range.ts";
import type { Me, Report, SessionsPage, Version } from "../report.ts";
import { ROLES } from "../role.ts";
import { DeveloperId, Label } from "./fields.ts";
import { defineRoutes } from "./spec.ts";

const Count = z.int().nonnegative();
const Picodollars = z.string().regex(/^-?\d{1,40}$/);
const Mode = z.enum(["off", "categorize_local", "categorize_cloud", "full"]);

const measures = {
  requests: Count,
  input: Count,
  cacheRead: Count,
  cacheWrite5m: Count,
  cacheWrite1h: Count,
  output: Count,
  webSearches: Count,
  listValue: Picodollars,
  unpricedRequests: Count,
  unpricedTokens: Count,
  partialRequests: Count,
  uncountedRequests: Count,
  selectedRequests: Count,
};
const Group = z.object({ key: z.string(), label: z.string(), sessions: Count, ...measures });
const groups = z.array(Group);

const ReportAnswer = z.object({
  range: z.object({ from: z.string(), to: z.string(), timeZone: z.string() }),
  totals: z.object({ ...measures, sessions: Count, activeDevelopers: Count, prompts: Count }),
  cache: z.object({ hitRatio: z.number().nullable(), saving: Picodollars }),
  days: z.array(z.object({ day: z.string(), ...measures })),
  groups: z.object({ model: groups, project: groups, developer: groups, origin: groups, source: groups }),
  series: z.object({
    by: z.enum(["model", "project", "developer", "origin", "source"]),
    rows: z.array(
      z.object({
        key: z.string(),
        label: z.string(),
        listValue: z.array(Picodollars),
        tokens: z.array(Count),
      }),
    ),
  }),
  version: Count,
}) satisfies z.ZodType<Report>;

export const SessionAnswer = z.object({
  id: z.string(),
  developer: z.object({ id: z.string(), label: z.string() }),
  project: z.object({ hash: z.string(), label: z.string() }).nullable(),
  startedAt: Count,
  endedAt: Count,
  activeMs: Count,
  prompts: Count,
  models: z.array(z.string()),
  sources: z.array(z.string()),
  ...measures,
});
const SessionsAnswer = z.object({
  sessions: z.array(SessionAnswer),
  next: z.string().nullable(),
}) satisfies z.ZodType<SessionsPage>;

const MeAnswer = z.object({
  team: z.object({ id: z.string(), name: z.string(), timeZone: z.string() }),
  viewer: z.object({ id: z.string(), label: z.string(), role: z.enum(ROLES) }),
  demo: z.boolean(),
  days: z.object({ first: z.string(), last: z.string() }).nullable(),
  mode: Mode,
  version: Count,
}) satisfies z.ZodType<Me>;

const VersionAnswer = z.object({ version: Count }) satisfies z.ZodType<Version>;
const ProjectPath = z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/) });
const DeveloperPath = z.object({ id: DeveloperId });
const LabelBody = z.strictObject({ label: Label });

/** What was used, and the names that people give to pseudonyms. */
export const reportRoutes = defineRoutes({
  "GET /api/version": {
    summary: "A number that grows with every change of the team's data.",
    access: { who: "member", role: "viewer", scope: "reports:read" },
    answer: VersionAnswer,
  },
  "GET /api/me": {
    summary: "Who is signed in, and to which team.",
    access: { who: "member", role: "viewer" },
    answer: MeAnswer,
  },
  "GET /api/report": {
    summary: "Tokens and their list value by day, model, project, developer, origin and source.",
    access: { who: "member", role: "viewer", scope: "reports:read" },
    query: ReportQuery,
    answer: ReportAnswer,
  },
  "GET /api/sessions": {
    summary: "Sessions, newest first, 50 a page.",
    access: { who: "member", role: "viewer", scope: "sessions:read" },
    query: SessionsQuery,
    answer: SessionsAnswer,
  },
  "PUT /api/projects/:hash": {
    summary: "Gives a project a name that the team sees in place of its hash. An empty one removes it.",
    access: { who: "member", role: "manager" },
    params: ProjectPath,
    body: LabelBody,
  },
  "PUT /api/developers/:id": {
    summary:
      "Gives a developer a name that the team sees in place of the pseudonym. An empty one removes it.",
    access: { who: "member", role: "admin" },
    params: DeveloperPath,
    body: LabelBody,
  },
});
