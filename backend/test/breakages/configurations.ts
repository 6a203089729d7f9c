import { breakages } from "./breakage.ts";

const POLICY = "collector/enrolment/policy.test.ts";
const CONSENT = "backend/http/consent.test.ts";

/** What machines obey, and what their developers accepted. */
export const configurations = [
  ...breakages("collector/enrolment/signed-config.ts", POLICY, [
    [
      "a configuration by another key is obeyed",
      "key === undefined || !sha256(key).equals(expected.fingerprint)",
      "key === undefined",
    ],
    ["a forged configuration is obeyed", " || !isSigned(payload, signed.key, signature)", ""],
    ["another team's configuration is obeyed", "config.team !== expected.team || ", ""],
    ["another machine's configuration is obeyed", " || config.agent !== expected.agent", ""],
    ["a configuration lives for more than a week", " || expiresAt - issuedAt > LONGEST_LIFE_MS", ""],
    [
      "a configuration from the future is obeyed",
      'if (issuedAt > nowMs + CLOCK_SKEW_MS) return "from_the_future";',
      "",
    ],
    [
      "an expired configuration is taken",
      'return isExpired(expiresAt, nowMs) ? "expired" : undefined;',
      "return undefined;",
    ],
  ]),
  ...breakages("collector/enrolment/policy.ts", POLICY, [
    ["an older configuration is obeyed", 'if (config.version < highest.version) return "older_version";', ""],
    [
      "two configurations have one version",
      "if (config.version > highest.version || contentOf(config) === highest.content) return undefined;",
      "return undefined;",
    ],
    [
      "an older issue takes the place of a newer one",
      "if (before?.version === config.version && config.issuedAt < before.issuedAt) {",
      "if (false) {",
    ],
  ]),
  ...breakages("collector/consent/effective-mode.ts", "collector/consent/effective-mode.test.ts", [
    ["text is read under an expired configuration", "isFresh: team?.expired !== true,", "isFresh: true,"],
    [
      "somebody loosens what another one says",
      "MODES.indexOf(b.mode) < MODES.indexOf(a.mode) ? b : a",
      "MODES.indexOf(b.mode) > MODES.indexOf(a.mode) ? b : a",
    ],
    ["text is read that nobody accepted", 'accepted?.mode ?? "off"', 'accepted?.mode ?? "full"'],
  ]),
  ...breakages("backend/store/team-settings.ts", "backend/http/agent-machine.test.ts", [
    [
      "a restored database gives out versions again",
      '"config_version = max(config_version + 1, ?2)"',
      '"config_version = config_version + 1 + 0 * ?2"',
    ],
  ]),
  ...breakages("backend/store/team-settings.ts", "backend/http/team-settings.test.ts", [
    [
      "a loosening is made over a tightening",
      "WHERE id = ?1 AND config_version = ?4",
      "WHERE id = ?1 AND ?4 > 0",
    ],
  ]),
  ...breakages("backend/domain/consent.ts", CONSENT, [
    [
      "an acceptance that nobody signed counts",
      "if (!(await isSigned(offered.publicKey, payload, signature))) return undefined;",
      "",
    ],
    ["an acceptance for another team counts", "consent.team === offered.team &&", ""],
    ["an acceptance of another machine counts", "consent.agent === offered.agent &&", ""],
    ["an acceptance of another developer counts", "consent.developer === offered.developer;", "true;"],
    ["more is accepted than the team offers", "!isLooser(consent.mode, offered.mode) &&", ""],
    ["another time of keeping counts", "consent.retentionDays === offered.retentionDays &&", ""],
    [
      "an acceptance of another contract counts",
      "consent.contract === (await contractHash(consent.mode));",
      "true;",
    ],
    ["an old acceptance counts", "Math.abs(consent.acceptedAt - nowMs) <= SKEW_MS &&", ""],
    ["an expired acceptance counts", "consent.expiresAt > nowMs &&", ""],
    ["an acceptance lasts for ever", "consent.expiresAt <= consent.acceptedAt + LONGEST_MS;", "true;"],
    ["a policy accepts in its users' name what leaves the machine", "isTimely && mayAccept ?", "isTimely ?"],
    ["text is taken after the acceptance has expired", " || held.expiresAt <= nowMs) return", ") return"],
    [
      "text is taken though it is kept for longer than was accepted",
      'if (isLonger(team.retentionDays, held.retentionDays)) return "off";',
      "",
    ],
    [
      "text is taken under a contract that was not shown",
      'if (held.contract !== (await contractHash(held.mode))) return "off";',
      "",
    ],
    [
      "more is taken than the team allows now",
      "return strictest(team.mode, held.mode);",
      "return held.mode;",
    ],
  ]),
  ...breakages("backend/store/consents.ts", CONSENT, [
    ["an acceptance counts twice", "if (used.meta.changes === 0) return false;", ""],
    [
      "who accepted is in the trail",
      '{ actor: SOMEBODY, action: "consent.accept" }',
      '{ actor: auditActor(actor), action: "consent.accept" }',
    ],
  ]),
  ...breakages("backend/store/consents.ts", "backend/test/hostile-beside.test.ts", [
    [
      "another machine's number will do",
      "AND agent = ?2 AND expires_at > ?3",
      "AND ?2 > 0 AND expires_at > ?3",
    ],
  ]),
];
