import { Hono } from "hono";
import * as z from "zod";
import { settingsOf } from "../env.ts";
import { createSession, endSession, redeemCode } from "../store/viewers.ts";
import type { ApiEnv } from "./context.ts";
import { readSessionCookie, removeSessionCookie, setSessionCookie } from "./cookie.ts";
import { Refusal } from "./refusal.ts";
import { json } from "./validate.ts";

const SignInBody = z.strictObject({ code: z.string().min(1).max(100) });

export const signIn = new Hono<ApiEnv>().post("/", json(SignInBody), async (c) => {
  const { PEPPER } = settingsOf(c.env);
  const viewer = await redeemCode(c.env.DB, c.req.valid("json").code, PEPPER, Date.now());
  if (viewer === undefined) throw new Refusal(401, "invalid_code");
  setSessionCookie(c, await createSession(c.env.DB, viewer, PEPPER, Date.now()));
  return c.body(null, 204);
});

/** Ends the sign-in on the server too, so that a copy of the cookie is worth nothing. */
export const signOut = new Hono<ApiEnv>().post("/", async (c) => {
  const secret = readSessionCookie(c);
  if (secret !== undefined) await endSession(c.env.DB, secret, settingsOf(c.env).PEPPER);
  removeSessionCookie(c);
  return c.body(null, 204);
});
