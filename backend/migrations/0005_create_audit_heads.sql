-- What the trail begins and ends with, kept apart from it, so that entries that are gone from either end are missed.
CREATE TABLE audit_heads (
  team      INTEGER PRIMARY KEY,
  seq       INTEGER NOT NULL,                 -- of the last entry
  hash      BLOB    NOT NULL,
  base_seq  INTEGER NOT NULL DEFAULT 0,       -- of the last entry that was deleted for its age
  base_hash BLOB    NOT NULL DEFAULT (zeroblob(32)),
  seal      BLOB    NOT NULL DEFAULT x''      -- the four above as they were at some time, under the team's key
) STRICT;
INSERT INTO audit_heads (team, seq, hash)
  SELECT team, seq, hash FROM audit a WHERE seq = (SELECT max(seq) FROM audit b WHERE b.team = a.team);
