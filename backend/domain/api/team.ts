import * as z from "zod";
import { DeveloperId, GroupId, Moment, Name, Cursor, page } from "./fields.ts";
import { defineRoutes } from "./spec.ts";

const Mode = z.enum(["off", "categorize_local", "categorize_cloud", "full"]);
const Visibility = z.enum(["pseudonyms", "names"]);
const Retention = z.union([z.literal(30), z.literal(90), z.literal(365), z.literal(0)]);
const SaltPolicy = z.enum(["server", "managed"]);
const Features = z.object({ projects: z.boolean(), activity: z.boolean() });

const Team = z.object({
  id: z.string(),
  name: z.string(),
  timeZone: z.string(),
  mode: Mode,
  visibility: Visibility,
  /** Of content and categories, in days; 0 keeps them for ever. */
  retentionDays: Retention,
  saltPolicy: SaltPolicy,
  features: Features,
  /** SHA-256 of the key that signs the team's configurations, hex. */
  fingerprint: z.string(),
  configVersion: Moment,
  createdAt: Moment,
});
/** What a change to a looser mode must be confirmed with: the mode's own name. */
const ModeBody = z.strictObject({ mode: Mode, confirm: z.string().max(40).optional() });
const Developer = z.object({
  id: DeveloperId,
  label: z.string(),
  groups: z.array(z.object({ id: GroupId, name: z.string() })),
  agents: z.int().nonnegative(),
  createdAt: Moment,
});
const Group = z.object({
  id: GroupId,
  name: z.string(),
  source: z.enum(["managed", "clerk", "csv"]),
  developers: z.int().nonnegative(),
});
const GroupPath = z.object({ group: GroupId });

/** The team itself, and the developers it consists of. */
export const teamRoutes = defineRoutes({
  "GET /api/team": {
    summary: "The team's settings.",
    access: { who: "member", role: "viewer", scope: "team:read" },
    answer: Team,
  },
  "PATCH /api/team": {
    summary: "Changes the team's name, features or salt policy.",
    access: { who: "member", role: "admin" },
    body: z.strictObject({
      name: Name.optional(),
      features: Features.partial().optional(),
      saltPolicy: SaltPolicy.optional(),
    }),
    refusals: { changed_meanwhile: 409 },
  },
  "PUT /api/team/mode": {
    summary: "Sets the loosest privacy mode. A looser one needs the owner and its name as confirmation.",
    access: { who: "member", role: "admin" },
    body: ModeBody,
    refusals: { confirmation_missing: 409, not_allowed: 403, changed_meanwhile: 409 },
  },
  "PUT /api/team/visibility": {
    summary: "Whether members see developers' names or pseudonyms.",
    access: { who: "member", role: "owner" },
    body: z.strictObject({ visibility: Visibility }),
    refusals: { changed_meanwhile: 409 },
  },
  "PUT /api/team/retention": {
    summary: "How long content and categories are kept. A longer time voids what developers accepted.",
    access: { who: "member", role: "owner" },
    body: z.strictObject({ retentionDays: Retention }),
    refusals: { changed_meanwhile: 409 },
  },
  "GET /api/developers": {
    summary: "The team's developers, 100 a page.",
    access: { who: "member", role: "manager", scope: "team:read" },
    query: z.strictObject({ cursor: Cursor.optional() }),
    answer: page("developers", Developer),
  },
  "GET /api/groups": {
    summary: "Groups of developers.",
    access: { who: "member", role: "viewer", scope: "team:read" },
    answer: z.object({ groups: z.array(Group) }),
  },
  "PUT /api/groups/csv": {
    summary:
      "Makes the groups that a CSV file names: the columns developer (id) and group. Replaces earlier ones from CSV.",
    access: { who: "member", role: "admin" },
    body: z.strictObject({ csv: z.string().max(12_000) }),
    answer: z.object({ groups: z.int(), developers: z.int(), unknown: z.array(z.string()) }),
    refusals: { invalid_csv: 400, group_name_taken: 409 },
  },
  "DELETE /api/groups/:group": {
    summary: "Deletes a group. Its developers stay.",
    access: { who: "member", role: "admin" },
    params: GroupPath,
  },
});
