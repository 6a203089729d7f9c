import { breakages } from "./breakage.ts";

const MACHINES = "backend/http/agent-machine.test.ts";
const ENROL = "backend/http/enrol.test.ts";

/** Tokens of machines, and what they are exchanged for. */
export const tokens = [
  ...breakages("backend/store/tokens.ts", MACHINES, [
    ["an agent token that was replaced a day ago is good", "k.expires_at > ?2)", "?2 > 0)"],
    [
      "the machine of a revoked installation goes on",
      "coalesce(k.revoked_at, a.revoked_at) revoked_at",
      "NULL revoked_at",
    ],
    ["a deleted team's machine goes on", " AND t.deleted_at IS NULL", ""],
    [
      "the token before stays good beside the one in use",
      "AND created_at <= ?3",
      "AND created_at <= ?3 - 9e15",
    ],
    [
      "a token that is replaced never ends",
      "expires_at = coalesce(expires_at, ?2)",
      "expires_at = expires_at + 0 * ?2",
    ],
    [
      "of two who replace a token at once both have a good one",
      '"DELETE FROM agent_tokens WHERE agent = ?1 AND used_at IS NULL"',
      '"DELETE FROM agent_tokens WHERE agent = ?1 AND used_at < 0"',
    ],
  ]),
  ...breakages("backend/http/bearer.ts", MACHINES, [
    ["a revoked token is a token", 'if (sender.revoked) throw new Refusal(403, "revoked_token");', ""],
  ]),
  ...breakages("backend/http/logs.ts", "backend/http/logs.test.ts", [
    ["who was told to wait is read all the same", "if (leftS === undefined) return;", "return;"],
  ]),
  ...breakages("backend/http/agent-machine.ts", MACHINES, [
    ["tokens are replaced without end", "await allowRotation(c.env, actor);", ""],
    [
      "a person's later machine erases what the first one sent",
      'if (!(await mayErase(db, actor))) throw new Refusal(409, "not_first_machine");',
      "",
    ],
  ]),
  ...breakages("backend/store/enrolment-tokens.ts", ENROL, [
    [
      "a revoked enrolment token is open",
      "WHEN revoked_at IS NOT NULL THEN 'revoked'",
      "WHEN 0 THEN 'revoked'",
    ],
    [
      "an expired enrolment token is open",
      "WHEN expires_at <= ?2 THEN 'expired'",
      "WHEN ?2 < 0 THEN 'expired'",
    ],
    ["a used-up enrolment token is open", "WHEN uses >= max_uses THEN 'used_up'", "WHEN 0 THEN 'used_up'"],
    ["of two who come at once for the last use both are let in", 'uses < max_uses"', 'uses >= 0"'],
    ["a deleted team's enrolment token is open", " AND t.deleted_at IS NULL", ""],
    [
      "a refused token fills the trail",
      "AND (refused_at IS NULL OR refused_at <= ?4 OR refused_as <> ?3)",
      "AND ?4 > 0",
    ],
  ]),
  ...breakages("backend/store/enrolments.ts", ENROL, [
    [
      "a person's developer is another team's",
      "WHERE d.team = ?3 AND ${person.is} AND changes() > 0",
      "WHERE ?3 > 0 AND ${person.is} AND changes() > 0",
    ],
  ]),
  ...breakages("backend/http/enrol.ts", ENROL, [
    [
      "a refused enrolment is not in the trail",
      "const noted = noteRefusal(db, now, nowMs)",
      "const noted = Promise.resolve()",
    ],
    [
      "an address guesses tokens without end",
      'await allowAddress(c.env, c.req.header("cf-connecting-ip"), settings.PEPPER);',
      "",
    ],
    ["a token enrols machines without end", "await allowToken(c.env, token);", ""],
    [
      "a token for many enrols a machine of nobody",
      'if (token.startsWith("teb_") && grouping === undefined) throw new Refusal(400, "invalid_body");',
      "",
    ],
    ["the salt leaves a server that is not to have it", 'team.saltPolicy === "server"', "true"],
  ]),
  ...breakages("backend/http/agents.ts", MACHINES, [
    [
      "an enrolment token is made for another team's developer",
      "if (wanted.developer !== undefined && !(await isDeveloper(db, actor.team, wanted.developer))) {",
      "if (false) {",
    ],
    ["four people's modes are told", "counts.developers < FLOOR ? null : modes", "modes"],
  ]),
  ...breakages("backend/domain/crypto.ts", "backend/http/keys-rotation.test.ts", [
    ["a stolen database alone tests guesses of secrets", "`${secret}\\0${pepper}`", "`${secret}`"],
  ]),
];
