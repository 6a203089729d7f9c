import type { Settings } from "../env.ts";
import { redeemCode } from "../store/sign-ins.ts";
import type { Auth } from "./auth.ts";

/** One-time codes, which come from the computer that the backend runs on, or by mail. */
export function localAuth(db: D1Database, { PEPPER }: Settings): Auth {
  return { signIn: (code, nowMs) => redeemCode(db, code, PEPPER, nowMs) };
}
