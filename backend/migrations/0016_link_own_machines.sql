-- A member's own machines: each said so itself, by a code that its user brought to the account page.

-- Serves POST /api/account/machines. Deleted when used; only the newest of a machine is good.
CREATE TABLE link_codes (
  hash       BLOB    PRIMARY KEY,
  agent      INTEGER NOT NULL UNIQUE REFERENCES agents (id),
  pepper     TEXT    NOT NULL DEFAULT '',
  expires_at INTEGER NOT NULL                         -- milliseconds since the Unix epoch, UTC
) STRICT, WITHOUT ROWID;

-- All machines of a developer are of one member, and all of a member's of one developer. Shown to that member alone.
CREATE TABLE own_machines (
  agent     INTEGER PRIMARY KEY REFERENCES agents (id),
  developer INTEGER NOT NULL REFERENCES developers (id),
  member    INTEGER NOT NULL REFERENCES members (id)
) STRICT;
CREATE INDEX own_machines_by_developer ON own_machines (developer);
CREATE INDEX own_machines_by_member ON own_machines (member);
