import { clerkAuth } from "../auth/clerk.ts";
import { localAuth } from "../auth/local.ts";
import type { signInRoutes } from "../domain/api/sign-in.ts";
import { mailOf } from "../mail/mail.ts";
import { signInMail } from "../mail/texts.ts";
import { type ApiBindings, settingsOf } from "../env.ts";
import { localMembersOf } from "../store/members.ts";
import { createCode, endSignIn } from "../store/sign-ins.ts";
import { PER_MAILBOX, takeAllowance } from "./allowance.ts";
import { readSessionCookie, removeSessionCookie, setSessionCookie } from "./cookie.ts";
import { networkOf } from "./enrol-allowance.ts";
import { logFailure } from "./failure.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";

/** For one network address, whatever it asks for. */
const PER_NETWORK = { eventsPerMinute: 10, burst: 10 };

export const signIn: Handlers<typeof signInRoutes> = {
  "POST /api/sign-in": async ({ c, db, settings, body, nowMs }) => {
    const secret = await localAuth(db, settings).signIn(body.code, nowMs);
    if (secret === undefined) throw new Refusal(401, "invalid_code");
    setSessionCookie(c, secret);
  },
  "GET /api/sign-in": async ({ db, settings }) => ({
    mail: mailOf(settings) !== undefined,
    clerk: clerkAuth(db, settings) !== undefined,
  }),
  "POST /api/sign-in/link": async ({ c, settings, body, nowMs }) => {
    if (mailOf(settings) === undefined) throw new Refusal(404, "not_found");
    const verdict = await takeAllowance(
      c.env,
      `network ${networkOf(c.req.header("cf-connecting-ip") ?? "")}`,
      PER_NETWORK,
    );
    if (!verdict.allowed) {
      throw new Refusal(429, "rate_limited", { "retry-after": String(verdict.retryAfterS) });
    }
    // Behind the answer, so that neither it nor its time tells whether somebody has this address.
    c.executionCtx.waitUntil(sendLinks(c.env, body.email, nowMs));
  },
  "POST /api/sign-in/clerk": async ({ c, db, settings, body, nowMs }) => {
    const auth = clerkAuth(db, settings);
    if (auth === undefined) throw new Refusal(404, "not_found");
    const secret = await auth.signIn(body.token, nowMs);
    if (secret === undefined) throw new Refusal(401, "invalid_token");
    setSessionCookie(c, secret);
  },
  "POST /api/sign-out": async ({ c, db, settings }) => {
    const secret = readSessionCookie(c);
    if (secret !== undefined) await endSignIn(db, secret, settings.PEPPER);
    removeSessionCookie(c);
  },
};

async function sendLinks(env: ApiBindings, email: string, nowMs: number): Promise<void> {
  try {
    const settings = settingsOf(env);
    const sender = mailOf(settings);
    const { allowed } = await takeAllowance(env, `mailbox ${email}`, PER_MAILBOX);
    if (sender === undefined || !allowed) return;
    const members = await localMembersOf(env.DB, email);
    if (members.length === 0) return;
    const links = await Promise.all(
      members.map(async ({ member, team }) => {
        const code = await createCode(env.DB, member, settings.PEPPER, nowMs);
        return { team, link: `${sender.origin}/sign-in#${code}` };
      }),
    );
    await sender.mail.send({ ...signInMail(email, links), key: `sign-in:${crypto.randomUUID()}` });
  } catch (error) {
    logFailure("links to sign in could not be sent", error);
  }
}
