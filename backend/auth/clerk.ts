import type { Settings } from "../env.ts";
import { memberForSignIn } from "../store/organizations.ts";
import { createSignIn } from "../store/sign-ins.ts";
import { handleOnce, spendOnce } from "../store/webhooks.ts";
import type { Auth } from "./auth.ts";
import { type ClerkSettings, verifyClerkToken } from "./clerk-token.ts";

/** Session tokens of Clerk, for the team that is the token's organization. Undefined where Clerk is not set up. */
export function clerkAuth(db: D1Database, settings: Settings): Auth | undefined {
  const clerk = clerkSettings(settings);
  if (clerk === undefined) return undefined;
  return {
    async signIn(token, nowMs) {
      const claims = await verifyClerkToken(token, clerk, nowMs);
      if (claims === undefined) return undefined;
      const actor = await memberForSignIn(db, claims, nowMs);
      if (actor === undefined) return undefined;
      const { session } = claims;
      // Not the token's text: its signature can be spelt in several ways.
      const spend = spendOnce(db, `token ${session} ${claims.issuedAt}`, nowMs);
      return handleOnce(() =>
        createSignIn(db, { actor, method: "clerk", session, spend }, settings.PEPPER, nowMs),
      );
    },
  };
}

function clerkSettings(settings: Settings): ClerkSettings | undefined {
  const { CLERK_JWT_KEY: jwtKey, CLERK_ISSUER: issuer, CLERK_AUTHORIZED_PARTIES: parties } = settings;
  if (jwtKey === undefined || issuer === undefined || parties === undefined) return undefined;
  return { jwtKey, issuer, authorizedParties: parties };
}
