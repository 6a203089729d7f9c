-- What kind of work prompts asked for, and what asking a model for it costs. Never the text.

-- One row for a prompt whose category a machine sent, beside its event. Goes with the retention of the team.
CREATE TABLE categories (
  team       INTEGER NOT NULL,
  uid        BLOB    NOT NULL,        -- 16 bytes, log.record.uid of the prompt
  day        INTEGER NOT NULL,        -- as the event's
  at         INTEGER NOT NULL,        -- seconds since the Unix epoch, UTC
  developer  INTEGER NOT NULL,        -- to find what is to be erased; never reported by
  category   TEXT    NOT NULL,        -- closed list
  confidence REAL,                    -- 0 to 1; NULL when the machine said nothing of it
  method     TEXT    NOT NULL,        -- rules, ollama or haiku; empty when not said
  task       TEXT    NOT NULL,        -- hint as the machine sent it; empty when there is none, like the next
  project    TEXT    NOT NULL,
  expires_at INTEGER,                 -- seconds since the Unix epoch, UTC; NULL is for ever
  PRIMARY KEY (team, uid)
) STRICT, WITHOUT ROWID;

-- Serves the report, which reads nothing else of it.
CREATE INDEX categories_by_day ON categories (team, day, category, method, developer);

-- What the calls of a team's calendar month (UTC) came to. Counts and sums alone.
CREATE TABLE categorize_months (
  team    INTEGER NOT NULL,
  month   TEXT    NOT NULL,           -- YYYY-MM
  calls   INTEGER NOT NULL,           -- that were answered, usable or not
  unknown INTEGER NOT NULL,           -- of no known cost: cut off, or an answer without counts
  input   INTEGER NOT NULL,           -- tokens, cached ones included
  output  INTEGER NOT NULL,           -- tokens
  cost    INTEGER NOT NULL,           -- picodollars (1e-12 USD) at list prices
  PRIMARY KEY (team, month)
) STRICT, WITHOUT ROWID;

ALTER TABLE teams ADD COLUMN categorize_cap INTEGER; -- US cents a month; NULL takes the server's default
