import type { memberRoutes } from "../domain/api/members.ts";
import { findMember, listOwnTeams, renameMember } from "../store/members.ts";
import { listSignIns, signOutEverywhere } from "../store/sign-ins.ts";
import { readSessionCookie, removeSessionCookie } from "./cookie.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";

type AccountRoutes = Pick<
  typeof memberRoutes,
  "GET /api/account" | "PUT /api/account" | "POST /api/account/sign-out-everywhere"
>;

export const account: Handlers<AccountRoutes> = {
  "GET /api/account": async ({ c, db, settings, actor, nowMs }) => {
    const secret = readSessionCookie(c) ?? "";
    const [found, teams, signIns] = await Promise.all([
      findMember(db, actor.team, actor.id),
      listOwnTeams(db, actor.member),
      listSignIns(db, actor.member, secret, { pepper: settings.PEPPER, nowMs }),
    ]);
    if (found === undefined) throw new Refusal(401, "signed_out");
    const { subject, ...member } = found;
    return { member, teams, signIns, method: subject === "" ? "local" : "clerk" };
  },
  "PUT /api/account": async ({ db, actor, body, nowMs }) => {
    await renameMember(db, actor, body.label, nowMs);
  },
  "POST /api/account/sign-out-everywhere": async ({ c, db, actor, nowMs }) => {
    await signOutEverywhere(db, actor, nowMs);
    removeSessionCookie(c);
  },
};
