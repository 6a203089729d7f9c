-- What developers accepted on their machines: without it no text of theirs is taken.

-- One-time numbers that an acceptance must hold, so that an old one cannot be sent again.
CREATE TABLE consent_nonces (
  nonce      BLOB    PRIMARY KEY,                     -- 32 bytes
  agent      INTEGER NOT NULL REFERENCES agents (id),
  expires_at INTEGER NOT NULL                         -- milliseconds since the Unix epoch, UTC
) STRICT, WITHOUT ROWID;

-- The one in force for an installation. Shown to nobody: only counts of modes are.
CREATE TABLE consents (
  agent          INTEGER PRIMARY KEY REFERENCES agents (id),
  mode           TEXT    NOT NULL,
  accepted_by    TEXT    NOT NULL,                    -- developer, or managed for what a policy may accept
  retention_days INTEGER NOT NULL,                    -- a longer one of the team voids it; 0 is for ever
  contract       TEXT    NOT NULL,                    -- hash of what the mode lets out, as it was shown
  accepted_at    INTEGER NOT NULL,                    -- milliseconds since the Unix epoch, UTC, like the next
  expires_at     INTEGER NOT NULL,
  payload        TEXT    NOT NULL,                    -- what was signed
  signature      TEXT    NOT NULL                     -- Ed25519 by the machine's key
) STRICT;
