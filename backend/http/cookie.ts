import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { isLoopbackHttp } from "./security.ts";

const NAME = "talos_session";
const MAX_AGE_S = 7 * 86_400;

export function readSessionCookie(c: Context): string | undefined {
  return getCookie(c, NAME);
}

export function setSessionCookie(c: Context, secret: string): void {
  setCookie(c, NAME, secret, {
    httpOnly: true,
    sameSite: "Strict",
    secure: !isLoopbackHttp(new URL(c.req.url)),
    path: "/",
    maxAge: MAX_AGE_S,
  });
}
