import { breakages } from "./breakage.ts";

const HOSTILE = "backend/test/hostile.test.ts";

/** What keeps one team's things from another. */
export const teams = [
  ...breakages("backend/store/agents.ts", HOSTILE, [
    [
      "another team's machine is revoked",
      "${FORGOTTEN} WHERE team = ?1 AND public_id = ?2 AND revoked_at IS NULL",
      "${FORGOTTEN} WHERE ?1 > 0 AND public_id = ?2 AND revoked_at IS NULL",
    ],
    [
      "another team's machine is answered otherwise than an unknown one",
      '"SELECT 1 FROM agents WHERE team = ?1 AND public_id = ?2"',
      '"SELECT 1 FROM agents WHERE ?1 > 0 AND public_id = ?2"',
    ],
    ["another team's machines are listed", "WHERE a.team = ?1 AND a.id <", "WHERE ?1 > 0 AND a.id <"],
    [
      "a list goes on behind another team's machine",
      "(SELECT id FROM agents WHERE team = ?1 AND public_id = ?2)",
      "(SELECT id FROM agents WHERE public_id = ?2)",
    ],
    [
      "another team's modes are counted",
      '"FROM agents WHERE team = ?1 AND revoked_at',
      '"FROM agents WHERE ?1 > 0 AND revoked_at',
    ],
  ]),
  ...breakages("backend/store/enrolment-tokens.ts", HOSTILE, [
    [
      "another team's enrolment token is revoked",
      "WHERE team = ?1 AND public_id = ?2 AND revoked_at IS NULL",
      "WHERE ?1 > 0 AND public_id = ?2 AND revoked_at IS NULL",
    ],
    [
      "another team's enrolment token is answered otherwise than an unknown one",
      '"SELECT 1 FROM enrolment_tokens WHERE team = ?1 AND public_id = ?2"',
      '"SELECT 1 FROM enrolment_tokens WHERE ?1 > 0 AND public_id = ?2"',
    ],
    [
      "another team's enrolment tokens are listed",
      "LEFT JOIN developers d ON d.id = e.developer WHERE e.team = ?1",
      "LEFT JOIN developers d ON d.id = e.developer WHERE ?1 > 0",
    ],
    [
      "a list goes on behind another team's enrolment token",
      "(SELECT id FROM enrolment_tokens WHERE team = ?1 AND public_id = ?3)",
      "(SELECT id FROM enrolment_tokens WHERE public_id = ?3)",
    ],
  ]),
  ...breakages("backend/store/developers.ts", HOSTILE, [
    [
      "another team's developers are listed",
      "WHERE d.team = ?1 AND d.id > coalesce(",
      "WHERE ?1 > 0 AND d.id > coalesce(",
    ],
    [
      "a list goes on behind another team's developer",
      "(SELECT id FROM developers WHERE team = ?1 AND public_id = ?2), ?3)",
      "(SELECT id FROM developers WHERE public_id = ?2), ?3)",
    ],
  ]),
  ...breakages("backend/store/members.ts", HOSTILE, [
    [
      "another team's member is removed",
      "`m.team = ?1 AND m.public_id = ?2 AND m.removed_at IS NULL",
      "`m.public_id = ?2 AND m.removed_at IS NULL",
    ],
    [
      "another team's member is answered otherwise than an unknown one",
      "subject FROM members WHERE team = ?1 AND public_id = ?2",
      "subject FROM members WHERE ?1 > 0 AND public_id = ?2",
    ],
    [
      "another team's members are listed",
      "FROM members m WHERE team = ?1 AND removed_at IS NULL",
      "FROM members m WHERE ?1 > 0 AND removed_at IS NULL",
    ],
    [
      "a list goes on behind another team's member",
      "(SELECT id FROM members WHERE public_id = ?2 AND team = ?1)",
      "(SELECT id FROM members WHERE public_id = ?2)",
    ],
  ]),
  ...breakages("backend/store/invites.ts", HOSTILE, [
    [
      "another team's invite is revoked",
      "WHERE i.team = ?1 AND i.public_id = ?2 AND",
      "WHERE ?1 > 0 AND i.public_id = ?2 AND",
    ],
    [
      "another team's invite is answered otherwise than an unknown one",
      '"SELECT 1 FROM invites WHERE team = ?1 AND public_id = ?2"',
      '"SELECT 1 FROM invites WHERE ?1 > 0 AND public_id = ?2"',
    ],
    [
      "a list goes on behind another team's invite",
      "(SELECT id FROM invites WHERE public_id = ?3 AND team = ?1)",
      "(SELECT id FROM invites WHERE public_id = ?3)",
    ],
  ]),
  ...breakages("backend/store/groups.ts", HOSTILE, [
    [
      "another team's group is deleted",
      '"DELETE FROM groups WHERE team = ?1 AND public_id = ?2"',
      '"DELETE FROM groups WHERE ?1 > 0 AND public_id = ?2"',
    ],
    ["another team's groups are listed", "FROM groups g WHERE g.team = ?1", "FROM groups g WHERE ?1 > 0"],
    [
      "another team's developer is known in a file of groups",
      '"SELECT public_id id FROM developers WHERE team = ?1 AND',
      '"SELECT public_id id FROM developers WHERE ?1 > 0 AND',
    ],
  ]),
  ...breakages("backend/store/api-keys.ts", HOSTILE, [
    [
      "another team's API key is revoked",
      "WHERE team = ?1 AND public_id = ?2 AND revoked_at IS NULL",
      "WHERE ?1 > 0 AND public_id = ?2 AND revoked_at IS NULL",
    ],
    [
      "another team's API keys are listed",
      "m.id = k.created_by WHERE k.team = ?1",
      "m.id = k.created_by WHERE ?1 > 0",
    ],
    [
      "a list goes on behind another team's API key",
      "(SELECT id FROM api_keys WHERE team = ?1 AND public_id = ?2)",
      "(SELECT id FROM api_keys WHERE public_id = ?2)",
    ],
    ["a deleted team's API key reads", " AND t.deleted_at IS NULL", ""],
  ]),
  ...breakages("backend/store/labels.ts", HOSTILE, [
    [
      "another team's developer is renamed",
      "SET label = ?3 WHERE team = ?1 AND public_id = ?2",
      "SET label = ?3 WHERE ?1 > 0 AND public_id = ?2",
    ],
    [
      "another team's developer is answered otherwise than an unknown one",
      '"SELECT 1 FROM developers WHERE team = ?1 AND public_id = ?2"',
      '"SELECT 1 FROM developers WHERE ?1 > 0 AND public_id = ?2"',
    ],
    [
      "another team's name of a project is removed",
      '"DELETE FROM project_labels WHERE team = ?1 AND',
      '"DELETE FROM project_labels WHERE ?1 > 0 AND',
    ],
  ]),
  ...breakages("backend/store/audit-trail.ts", HOSTILE, [
    ["another team's trail is read", "WHERE team = ?1 AND seq < ?2 AND", "WHERE ?1 > 0 AND seq < ?2 AND"],
    ["another team's trail is exported", "WHERE team = ?1 AND seq > ?2", "WHERE ?1 > 0 AND seq > ?2"],
  ]),
  ...breakages("backend/store/exports.ts", HOSTILE, [
    ["another team's usage is exported", "WHERE r.team = ?1 AND r.day = ?2", "WHERE ?1 > 0 AND r.day = ?2"],
  ]),
  ...breakages("backend/store/reports.ts", HOSTILE, [
    ["another team's usage is reported", '"team = ?1 AND day BETWEEN', '"?1 > 0 AND day BETWEEN'],
  ]),
  ...breakages("backend/store/sessions.ts", HOSTILE, [
    [
      "another team's sessions are listed",
      "WHERE team = ?1 AND started_at < ?3",
      "WHERE ?1 > 0 AND started_at < ?3",
    ],
  ]),
  ...breakages("backend/store/labels.ts", "backend/test/hostile-beside.test.ts", [
    [
      "another team's names of projects are read",
      "label FROM project_labels WHERE team = ?1",
      "label FROM project_labels WHERE ?1 > 0",
    ],
  ]),
];
