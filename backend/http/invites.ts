import type { memberRoutes } from "../domain/api/members.ts";
import { type ApiBindings, settingsOf } from "../env.ts";
import { mailOf } from "../mail/mail.ts";
import { inviteMail } from "../mail/texts.ts";
import { acceptInvite, createInvite, type Invite, listInvites, revokeInvite } from "../store/invites.ts";
import { createSignIn } from "../store/sign-ins.ts";
import { PER_MAILBOX, takeAllowance } from "./allowance.ts";
import { setSessionCookie } from "./cookie.ts";
import { PAGE, pageOf } from "./list-page.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";
import { teamOf } from "./team.ts";

/** Mails that a team's invites send. */
const PER_TEAM = { eventsPerMinute: 1, burst: 50 };

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
    const link = `${settings.PUBLIC_URL ?? new URL(c.req.url).origin}/invite#${made.code}`;
    return { invite: made.invite, link, mailed: await mailInvite(c.env, actor.team, made.invite, link) };
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

/** False where mail is not set up, was not taken, or this mailbox or team had enough. */
async function mailInvite(env: ApiBindings, team: number, invite: Invite, link: string): Promise<boolean> {
  const sender = mailOf(settingsOf(env));
  if (sender === undefined) return false;
  for (const [name, policy] of [
    [`mailbox ${invite.email}`, PER_MAILBOX],
    [`invites of ${team}`, PER_TEAM],
  ] as const) {
    if (!(await takeAllowance(env, name, policy)).allowed) return false;
  }
  const { name } = await teamOf(env.DB, team);
  return sender.mail.send({ ...inviteMail(invite.email, name, link), key: `invite:${invite.id}` });
}
