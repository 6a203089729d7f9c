import type { DatabaseSync } from "node:sqlite";
import { StateError } from "./errors.ts";
import { int } from "./row.ts";

/**
 * Step n takes a database of version n to version n + 1. Forward only; never edited once released.
 * No column may hold a path, a local id, a name or text: keys are keyed hashes, batches are sealed.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- The names of MetaName.
  CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value ANY NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Where reading a file resumes. Digests are keyed.
  CREATE TABLE positions (
    file_key   BLOB    PRIMARY KEY CHECK (length(file_key) = 16),
    offset     INTEGER NOT NULL,  -- bytes
    head       TEXT    NOT NULL,
    head_bytes INTEGER NOT NULL,
    marker     TEXT    NOT NULL,
    grew_at    INTEGER NOT NULL,  -- milliseconds since the Unix epoch, UTC
    seen_at    INTEGER NOT NULL   -- milliseconds since the Unix epoch, UTC
  ) STRICT, WITHOUT ROWID;

  -- Files whose lost records were noticed while running: applied to positions at the next open.
  CREATE TABLE rewinds (
    file_key  BLOB    PRIMARY KEY CHECK (length(file_key) = 16),
    from_byte INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Records accepted before, with how much of each was known.
  CREATE TABLE emitted (
    key          BLOB    PRIMARY KEY CHECK (length(key) = 16),
    final        INTEGER NOT NULL CHECK (final IN (0, 1)),
    output       INTEGER NOT NULL,
    input        INTEGER NOT NULL,
    web_searches INTEGER NOT NULL,
    last_time    INTEGER NOT NULL  -- milliseconds since the Unix epoch, UTC
  ) STRICT, WITHOUT ROWID;

  -- Records whose batch for the exporter was lost and that it has not got again.
  CREATE TABLE owed (
    key      BLOB NOT NULL CHECK (length(key) = 16),
    exporter TEXT NOT NULL,
    PRIMARY KEY (key, exporter)
  ) STRICT, WITHOUT ROWID;

  -- One sealed batch per row. AUTOINCREMENT: an id names one batch for ever, because it is sealed in.
  CREATE TABLE outbox (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    exporter  TEXT    NOT NULL,
    parked    INTEGER NOT NULL CHECK (parked IN (0, 1)),
    reason    TEXT,              -- of a parked one: a constant of ours
    queued_at INTEGER NOT NULL,  -- milliseconds since the Unix epoch, UTC
    records   INTEGER NOT NULL,
    size      INTEGER NOT NULL,  -- bytes before it is compressed and sealed
    keys      BLOB    NOT NULL,  -- 16 bytes per record, in their order
    ranges    BLOB    NOT NULL,  -- 24 bytes per file: its key, then the first byte as a 64-bit big-endian integer
    sealed    BLOB    NOT NULL   -- nonce, ciphertext of the compressed batch, tag
  ) STRICT;

  -- Serves taking the oldest batches, and sums per exporter without reading a batch.
  CREATE INDEX outbox_by_age ON outbox (exporter, parked, queued_at, id, records, size);

  CREATE TABLE counters (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL CHECK (value >= 0)
  ) STRICT, WITHOUT ROWID;

  -- How the last attempts of a destination went. Times are milliseconds since the Unix epoch, UTC.
  CREATE TABLE health (
    exporter          TEXT PRIMARY KEY,
    last_delivered_at INTEGER,
    last_problem_at   INTEGER,
    last_problem      TEXT,
    state             TEXT NOT NULL CHECK (state IN ('ok', 'retrying', 'parked')),
    retry_at          INTEGER
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Where each file must be read again for a destination that had no room: the first byte that it did not get.
  CREATE TABLE missed (
    exporter  TEXT    NOT NULL,
    file_key  BLOB    NOT NULL CHECK (length(file_key) = 16),
    from_byte INTEGER NOT NULL,
    PRIMARY KEY (exporter, file_key)
  ) STRICT, WITHOUT ROWID;

  -- An era ends when the set of configured exporters changes. Tells who was configured when a record was accepted,
  -- whatever the clock said.
  ALTER TABLE emitted ADD COLUMN era INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE eras (
    exporter  TEXT    NOT NULL,
    from_era  INTEGER NOT NULL,
    until_era INTEGER,          -- the first one without it
    PRIMARY KEY (exporter, from_era)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Records that an exporter got later than others did: it is offered each once, whatever its eras say.
  CREATE TABLE refilled (
    key      BLOB NOT NULL CHECK (length(key) = 16),
    exporter TEXT NOT NULL,
    PRIMARY KEY (key, exporter)
  ) STRICT, WITHOUT ROWID;
  `,
];

export function schemaVersion(db: DatabaseSync): number {
  const row = db.prepare("PRAGMA user_version").get();
  return row === undefined ? 0 : int(row, "user_version");
}

/** Brings a database forward, inside the caller's transaction. Returns the version that it was. */
export function migrate(db: DatabaseSync, steps: readonly string[] = MIGRATIONS): number {
  const from = schemaVersion(db);
  if (from < 0) throw new StateError("corrupt", "state.db has an impossible version");
  if (from > steps.length) {
    const known = `this program knows versions up to ${steps.length}`;
    throw new StateError(
      "newer",
      `state.db is of version ${from}, ${known}: update it, or move state.db away`,
    );
  }
  for (const step of steps.slice(from)) db.exec(step);
  db.exec(`PRAGMA user_version = ${steps.length}`);
  return from;
}
