import type { teamRoutes } from "../domain/api/team.ts";
import { type Membership, readGroupFile } from "../domain/group-file.ts";
import { deleteGroup, knownDevelopers, listGroups, replaceCsvGroups, takenNames } from "../store/groups.ts";
import { Refusal } from "./refusal.ts";
import type { Handled, Handlers } from "./route-table.ts";

type GroupRoutes = Pick<
  typeof teamRoutes,
  "GET /api/groups" | "PUT /api/groups/csv" | "DELETE /api/groups/:group"
>;

export const groups: Handlers<GroupRoutes> = {
  "GET /api/groups": async ({ db, actor }) => ({ groups: await listGroups(db, actor.team) }),
  "PUT /api/groups/csv": putCsv,
  "DELETE /api/groups/:group": async ({ db, actor, params, nowMs }) => {
    if (!(await deleteGroup(db, actor, params.group, nowMs))) throw new Refusal(404, "not_found");
  },
};

async function putCsv({ db, actor, body, nowMs }: Handled<GroupRoutes["PUT /api/groups/csv"]>) {
  const listed = readGroupFile(body.csv);
  if (listed === undefined) throw new Refusal(400, "invalid_csv");
  const named = distinct(listed, "developer");
  const known = await knownDevelopers(db, actor.team, named);
  const members = listed.filter(({ developer }) => known.has(developer));
  const names = distinct(members, "group");
  if ((await takenNames(db, actor.team, names)).length > 0) throw new Refusal(409, "group_name_taken");
  await replaceCsvGroups(db, actor, members, nowMs);
  return {
    groups: names.length,
    developers: known.size,
    unknown: named.filter((developer) => !known.has(developer)),
  };
}

function distinct(members: readonly Membership[], field: keyof Membership): string[] {
  return [...new Set(members.map((member) => member[field]))];
}
