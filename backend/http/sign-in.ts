import type { signInRoutes } from "../domain/api/sign-in.ts";
import { createSignIn, endSignIn, redeemCode } from "../store/sign-ins.ts";
import { readSessionCookie, removeSessionCookie, setSessionCookie } from "./cookie.ts";
import { Refusal } from "./refusal.ts";
import type { Handlers } from "./route-table.ts";

export const signIn: Handlers<typeof signInRoutes> = {
  "POST /api/sign-in": async ({ c, db, settings, body, nowMs }) => {
    const member = await redeemCode(db, body.code, settings.PEPPER, nowMs);
    if (member === undefined) throw new Refusal(401, "invalid_code");
    setSessionCookie(c, await createSignIn(db, member, settings.PEPPER, nowMs));
  },
  "POST /api/sign-out": async ({ c, db, settings }) => {
    const secret = readSessionCookie(c);
    if (secret !== undefined) await endSignIn(db, secret, settings.PEPPER);
    removeSessionCookie(c);
  },
};
