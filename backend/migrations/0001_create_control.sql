-- Who may send and who may look. Moves to a database of its own when telemetry is sharded.

CREATE TABLE teams (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  name              TEXT    NOT NULL UNIQUE,
  time_zone         TEXT    NOT NULL,                 -- IANA name; days are cut in it, so it never changes
  mode              TEXT    NOT NULL DEFAULT 'off',   -- the loosest privacy mode the team allows
  events_per_minute INTEGER NOT NULL DEFAULT 10000,   -- refill of the ingest bucket
  burst             INTEGER NOT NULL DEFAULT 10000,   -- capacity of the ingest bucket, in events
  salt              BLOB    NOT NULL,                 -- nonce and AES-GCM of the 32-byte team salt, under the team's key
  version           INTEGER NOT NULL DEFAULT 1,       -- grows with every change of the team's data
  created_at        INTEGER NOT NULL                  -- milliseconds since the Unix epoch, UTC
) STRICT;

CREATE TABLE developers (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  team       INTEGER NOT NULL REFERENCES teams (id),
  name       TEXT    NOT NULL,
  label      TEXT    NOT NULL DEFAULT '',             -- what people see instead of the name; '' when none
  demo       INTEGER NOT NULL DEFAULT 0,              -- 1 for an invented developer
  created_at INTEGER NOT NULL,                        -- milliseconds since the Unix epoch, UTC
  UNIQUE (team, name)                                 -- serves enrolment, which is idempotent per name
) STRICT;

-- Serves POST /v1/logs. The token itself is nowhere: only SHA-256 of token and pepper.
CREATE TABLE agent_tokens (
  hash       BLOB    PRIMARY KEY,
  team       INTEGER NOT NULL REFERENCES teams (id),
  developer  INTEGER NOT NULL REFERENCES developers (id),
  created_at INTEGER NOT NULL,                        -- milliseconds since the Unix epoch, UTC
  revoked_at INTEGER                                  -- milliseconds since the Unix epoch, UTC
) STRICT, WITHOUT ROWID;

-- Serves POST /api/sign-in. Deleted when used.
CREATE TABLE sign_in_codes (
  hash       BLOB    PRIMARY KEY,
  team       INTEGER NOT NULL REFERENCES teams (id),
  label      TEXT    NOT NULL,                        -- how the viewer is called
  expires_at INTEGER NOT NULL                         -- milliseconds since the Unix epoch, UTC
) STRICT, WITHOUT ROWID;

-- Serves every /api request: the cookie's hash finds the viewer.
CREATE TABLE viewers (
  hash       BLOB    PRIMARY KEY,
  team       INTEGER NOT NULL REFERENCES teams (id),
  label      TEXT    NOT NULL,
  expires_at INTEGER NOT NULL                         -- milliseconds since the Unix epoch, UTC; slides with use
) STRICT, WITHOUT ROWID;

-- Names that people give to pseudonyms.
CREATE TABLE project_labels (
  team    INTEGER NOT NULL REFERENCES teams (id),
  project BLOB    NOT NULL,                           -- 32 bytes
  label   TEXT    NOT NULL,
  PRIMARY KEY (team, project)
) STRICT, WITHOUT ROWID;
