import type { memberRoutes } from "../domain/api/members.ts";
import { mailOf } from "../mail/mail.ts";
import { inviteMail } from "../mail/texts.ts";
import { acceptInvite, createInvite, listInvites, revokeInvite } from "../store/invites.ts";
import { createSignIn } from "../store/sign-ins.ts";
import { setSessionCookie } from "./cookie.ts";
import { PAGE, pageOf } from "./list-page.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";
import { teamOf } from "./team.ts";

type InviteRoutes = Pick<
  typeof memberRoutes,
  "GET /api/invites" | "POST /api/invites" | "DELETE /api/invites/:invite" | "POST /api/invites/accept"
>;

export const invites: Handlers<InviteRoutes> = {
  "GET /api/invites": async ({ db, actor, query, nowMs }) => {
    const rows = await listInvites(db, actor.team, { before: query.cursor, limit: PAGE + 1, nowMs });
    const { page, next } = pageOf(rows);
    return { invites: page, next };
  },
  "POST /api/invites": async ({ c, db, settings, actor, body, nowMs }) => {
    const made = await createInvite(db, actor, body, { pepper: settings.PEPPER, nowMs });
    if (made === "not_allowed") throw new Refusal(403, made);
    if (typeof made === "string") throw new Refusal(409, made);
    const sender = mailOf(settings);
    const link = `${settings.PUBLIC_URL ?? new URL(c.req.url).origin}/invite#${made.code}`;
    const team = await teamOf(db, actor.team);
    const mailed = await sender?.mail.send({
      ...inviteMail(body.email, team.name, link),
      key: `invite:${made.invite.id}`,
    });
    return { invite: made.invite, link, mailed: mailed ?? false };
  },
  "DELETE /api/invites/:invite": async ({ db, actor, params, nowMs }) => {
    const result = await revokeInvite(db, actor, params.invite, nowMs);
    if (result === "unknown") throw new Refusal(404, "not_found");
  },
  "POST /api/invites/accept": async ({ c, db, settings, body, nowMs }) => {
    const actor = await acceptInvite(db, body, settings.PEPPER, nowMs);
    if (actor === undefined) throw new Refusal(401, "invalid_code");
    const secret = await createSignIn(db, { actor, method: "local" }, settings.PEPPER, nowMs);
    if (secret === undefined) throw new Refusal(401, "invalid_code");
    setSessionCookie(c, secret);
  },
};
