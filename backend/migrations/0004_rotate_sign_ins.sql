-- The cookie's secret is replaced while it is used, and people of an identity provider are told from local ones.

DROP TABLE sign_ins;

-- Serves every /api request: the cookie's hash finds the member. One row for each secret; those that follow one another
-- are one sign-in and share its family.
CREATE TABLE sign_ins (
  hash        BLOB    PRIMARY KEY,
  family      BLOB    NOT NULL,                        -- 16 random bytes
  member      INTEGER NOT NULL REFERENCES members (id),
  session     TEXT    NOT NULL DEFAULT '',             -- the identity provider's id of its own session
  pepper      TEXT    NOT NULL DEFAULT '',
  created_at  INTEGER NOT NULL,                        -- of the family; milliseconds since the Unix epoch, UTC, like all that follow
  seen_at     INTEGER NOT NULL,
  idle_at     INTEGER NOT NULL,                        -- over then, unless used before
  ends_at     INTEGER NOT NULL,                        -- over then, however much it is used
  rotate_at   INTEGER NOT NULL,                        -- the first request after it gets a new secret
  replaced_at INTEGER,                                 -- when a secret that follows this one was made
  used_at     INTEGER,                                 -- of the first request; until then the one before stays good
  void_at     INTEGER                                  -- used after it, this secret is somebody's copy
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_ins_by_member ON sign_ins (member);
CREATE INDEX sign_ins_by_family ON sign_ins (family);
CREATE INDEX sign_ins_by_session ON sign_ins (session) WHERE session <> '';

ALTER TABLE members ADD COLUMN seen_at       INTEGER;                    -- to the hour; milliseconds since the Unix epoch, UTC
ALTER TABLE members ADD COLUMN provider_role TEXT    NOT NULL DEFAULT ''; -- what the identity provider said last
ALTER TABLE members ADD COLUMN provider_at   INTEGER NOT NULL DEFAULT 0;  -- when it said so, by its own clock in milliseconds
