import type { DatabaseSync, StatementSync } from "node:sqlite";
import { keyBytes, keysBytes } from "./hex.ts";
import { readNumber } from "./meta.ts";
import { int, text } from "./row.ts";
import type { Commit, Known } from "./types.ts";

const KEY_BYTES = 16;

/** Records accepted before, and which of them an exporter must get again. */
export class Emitted {
  readonly #db: DatabaseSync;
  readonly #known: StatementSync;
  readonly #set: StatementSync;
  readonly #owe: StatementSync;
  readonly #settle: StatementSync;
  readonly #prune: StatementSync;
  readonly #pruneOwed: StatementSync;
  readonly #owedOf: StatementSync;
  readonly #oweBetween: StatementSync;
  readonly #refilled: StatementSync;
  readonly #pruneRefilled: StatementSync;
  /** False while nothing is owed to anybody, which is nearly always. */
  #owesAny = false;
  #era = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
    // One statement for many keys: three times as fast as one each, for keys that are not there.
    this.#known = db.prepare(
      `SELECT given.value AS name, final, output, input, web_searches
       FROM json_each(?) AS given JOIN emitted ON emitted.key = unhex(given.value)`,
    );
    this.#set = db.prepare(
      `INSERT INTO emitted (key, final, output, input, web_searches, last_time, era) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET final = excluded.final, output = excluded.output, input = excluded.input,
         web_searches = excluded.web_searches, last_time = excluded.last_time`,
    );
    this.#owe = db.prepare("INSERT OR IGNORE INTO owed SELECT key, ? FROM emitted WHERE key = ?");
    this.#settle = db.prepare("DELETE FROM owed WHERE key = ? AND exporter = ?");
    this.#prune = db.prepare("DELETE FROM emitted WHERE last_time < ?");
    this.#pruneOwed = db.prepare("DELETE FROM owed WHERE key NOT IN (SELECT key FROM emitted)");
    this.#owedOf = db.prepare(
      `SELECT given.value AS name, exporters.value AS exporter
       FROM json_each(?) AS exporters, json_each(?) AS given
       JOIN owed ON owed.key = unhex(given.value) AND owed.exporter = exporters.value
       ORDER BY exporters.key`,
    );
    this.#oweBetween = db.prepare(
      `INSERT OR IGNORE INTO owed SELECT key, ?1 FROM emitted
       WHERE last_time >= ?2 AND last_time < ?3 AND NOT EXISTS (SELECT 1 FROM eras
         WHERE exporter = ?1 AND era >= from_era AND (until_era IS NULL OR era < until_era))
         AND NOT EXISTS (SELECT 1 FROM refilled WHERE refilled.key = emitted.key AND exporter = ?1)`,
    );
    this.#refilled = db.prepare("INSERT OR IGNORE INTO refilled (key, exporter) VALUES (?, ?)");
    this.#pruneRefilled = db.prepare("DELETE FROM refilled WHERE key NOT IN (SELECT key FROM emitted)");
    this.reload();
  }

  reload(): void {
    this.#owesAny = this.#db.prepare("SELECT 1 AS found FROM owed LIMIT 1").get() !== undefined;
    this.#era = readNumber(this.#db, "era") ?? 0;
  }

  /** Owed only to those of the exporters given: nobody else can settle it. */
  known(keys: readonly string[], exporters: readonly string[]): Map<string, Known> {
    const found = new Map<string, Known>();
    const given = JSON.stringify(keys);
    for (const row of this.#known.all(given)) {
      const weight = {
        final: int(row, "final") === 1,
        output: int(row, "output"),
        input: int(row, "input"),
        webSearches: int(row, "web_searches"),
      };
      found.set(text(row, "name"), { weight, owed: [] });
    }
    if (!this.#owesAny) return found;
    for (const row of this.#owedOf.all(JSON.stringify(exporters), given)) {
      found.get(text(row, "name"))?.owed.push(text(row, "exporter"));
    }
    return found;
  }

  /** In the order of the keys: each page of the table is then written once. */
  set(records: Commit["emitted"]): void {
    const sorted = records.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const keys = keysBytes(sorted.map(({ key }) => key));
    for (const [i, { weight, lastTimeMs }] of sorted.entries()) {
      const { final, output, input, webSearches } = weight;
      const key = keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES);
      this.#set.run(key, final ? 1 : 0, output, input, webSearches, Math.trunc(lastTimeMs), this.#era);
    }
  }

  /** The exporter must get the record again. A record that is no longer known is new when it is read again. */
  owe(key: Uint8Array, exporter: string): void {
    this.#owe.run(exporter, key);
    this.#owesAny = true;
  }

  /**
   * The exporter must get what it never was offered: records of this time that were accepted while it was not
   * configured, and that it was not refilled with since. Returns how many.
   */
  oweBetween(exporter: string, sinceMs: number, untilMs: number): number {
    const { changes } = this.#oweBetween.run(exporter, Math.trunc(sinceMs), Math.trunc(untilMs));
    this.#owesAny ||= Number(changes) > 0;
    return Number(changes);
  }

  /** The exporter has got the record again, or does not take it. */
  settle(key: string, exporter: string): void {
    if (!this.#owesAny) return;
    const bytes = keyBytes(key);
    if (Number(this.#settle.run(bytes, exporter).changes) > 0) this.#refilled.run(bytes, exporter);
  }

  /** Others are owed what `from` was. Where there are none, it goes on being owed. */
  passOn(from: string, to: readonly string[]): void {
    if (!this.#owesAny || to.length === 0) return;
    const add = this.#db.prepare("INSERT OR IGNORE INTO owed SELECT key, ?2 FROM owed WHERE exporter = ?1");
    for (const exporter of to) add.run(from, exporter);
    this.#db.prepare("DELETE FROM owed WHERE exporter = ?").run(from);
  }

  /** Returns how many records are forgotten. */
  prune(beforeMs: number): number {
    const { changes } = this.#prune.run(beforeMs);
    if (this.#owesAny) this.#pruneOwed.run();
    if (Number(changes) > 0) this.#pruneRefilled.run();
    this.reload();
    return Number(changes);
  }
}

/** Records owed, by exporter. */
export function readOwed(db: DatabaseSync): Map<string, number> {
  const rows = db.prepare("SELECT exporter, count(*) AS records FROM owed GROUP BY exporter").all();
  return new Map(rows.map((row) => [text(row, "exporter"), int(row, "records")]));
}
