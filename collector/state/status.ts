import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { balanceOf } from "./balance.ts";
import { readCounters, readOpen } from "./counters.ts";
import { STATE_FILE } from "./database.ts";
import { stateError } from "./errors.ts";
import { readOwed } from "./emitted.ts";
import { readHealth } from "./health.ts";
import { readLock } from "./lock.ts";
import { readExporters, readKeySource, readNumber } from "./meta.ts";
import { schemaVersion } from "./migrations.ts";
import { readDetached } from "./missed.ts";
import { readTotals } from "./outbox.ts";
import { int } from "./row.ts";
import type { Pending, Status } from "./types.ts";

const BUSY_TIMEOUT_MS = 2_000;
const NOTHING: Pending = { batches: 0, records: 0, bytes: 0, oldestMs: undefined };

/**
 * Reads a state folder from any process, read-only, whether or not the collector runs; undefined when there is none.
 * Throws `StateError` when the file cannot be read.
 */
export function readStatus(dir: string): Status | undefined {
  const path = join(dir, STATE_FILE);
  if (!existsSync(path)) return undefined;
  const { held, owner } = readLock(dir);
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    try {
      db.exec("BEGIN");
      if (schemaVersion(db) === 0) return undefined;
      return { running: held, pid: owner?.pid, ...snapshot(db) };
    } finally {
      db.close();
    }
  } catch (error) {
    throw stateError(error);
  }
}

/** Of one moment: the caller's transaction reads one version of the database. */
function snapshot(db: DatabaseSync): Omit<Status, "running" | "pid"> {
  const counters = readCounters(db);
  const open = readOpen(db);
  const totals = readTotals(db);
  const health = readHealth(db);
  const balance = balanceOf({ counters, open, totals, configured: readExporters(db) });
  const [owed, detached] =
    schemaVersion(db) < 2 ? [new Map<string, number>(), []] : [readOwed(db), readDetached(db)];
  // Receivers keep other places there, too: those have a marker, and no head that a file is recognised by.
  const followed = db
    .prepare("SELECT count(*) AS files FROM positions WHERE head <> '' OR marker = ''")
    .get();
  return {
    startedAtMs: readNumber(db, "started_at"),
    lastCommitAtMs: readNumber(db, "last_commit_at"),
    schemaVersion: schemaVersion(db),
    keySource: readKeySource(db),
    filesFollowed: followed === undefined ? 0 : int(followed, "files"),
    open,
    balance,
    counters: Object.fromEntries(counters),
    destinations: balance.destinations.map(({ exporter }) => ({
      exporter,
      queued: totals.get(`queued/${exporter}`) ?? NOTHING,
      parked: totals.get(`parked/${exporter}`) ?? NOTHING,
      health: health.get(exporter),
      detached: detached.includes(exporter),
      owed: owed.get(exporter) ?? 0,
    })),
  };
}
