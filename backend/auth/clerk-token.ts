import { decodeJwt, verifyJwt } from "@clerk/backend/jwt";
import * as z from "zod";

/** Clocks differ. */
const SKEW_MS = 5_000;
/**
 * Session tokens live a minute. An older one was made from a template for somebody else, signed by the same key.
 */
const MAX_AGE_MS = 5 * 60_000;

export interface ClerkSettings {
  jwtKey: string;
  issuer: string;
  authorizedParties: string[];
}

/** What a session token says. */
export interface ClerkClaims {
  /** Of the person. */
  subject: string;
  session: string;
  organization: string;
  /** Milliseconds since the Unix epoch, UTC. */
  issuedAt: number;
}

const Id = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\x21-\x7e]+$/);

/** The organization is `o.id` in tokens of version 2, `org_id` before. */
const Claims = z
  .object({
    sub: Id,
    sid: Id,
    iat: z.number(),
    exp: z.number(),
    o: z.object({ id: Id }).optional(),
    org_id: Id.optional(),
    /** Not "active" while the person still has something to do, such as to choose an organization. */
    sts: z.literal("active").optional(),
    /** Somebody else acts as this person: the trail would name the wrong one. */
    act: z.never().optional(),
  })
  .transform((claims, ctx): ClerkClaims => {
    const organization = claims.o?.id ?? claims.org_id;
    if (organization !== undefined) {
      return { subject: claims.sub, session: claims.sid, organization, issuedAt: claims.iat * 1000 };
    }
    ctx.addIssue("no organization");
    return z.NEVER;
  });

/** Checked without the network. Undefined for a token that is not ours to believe, whatever the reason. */
export async function verifyClerkToken(
  token: string,
  { jwtKey, issuer, authorizedParties }: ClerkSettings,
  nowMs: number,
): Promise<ClerkClaims | undefined> {
  // Clerk's tokens are RS256 and name their type.
  const header = headerOf(token);
  if (header?.alg !== "RS256") return undefined;
  try {
    const payload: unknown = await verifyJwt(token, {
      key: jwtKey,
      issuer,
      authorizedParties,
      clockSkewInMs: SKEW_MS,
      headerType: "JWT",
    });
    const claims = Claims.safeParse(payload).data;
    return claims !== undefined && nowMs - claims.issuedAt <= MAX_AGE_MS ? claims : undefined;
  } catch {
    return undefined;
  }
}

function headerOf(token: string): { alg: unknown } | undefined {
  try {
    return z.object({ alg: z.unknown() }).safeParse(decodeJwt(token).header).data;
  } catch {
    return undefined;
  }
}
