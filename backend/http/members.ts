import type { memberRoutes } from "../domain/api/members.ts";
import { changeRole, type ChangeResult, listMembers, removeMember } from "../store/members.ts";
import { account } from "./account.ts";
import { invites } from "./invites.ts";
import { PAGE, pageOf } from "./list-page.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";

export const members: Handlers<typeof memberRoutes> = {
  "GET /api/members": async ({ db, actor, query }) => {
    const rows = await listMembers(db, actor.team, { after: query.cursor, limit: PAGE + 1 });
    const { page, next } = pageOf(rows);
    return { members: page, next };
  },
  "PUT /api/members/:member/role": async ({ db, actor, params, body, nowMs }) => {
    refuseUnless(await changeRole(db, actor, { id: params.member, role: body.role }, nowMs));
  },
  "DELETE /api/members/:member": async ({ db, actor, params, nowMs }) => {
    refuseUnless(await removeMember(db, actor, params.member, nowMs));
  },
  ...invites,
  ...account,
};

function refuseUnless(result: ChangeResult): void {
  if (result === "not_found") throw new Refusal(404, "not_found");
  if (result === "not_allowed") throw new Refusal(403, "not_allowed");
  if (result === "last_owner") throw new Refusal(409, "last_owner");
}
