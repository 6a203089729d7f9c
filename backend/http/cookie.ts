import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { isLoopbackHttp } from "./security.ts";

/** Over TLS the prefix keeps other hosts of the domain from setting it: a planted cookie would sign in to another team. */
function nameFor(c: Context): string {
  return isLocal(c) ? "talos_session" : "__Host-talos_session";
}

function isLocal(c: Context): boolean {
  return isLoopbackHttp(new URL(c.req.url));
}

const MAX_AGE_S = 7 * 86_400;

export function readSessionCookie(c: Context): string | undefined {
  return getCookie(c, nameFor(c));
}

export function setSessionCookie(c: Context, secret: string): void {
  put(c, secret, MAX_AGE_S);
}

export function removeSessionCookie(c: Context): void {
  put(c, "", 0);
}

function put(c: Context, value: string, maxAge: number): void {
  setCookie(c, nameFor(c), value, {
    httpOnly: true,
    sameSite: "Strict",
    secure: !isLocal(c),
    path: "/",
    maxAge,
  });
}
