import * as z from "zod";
import { ROLES } from "../role.ts";
import { Cursor, Email, InviteId, MemberId, Moment, Name, page } from "./fields.ts";
import { defineRoutes } from "./spec.ts";

const Member = z.object({
  id: MemberId,
  label: z.string(),
  /** "" for a local member. */
  email: z.string(),
  role: z.enum(ROLES),
  createdAt: Moment,
  /** Of the last request, to the hour; null when never signed in. */
  seenAt: Moment.nullable(),
});
const Invite = z.object({
  id: InviteId,
  email: z.string(),
  role: z.enum(ROLES),
  invitedBy: z.string(),
  createdAt: Moment,
  expiresAt: Moment,
  state: z.enum(["open", "accepted", "revoked", "expired"]),
});
/** The link is shown once, and also sent by mail where mail is configured. */
const NewInvite = z.object({ invite: Invite, link: z.string(), mailed: z.boolean() });
const MemberPath = z.object({ member: MemberId });
const InvitePath = z.object({ invite: InviteId });

/** People who look: who they are, and what they may. */
export const memberRoutes = defineRoutes({
  "GET /api/members": {
    summary: "The team's members, 100 a page.",
    access: { who: "member", role: "manager", scope: "team:read" },
    query: z.strictObject({ cursor: Cursor.optional() }),
    answer: page("members", Member),
  },
  "PUT /api/members/:member/role": {
    summary: "Changes a member's role. Only owners make or unmake owners, and the last one stays.",
    access: { who: "member", role: "admin" },
    params: MemberPath,
    body: z.strictObject({ role: z.enum(ROLES) }),
    refusals: { last_owner: 409, not_allowed: 403 },
  },
  "DELETE /api/members/:member": {
    summary: "Removes a member and ends all their sign-ins.",
    access: { who: "member", role: "admin" },
    params: MemberPath,
    refusals: { last_owner: 409, not_allowed: 403 },
  },
  "GET /api/invites": {
    summary: "Invites, newest first, 100 a page.",
    access: { who: "member", role: "admin" },
    query: z.strictObject({ cursor: Cursor.optional() }),
    answer: page("invites", Invite),
  },
  "POST /api/invites": {
    summary: "Invites somebody. The link works once, for seven days.",
    access: { who: "member", role: "admin" },
    body: z.strictObject({ email: Email, role: z.enum(ROLES) }),
    answer: NewInvite,
    refusals: { already_member: 409, not_allowed: 403, too_many_invites: 409 },
  },
  "DELETE /api/invites/:invite": {
    summary: "Makes an invite worth nothing.",
    access: { who: "member", role: "admin" },
    params: InvitePath,
  },
  "POST /api/invites/accept": {
    summary: "Joins the team by an invite's code and signs in.",
    access: { who: "anyone" },
    body: z.strictObject({ code: z.string().min(1).max(100), label: Name }),
    refusals: { invalid_code: 401 },
  },
  "GET /api/account": {
    summary: "Who is signed in, in which teams, and by which sign-ins.",
    access: { who: "member", role: "viewer" },
    answer: z.object({
      member: Member,
      teams: z.array(
        z.object({ id: z.string(), name: z.string(), role: z.enum(ROLES), current: z.boolean() }),
      ),
      signIns: z.array(z.object({ createdAt: Moment, seenAt: Moment, endsAt: Moment, current: z.boolean() })),
      /** How this member signs in. */
      method: z.enum(["local", "clerk"]),
    }),
  },
  "PUT /api/account": {
    summary: "Changes how one is called.",
    access: { who: "member", role: "viewer" },
    body: z.strictObject({ label: Name }),
  },
  "POST /api/account/sign-out-everywhere": {
    summary: "Ends every sign-in of this member, this one too.",
    access: { who: "member", role: "viewer" },
  },
});
