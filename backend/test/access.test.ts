import { expect, it } from "vitest";
import type { RouteSpec } from "../domain/api/spec.ts";
import { ROUTES } from "../domain/api/routes.ts";
import { isAtLeast, ROLES } from "../domain/role.ts";
import { enrol } from "./client.ts";
import { member, nobody } from "./people.ts";

/** Route, the least role (or who else), and the scope by which a team's key reads it. Written by hand on purpose. */
const TABLE: [name: string, who: string, scope: string][] = [
  ["POST /api/sign-in", "anyone", ""],
  ["GET /api/sign-in", "anyone", ""],
  ["POST /api/sign-in/link", "anyone", ""],
  ["POST /api/sign-in/clerk", "anyone", ""],
  ["POST /api/sign-out", "anyone", ""],
  ["GET /api/members", "manager", "team:read"],
  ["PUT /api/members/:member/role", "admin", ""],
  ["DELETE /api/members/:member", "admin", ""],
  ["GET /api/invites", "admin", ""],
  ["POST /api/invites", "admin", ""],
  ["DELETE /api/invites/:invite", "admin", ""],
  ["POST /api/invites/accept", "anyone", ""],
  ["GET /api/account", "viewer", ""],
  ["PUT /api/account", "viewer", ""],
  ["POST /api/account/sign-out-everywhere", "viewer", ""],
  ["GET /api/account/machines", "viewer", ""],
  ["POST /api/account/machines", "viewer", ""],
  ["DELETE /api/account/machines", "viewer", ""],
  ["GET /api/version", "viewer", "reports:read"],
  ["GET /api/me", "viewer", ""],
  ["GET /api/report", "viewer", "reports:read"],
  ["GET /api/sessions", "viewer", "sessions:read"],
  ["GET /api/sessions/:session/timeline", "admin", ""],
  ["PUT /api/projects/:hash", "manager", ""],
  ["PUT /api/developers/:id", "admin", ""],
  ["GET /api/team", "viewer", "team:read"],
  ["PATCH /api/team", "admin", ""],
  ["PUT /api/team/mode", "admin", ""],
  ["PUT /api/team/visibility", "owner", ""],
  ["PUT /api/team/retention", "owner", ""],
  ["GET /api/developers", "manager", "team:read"],
  ["GET /api/groups", "viewer", "team:read"],
  ["PUT /api/groups/csv", "admin", ""],
  ["DELETE /api/groups/:group", "admin", ""],
  ["GET /api/agents", "manager", "team:read"],
  ["GET /api/agents/modes", "manager", ""],
  ["DELETE /api/agents/:agent", "admin", ""],
  ["GET /api/enrolment-tokens", "admin", ""],
  ["POST /api/enrolment-tokens", "admin", ""],
  ["DELETE /api/enrolment-tokens/:token", "admin", ""],
  ["POST /v1/enroll", "anyone", ""],
  ["GET /v1/agent/config", "agent", ""],
  ["POST /v1/agent/status", "agent", ""],
  ["POST /v1/agent/token", "agent", ""],
  ["POST /v1/agent/consent/nonce", "agent", ""],
  ["POST /v1/agent/consent", "agent", ""],
  ["POST /v1/agent/consent/withdraw", "agent", ""],
  ["POST /v1/agent/link", "agent", ""],
  ["POST /v1/agent/unlink", "agent", ""],
  ["POST /v1/agent/unenroll", "agent", ""],
  ["POST /v1/categorize", "agent", ""],
  ["GET /api/categories", "viewer", "reports:read"],
  ["GET /api/categorize-cost", "viewer", "reports:read"],
  ["PUT /api/team/categorize-cap", "owner", ""],
  ["GET /api/audit", "admin", "audit:read"],
  ["GET /api/audit/check", "admin", "audit:read"],
  ["GET /api/audit/export", "admin", "audit:read"],
  ["GET /api/export/usage", "manager", "reports:read"],
  ["GET /api/keys", "admin", ""],
  ["POST /api/keys", "admin", ""],
  ["DELETE /api/keys/:key", "admin", ""],
  ["GET /api/openapi.json", "viewer", ""],
];

it("every route is in the table, with who may call it", () => {
  const actual = Object.entries<RouteSpec>(ROUTES).map(([name, { access }]) => [
    name,
    access.who === "member" ? access.role : access.who,
    access.who === "member" ? (access.scope ?? "") : "",
  ]);
  expect(actual.toSorted(byName)).toEqual(TABLE.toSorted(byName));
});

function byName([a = ""]: string[], [b = ""]: string[]): number {
  return a.localeCompare(b);
}

/** What is asked for is not there: only whether the asker is let in is looked at. */
function pathOf(route: string): string {
  const ids = {
    member: "mem",
    invite: "inv",
    agent: "agt",
    token: "ent",
    group: "grp",
    key: "key",
    id: "dev",
  };
  return route.replace(/:(\w+)/g, (_, name: string) => {
    const prefix = new Map(Object.entries(ids)).get(name);
    return prefix === undefined ? "0".repeat(64) : `${prefix}_${"0".repeat(24)}`;
  });
}

it.each(TABLE.filter(([, who]) => who !== "agent"))("%s is for %s", async (name, who) => {
  const [method = "", route = ""] = name.split(" ");
  const body = method === "GET" ? undefined : {};
  await enrol();
  const stranger = await nobody.ask(method, pathOf(route), body);
  expect(stranger.code === "signed_out" && stranger.status === 401).toBe(who !== "anyone");
  for (const role of ROLES) {
    const refused = await (await member(role)).ask(method, pathOf(route), body);
    const isLetIn = who === "anyone" || isAtLeast(role, who as (typeof ROLES)[number]);
    expect([role, refused.status === 403 && refused.code === "not_allowed"]).toEqual([role, !isLetIn]);
  }
});

it.each(TABLE.filter(([, who]) => who === "agent"))(
  "%s is for machines, whoever is signed in",
  async (name) => {
    const [method = "", route = ""] = name.split(" ");
    const owner = await member("owner");
    const refused = await owner.ask(method, pathOf(route), method === "GET" ? undefined : {});
    expect([refused.status, refused.code]).toEqual([401, expect.stringMatching(/token/)]);
  },
);
