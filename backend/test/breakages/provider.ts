import { breakages } from "./breakage.ts";

const CLERK = "backend/auth/clerk.test.ts";
const WEBHOOKS = "backend/http/webhooks.test.ts";

/** What an identity provider says, or somebody in its name. */
export const provider = [
  ...breakages("backend/auth/clerk-token.ts", CLERK, [
    ["a session token of another algorithm signs in", 'if (header?.alg !== "RS256") return undefined;', ""],
    ["another site's session token signs in", "      authorizedParties,", ""],
    ["another issuer's session token signs in", "      issuer,", ""],
    ["a token that lives for an hour signs in", "nowMs - claims.issuedAt <= MAX_AGE_MS", "true"],
    ["another kind of token signs in", 'headerType: "JWT",', 'headerType: ["JWT", "at+jwt"],'],
    ["whoever acts as somebody else signs in", "act: z.never().optional(),", ""],
    ["a session that is not complete signs in", 'sts: z.literal("active").optional(),', ""],
  ]),
  ...breakages("backend/auth/clerk-webhook.ts", WEBHOOKS, [
    ["anybody's webhook is believed", "await verifyWebhook(request, { signingSecret });", ""],
  ]),
  ...breakages("backend/http/webhooks.ts", WEBHOOKS, [
    [
      "a forged webhook is not in the trail",
      "await noteRefusal(env, organizationIn(parseJson(body)), nowMs);",
      "",
    ],
    ["forged webhooks fill the trail", "if (!allowed) return;", ""],
    [
      "a webhook answers where none is set up",
      'if (secret === undefined) throw new Refusal(404, "not_found");',
      "",
    ],
  ]),
  ...breakages("backend/store/webhooks.ts", WEBHOOKS, [
    [
      "a webhook counts each time that it comes",
      "INSERT INTO webhooks_seen",
      "INSERT OR REPLACE INTO webhooks_seen",
    ],
  ]),
  ...breakages("backend/store/webhooks.ts", CLERK, [
    [
      "a session token signs in twice",
      "INSERT INTO webhooks_seen (id",
      "INSERT OR REPLACE INTO webhooks_seen (id",
    ],
  ]),
  ...breakages("backend/store/organizations.ts", WEBHOOKS, [
    [
      "an older role undoes a newer one",
      '"provider_role <> ?2 AND provider_at <= ?3"',
      '"provider_role <> ?2 AND ?3 > 0"',
    ],
    [
      "who was removed comes back by an old message",
      "AND (removed_at IS NULL OR ?9 = 0 OR max(removed_at, provider_at) >= ?7)",
      "AND (removed_at IS NULL OR ?9 = 0)",
    ],
  ]),
];
