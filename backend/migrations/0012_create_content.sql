-- Where the texts of mode full are. The texts themselves are in R2, sealed under a key that is in no database.

-- One row for each object `content/<team>/<session>/<uid>`.
CREATE TABLE content (
  team       INTEGER NOT NULL,
  session    BLOB    NOT NULL,        -- 16 bytes
  uid        BLOB    NOT NULL,        -- 16 bytes, log.record.uid: of a prompt it is its event's too
  kind       INTEGER NOT NULL,        -- 0 prompt, 2 completion; 1 is a request, which has no text
  at         INTEGER NOT NULL,        -- seconds since the Unix epoch, UTC
  turn       BLOB    NOT NULL,        -- 16 bytes, empty when unknown
  developer  INTEGER NOT NULL,
  model      TEXT    NOT NULL,        -- that wrote a completion; empty when unknown and for prompts
  chars      INTEGER NOT NULL,        -- UTF-16 units: of two versions of a text the longer one stays
  expires_at INTEGER,                 -- seconds since the Unix epoch, UTC; NULL is for ever
  PRIMARY KEY (team, session, uid)    -- serves the timeline, and the sweep, which goes through names in this order
) STRICT, WITHOUT ROWID;

-- Serves the erasure of a developer.
CREATE INDEX content_by_developer ON content (team, developer);

-- Where the nightly sweep goes on. At most one row.
CREATE TABLE content_sweep (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  team  INTEGER NOT NULL,             -- the database's number
  after TEXT    NOT NULL              -- name of the last object that was looked at; empty at a team's begin
) STRICT;
