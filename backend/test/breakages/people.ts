import { breakages } from "./breakage.ts";

const API = "backend/http/api.test.ts";
const INVITES = "backend/http/invites.test.ts";
const KEYS = "backend/http/keys.test.ts";
const MEMBERS = "backend/http/members.test.ts";
const SETTINGS = "backend/http/team-settings.test.ts";
const SIGN_INS = "backend/http/sign-ins.test.ts";

/** Sign-ins, invites, keys and roles. */
export const people = [
  ...breakages("backend/store/signed-in.ts", SIGN_INS, [
    ["a sign-in that nobody used for a week is good", "s.idle_at > ?2", "?2 > 0"],
    ["a sign-in lasts for ever while it is used", " AND s.ends_at > ?2", ""],
    ["a copied cookie is good", "if (row.void_at !== null && row.void_at <= nowMs) {", "if (false) {"],
    ["a copied cookie ends nothing", "await endCopied(db, toActor(row), row.family, nowMs);", ""],
  ]),
  ...breakages("backend/store/sign-ins.ts", API, [
    [
      "a code from yesterday signs in",
      "DELETE FROM sign_in_codes WHERE hash = unhex(?1) AND expires_at > ?2",
      "DELETE FROM sign_in_codes WHERE hash = unhex(?1) AND ?2 > 0",
    ],
    ["of two who bring a code at once both are signed in", '"AND changes() > 0" : ""', '"" : ""'],
    [
      "signing out leaves copies of the cookie good",
      "if (family !== undefined) await endFamily(db, family).run();",
      "",
    ],
  ]),
  ...breakages("backend/store/members.ts", MEMBERS, [
    [
      "a removed member is signed in",
      '"m.removed_at IS NULL AND t.deleted_at IS NULL"',
      '"t.deleted_at IS NULL"',
    ],
    [
      "a deleted team's member is signed in",
      '"m.removed_at IS NULL AND t.deleted_at IS NULL",',
      '"m.removed_at IS NULL",',
    ],
    [
      "an administrator unmakes an owner",
      "AND (a.role = 'owner' OR (a.role = 'admin' AND m.role <> 'owner' AND ?3 <> 'owner')))",
      "AND ?3 <> '')",
    ],
    [
      "a team is left without an owner",
      "OR (SELECT count(*) FROM members o WHERE o.team = ?1 AND o.role = 'owner' AND o.removed_at IS NULL) > 1)",
      "OR 1)",
    ],
    [
      "who lost their role at that moment still gives roles",
      "WHERE a.team = ?1 AND a.id = ?4 AND a.removed_at IS NULL",
      "WHERE a.team = ?1 AND ?4 > 0",
    ],
  ]),
  ...breakages("backend/store/invites.ts", INVITES, [
    [
      "a revoked invite lets in",
      "i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at >",
      "i.accepted_at IS NULL AND i.expires_at >",
    ],
    ["a used invite lets in", '"i.accepted_at IS NULL AND i.revoked_at IS NULL', '"i.revoked_at IS NULL'],
    ["an invite lets in after seven days", 'i.expires_at >"', '0 <"'],
    [
      "an administrator invites an owner",
      " AND (a.role = 'owner' OR (a.role = 'admin' AND ?5 <> 'owner'))",
      "",
    ],
  ]),
  ...breakages("backend/store/api-keys.ts", KEYS, [
    ["a revoked API key reads", "AND k.revoked_at IS NULL AND k.expires_at > ?2", "AND k.expires_at > ?2"],
    ["an expired API key reads", "AND k.expires_at > ?2", "AND ?2 > 0"],
  ]),
  ...breakages("backend/http/actor.ts", KEYS, [
    ["an API key reads beyond its scopes", "!actor.scopes.includes(scope)", "false"],
  ]),
  ...breakages("backend/http/actor.ts", "backend/test/access.test.ts", [
    [
      "a role does what a higher one may",
      'if (!isAtLeast(member.role, access.role)) throw new Refusal(403, "not_allowed");',
      "",
    ],
  ]),
  ...breakages("backend/http/rate.ts", KEYS, [
    [
      "nobody is told to wait",
      'if (!allowed) throw new Refusal(429, "rate_limited", { "retry-after": String(retryAfterS) });',
      "",
    ],
  ]),
  ...breakages("backend/http/context.ts", API, [
    [
      "another site's page writes",
      'if (!SAFE.has(c.req.method) && !isSameOrigin(c)) throw new Refusal(403, "cross_origin");',
      "",
    ],
  ]),
  ...breakages("backend/http/cookie.ts", API, [
    ["a script reads the cookie", "httpOnly: true", "httpOnly: false"],
    ["another site's page sends the cookie", 'sameSite: "Strict"', 'sameSite: "None"'],
    ["another host of the domain plants a cookie", '"__Host-talos_session"', '"talos_session"'],
  ]),
  ...breakages("backend/http/local.ts", API, [
    ["anybody sets up teams", 'if (!sameDigest(a, b)) throw new Refusal(401, "unknown_secret");', ""],
    [
      "set-up routes exist where nothing is set up",
      'if (secret === undefined) throw new Refusal(404, "not_found");',
      "",
    ],
  ]),
  ...breakages("backend/http/team-settings.ts", SETTINGS, [
    [
      "an administrator loosens the privacy mode",
      'if (!isAtLeast(actor.role, "owner")) throw new Refusal(403, "not_allowed");',
      "",
    ],
    [
      "the privacy mode is loosened by mistake",
      'if (body.confirm !== body.mode) throw new Refusal(409, "confirmation_missing");',
      "",
    ],
  ]),
  ...breakages("backend/store/labels.ts", SETTINGS, [
    [
      "real names are shown where pseudonyms are",
      "WHEN t.visibility = 'names' AND d.real_name",
      "WHEN d.real_name",
    ],
  ]),
];
