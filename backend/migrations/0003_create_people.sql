-- Teams, people and machines: who may do what, and the trail of it. Public ids are random: no id tells of another.

ALTER TABLE teams ADD COLUMN public_id      TEXT    NOT NULL DEFAULT '';
ALTER TABLE teams ADD COLUMN visibility     TEXT    NOT NULL DEFAULT 'pseudonyms'; -- or 'names': what members see of developers
ALTER TABLE teams ADD COLUMN retention_days INTEGER NOT NULL DEFAULT 90;           -- of content and categories; 0 keeps them for ever
ALTER TABLE teams ADD COLUMN salt_policy    TEXT    NOT NULL DEFAULT 'server';     -- or 'managed': the server never has the salt that is used
ALTER TABLE teams ADD COLUMN features       TEXT    NOT NULL DEFAULT '{}';         -- JSON: what the signed configuration turns on
ALTER TABLE teams ADD COLUMN config_version INTEGER NOT NULL DEFAULT 1;            -- of the signed configuration: at least the milliseconds of its last change
ALTER TABLE teams ADD COLUMN signing_key    BLOB    NOT NULL DEFAULT x'';          -- sealed Ed25519 private key, PKCS #8
ALTER TABLE teams ADD COLUMN verifying_key  BLOB    NOT NULL DEFAULT x'';          -- its 32-byte public key
ALTER TABLE teams ADD COLUMN grouping_key   BLOB    NOT NULL DEFAULT x'';          -- sealed; bulk tokens carry it, so that one person's machines are one developer
ALTER TABLE teams ADD COLUMN clerk_org      TEXT    NOT NULL DEFAULT '';           -- the organization whose members are this team's
ALTER TABLE teams ADD COLUMN deleted_at     INTEGER;                               -- milliseconds since the Unix epoch, UTC
UPDATE teams SET public_id = 'tm_' || lower(hex(randomblob(12)));
CREATE UNIQUE INDEX teams_by_public_id ON teams (public_id);
CREATE UNIQUE INDEX teams_by_clerk_org ON teams (clerk_org) WHERE clerk_org <> '';

-- `name` is a pseudonym for everybody who was enrolled by a token; `real_name` is shown only where the team says so.
ALTER TABLE developers ADD COLUMN public_id TEXT NOT NULL DEFAULT '';
ALTER TABLE developers ADD COLUMN real_name TEXT NOT NULL DEFAULT '';
ALTER TABLE developers ADD COLUMN grouping  BLOB NOT NULL DEFAULT x'';             -- HMAC(grouping key, login), made on the machine
UPDATE developers SET public_id = 'dev_' || lower(hex(randomblob(12)));
CREATE UNIQUE INDEX developers_by_public_id ON developers (public_id);
-- Serves bulk enrolment.
CREATE UNIQUE INDEX developers_by_grouping ON developers (team, grouping) WHERE grouping <> x'';

-- One installation on one machine.
CREATE TABLE agents (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id     TEXT    NOT NULL UNIQUE,
  team          INTEGER NOT NULL REFERENCES teams (id),
  developer     INTEGER NOT NULL REFERENCES developers (id),
  public_key    BLOB    NOT NULL DEFAULT x'',         -- Ed25519, 32 bytes; empty when enrolled locally
  version       TEXT    NOT NULL DEFAULT '',
  policy_source TEXT    NOT NULL DEFAULT '',          -- closed list
  mode          TEXT    NOT NULL DEFAULT '',          -- in force on the machine; shown only as counts
  counters      TEXT    NOT NULL DEFAULT '{}',        -- JSON by the names of the contract
  created_at    INTEGER NOT NULL,                     -- milliseconds since the Unix epoch, UTC, like all that follow
  seen_at       INTEGER,
  revoked_at    INTEGER
) STRICT;
CREATE INDEX agents_by_team ON agents (team, id);

ALTER TABLE agent_tokens ADD COLUMN agent      INTEGER REFERENCES agents (id);
ALTER TABLE agent_tokens ADD COLUMN expires_at INTEGER;                            -- of a token that was rotated away
ALTER TABLE agent_tokens ADD COLUMN pepper     TEXT NOT NULL DEFAULT '';           -- id of the pepper that hashed it
INSERT INTO agents (public_id, team, developer, created_at)
  SELECT lower(hex(hash)), team, developer, created_at FROM agent_tokens;
UPDATE agent_tokens SET agent = (SELECT id FROM agents a WHERE a.public_id = lower(hex(agent_tokens.hash)));
UPDATE agents SET public_id = 'agt_' || lower(hex(randomblob(12)));
CREATE INDEX agent_tokens_by_agent ON agent_tokens (agent);

-- People who look. A member signs in; a developer is looked at. One person may be both.
CREATE TABLE members (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id  TEXT    NOT NULL UNIQUE,
  team       INTEGER NOT NULL REFERENCES teams (id),
  subject    TEXT    NOT NULL DEFAULT '',             -- the identity provider's id of the person; '' for local members
  email      TEXT    NOT NULL DEFAULT '',
  label      TEXT    NOT NULL,
  role       TEXT    NOT NULL,                        -- owner, admin, manager or viewer
  created_at INTEGER NOT NULL,                        -- milliseconds since the Unix epoch, UTC
  removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX members_by_subject ON members (team, subject) WHERE subject <> '' AND removed_at IS NULL;
CREATE UNIQUE INDEX members_by_email ON members (team, email) WHERE email <> '' AND removed_at IS NULL;
CREATE INDEX members_by_person ON members (subject) WHERE subject <> '';

DROP TABLE viewers;
DROP TABLE sign_in_codes;

-- Serves every /api request: the cookie's hash finds the member.
CREATE TABLE sign_ins (
  hash       BLOB    PRIMARY KEY,
  member     INTEGER NOT NULL REFERENCES members (id),
  pepper     TEXT    NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,                        -- milliseconds since the Unix epoch, UTC, like all that follow
  seen_at    INTEGER NOT NULL,
  idle_at    INTEGER NOT NULL,                        -- over then, unless used before
  ends_at    INTEGER NOT NULL                         -- over then, however much it is used
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_ins_by_member ON sign_ins (member);

-- Serves POST /api/sign-in. Deleted when used.
CREATE TABLE sign_in_codes (
  hash       BLOB    PRIMARY KEY,
  member     INTEGER NOT NULL REFERENCES members (id),
  pepper     TEXT    NOT NULL DEFAULT '',
  expires_at INTEGER NOT NULL                         -- milliseconds since the Unix epoch, UTC
) STRICT, WITHOUT ROWID;

CREATE TABLE invites (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id   TEXT    NOT NULL UNIQUE,
  team        INTEGER NOT NULL REFERENCES teams (id),
  hash        BLOB    NOT NULL UNIQUE,
  pepper      TEXT    NOT NULL DEFAULT '',
  email       TEXT    NOT NULL,
  role        TEXT    NOT NULL,
  invited_by  INTEGER NOT NULL REFERENCES members (id),
  created_at  INTEGER NOT NULL,                       -- milliseconds since the Unix epoch, UTC, like all that follow
  expires_at  INTEGER NOT NULL,
  accepted_at INTEGER,
  revoked_at  INTEGER
) STRICT;
CREATE INDEX invites_by_team ON invites (team, id);

-- Exchanged once for an agent token: by one person, or by many machines until it is used up.
CREATE TABLE enrolment_tokens (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id  TEXT    NOT NULL UNIQUE,
  team       INTEGER NOT NULL REFERENCES teams (id),
  hash       BLOB    NOT NULL UNIQUE,
  pepper     TEXT    NOT NULL DEFAULT '',
  kind       TEXT    NOT NULL,                        -- person or bulk
  label      TEXT    NOT NULL DEFAULT '',
  developer  INTEGER REFERENCES developers (id),      -- of a token for one person
  uses       INTEGER NOT NULL DEFAULT 0,
  max_uses   INTEGER NOT NULL,
  created_by INTEGER NOT NULL REFERENCES members (id),
  created_at INTEGER NOT NULL,                        -- milliseconds since the Unix epoch, UTC, like all that follow
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
CREATE INDEX enrolment_tokens_by_team ON enrolment_tokens (team, id);

CREATE TABLE groups (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id  TEXT    NOT NULL UNIQUE,
  team       INTEGER NOT NULL REFERENCES teams (id),
  name       TEXT    NOT NULL,
  source     TEXT    NOT NULL,                        -- managed, clerk or csv
  created_at INTEGER NOT NULL,                        -- milliseconds since the Unix epoch, UTC
  UNIQUE (team, name)
) STRICT;

CREATE TABLE group_developers (
  "group"   INTEGER NOT NULL REFERENCES groups (id),
  developer INTEGER NOT NULL REFERENCES developers (id),
  PRIMARY KEY ("group", developer)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_developers_by_developer ON group_developers (developer);

CREATE TABLE api_keys (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id  TEXT    NOT NULL UNIQUE,
  team       INTEGER NOT NULL REFERENCES teams (id),
  hash       BLOB    NOT NULL UNIQUE,
  pepper     TEXT    NOT NULL DEFAULT '',
  label      TEXT    NOT NULL,
  scopes     TEXT    NOT NULL,                        -- JSON list
  created_by INTEGER NOT NULL REFERENCES members (id),
  created_at INTEGER NOT NULL,                        -- milliseconds since the Unix epoch, UTC, like all that follow
  used_at    INTEGER,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
CREATE INDEX api_keys_by_team ON api_keys (team, id);

-- Appended to and never changed: each row's hash covers the row and the hash before it.
CREATE TABLE audit (
  team        INTEGER NOT NULL,
  seq         INTEGER NOT NULL,                       -- 1, 2, 3 … without a gap
  at          INTEGER NOT NULL,                       -- milliseconds since the Unix epoch, UTC
  actor_kind  TEXT    NOT NULL,                       -- member, api_key, agent or system
  actor_id    TEXT    NOT NULL,                       -- public id
  actor_label TEXT    NOT NULL,                       -- as it was then
  action      TEXT    NOT NULL,                       -- closed list
  target      TEXT    NOT NULL,                       -- public id of what it was done to, or ''
  metadata    TEXT    NOT NULL,                       -- JSON object of ours: never text that a developer wrote
  hash        BLOB    NOT NULL,                       -- SHA-256, 32 bytes
  PRIMARY KEY (team, seq)
) STRICT, WITHOUT ROWID;

-- Identity provider's messages that were handled, so that a replay does nothing.
CREATE TABLE webhooks_seen (
  id      TEXT    PRIMARY KEY,
  seen_at INTEGER NOT NULL                            -- milliseconds since the Unix epoch, UTC
) STRICT, WITHOUT ROWID;
