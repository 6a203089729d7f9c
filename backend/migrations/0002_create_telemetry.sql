-- What was used. Every table begins with the team, so that a team can move to a shard or an object of its own.

-- One row per AI request or human prompt. Kept 120 days, so that a repeat within 90 is always recognised.
CREATE TABLE events (
  team        INTEGER NOT NULL,
  uid         BLOB    NOT NULL,   -- 16 bytes, log.record.uid
  kind        INTEGER NOT NULL,   -- 1 request, 0 prompt
  day         INTEGER NOT NULL,   -- days since 1970-01-01 of the date in the team's time zone
  at          INTEGER NOT NULL,   -- seconds since the Unix epoch, UTC
  developer   INTEGER NOT NULL,
  session     BLOB    NOT NULL,   -- 16 bytes, empty when unknown
  turn        BLOB    NOT NULL,   -- 16 bytes, empty when unknown
  project     BLOB    NOT NULL,   -- 32 bytes, empty when unknown
  model       TEXT    NOT NULL,   -- empty when unknown and for prompts, like the five after it
  source      TEXT    NOT NULL,
  origin      TEXT    NOT NULL,
  speed       TEXT    NOT NULL,   -- empty for standard
  tier        TEXT    NOT NULL,   -- empty for standard
  geo         TEXT    NOT NULL,   -- empty for global
  input       INTEGER,            -- tokens, cache included; NULL when unknown, like the five after it
  cache_read  INTEGER,            -- tokens
  cache_write INTEGER,            -- tokens, all writes
  cache_1h    INTEGER,            -- tokens, the part of the writes that lives one hour
  output      INTEGER,            -- tokens
  searches    INTEGER,            -- web searches
  final       INTEGER NOT NULL,   -- 0 while no line of the request had a final count
  PRIMARY KEY (team, uid)         -- serves the difference to what is stored
) STRICT, WITHOUT ROWID;

-- Serves the recomputation of a session's start, end and active time.
CREATE INDEX events_by_session ON events (team, session, at);

-- The repair of a day and the nightly deletion of old events scan the team's rows: an index on the day would
-- cost one more row written per event.

-- Sums by day, for every report. Zero rows are left by corrections that move a request, and swept each night.
CREATE TABLE rollups (
  team        INTEGER NOT NULL,
  day         INTEGER NOT NULL,   -- days since 1970-01-01 of the date in the team's time zone
  developer   INTEGER NOT NULL,
  project     BLOB    NOT NULL,
  model       TEXT    NOT NULL,
  source      TEXT    NOT NULL,
  origin      TEXT    NOT NULL,
  price_class TEXT    NOT NULL,   -- speed/tier/geography/context band: with model and day, all that sets a price
  requests    INTEGER NOT NULL,
  prompts     INTEGER NOT NULL,
  partial     INTEGER NOT NULL,   -- requests without a final count
  input       INTEGER NOT NULL,   -- tokens, uncached
  cache_read  INTEGER NOT NULL,   -- tokens
  cache_5m    INTEGER NOT NULL,   -- tokens, writes that live five minutes or whose life is unknown
  cache_1h    INTEGER NOT NULL,   -- tokens
  output      INTEGER NOT NULL,   -- tokens
  searches    INTEGER NOT NULL,
  PRIMARY KEY (team, day, developer, project, model, source, origin, price_class)
) STRICT, WITHOUT ROWID;

-- The same, split by session: serves the sessions page and the counts of distinct sessions.
CREATE TABLE session_rollups (
  team        INTEGER NOT NULL,
  day         INTEGER NOT NULL,
  session     BLOB    NOT NULL,
  developer   INTEGER NOT NULL,
  project     BLOB    NOT NULL,
  model       TEXT    NOT NULL,
  source      TEXT    NOT NULL,
  origin      TEXT    NOT NULL,
  price_class TEXT    NOT NULL,
  requests    INTEGER NOT NULL,
  prompts     INTEGER NOT NULL,
  partial     INTEGER NOT NULL,
  input       INTEGER NOT NULL,
  cache_read  INTEGER NOT NULL,
  cache_5m    INTEGER NOT NULL,
  cache_1h    INTEGER NOT NULL,
  output      INTEGER NOT NULL,
  searches    INTEGER NOT NULL,
  PRIMARY KEY (team, day, session, developer, project, model, source, origin, price_class)
) STRICT, WITHOUT ROWID;

-- Recomputed from events whenever one of a session's events changes.
CREATE TABLE sessions (
  team       INTEGER NOT NULL,
  session    BLOB    NOT NULL,
  started_at INTEGER NOT NULL,    -- seconds since the Unix epoch, UTC
  ended_at   INTEGER NOT NULL,    -- seconds since the Unix epoch, UTC
  active     INTEGER NOT NULL,    -- seconds: the gaps between its events, each capped at five minutes
  stale      INTEGER NOT NULL,    -- 1 only inside the transaction that takes an event away from it
  PRIMARY KEY (team, session)
) STRICT, WITHOUT ROWID;

-- Serves GET /api/sessions, which pages newest first.
CREATE INDEX sessions_by_start ON sessions (team, started_at DESC, session DESC);

-- Serves the recomputation of sessions that lost an event.
CREATE INDEX sessions_stale ON sessions (team) WHERE stale = 1;

-- Messages accepted but not yet stored, where queues live in memory only. Normalised events, never text.
CREATE TABLE inbox (
  id       TEXT    PRIMARY KEY,
  body     TEXT    NOT NULL,      -- the queue message, JSON
  attempts INTEGER NOT NULL,      -- how often it was queued again
  due_at   INTEGER NOT NULL       -- milliseconds since the Unix epoch, UTC: still here then, it is queued again
) STRICT, WITHOUT ROWID;
