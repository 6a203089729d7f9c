import type { DatabaseSync, StatementSync } from "node:sqlite";
import { keyBytes, keysBytes } from "./hex.ts";
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
  #owed = new Map<string, Set<string>>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    // One statement for many keys: three times as fast as one each, for keys that are not there.
    this.#known = db.prepare(
      `SELECT given.value AS name, final, output, input, web_searches
       FROM json_each(?) AS given JOIN emitted ON emitted.key = unhex(given.value)`,
    );
    this.#set = db.prepare(
      `INSERT INTO emitted (key, final, output, input, web_searches, last_time) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET final = excluded.final, output = excluded.output, input = excluded.input,
         web_searches = excluded.web_searches, last_time = excluded.last_time`,
    );
    this.#owe = db.prepare("INSERT OR IGNORE INTO owed SELECT key, ? FROM emitted WHERE key = ?");
    this.#settle = db.prepare("DELETE FROM owed WHERE key = ? AND exporter = ?");
    this.#prune = db.prepare("DELETE FROM emitted WHERE last_time < ?");
    this.#pruneOwed = db.prepare("DELETE FROM owed WHERE key NOT IN (SELECT key FROM emitted)");
    this.reload();
  }

  reload(): void {
    const owed = new Map<string, Set<string>>();
    for (const row of this.#db.prepare("SELECT lower(hex(key)) AS name, exporter FROM owed").all()) {
      exportersOf(owed, text(row, "name")).add(text(row, "exporter"));
    }
    this.#owed = owed;
  }

  /** Owed only to those of the exporters given: nobody else can settle it. */
  known(keys: readonly string[], exporters: readonly string[]): Map<string, Known> {
    const found = new Map<string, Known>();
    for (const row of this.#known.all(JSON.stringify(keys))) {
      const key = text(row, "name");
      const weight = {
        final: int(row, "final") === 1,
        output: int(row, "output"),
        input: int(row, "input"),
        webSearches: int(row, "web_searches"),
      };
      found.set(key, { weight, owed: this.#owedOf(key, exporters) });
    }
    return found;
  }

  #owedOf(key: string, exporters: readonly string[]): string[] {
    const owed = this.#owed.get(key);
    return owed === undefined ? [] : exporters.filter((exporter) => owed.has(exporter));
  }

  /** In the order of the keys: each page of the table is then written once. */
  set(records: Commit["emitted"]): void {
    const sorted = records.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    const keys = keysBytes(sorted.map(({ key }) => key));
    for (const [i, { weight, lastTimeMs }] of sorted.entries()) {
      const { final, output, input, webSearches } = weight;
      const key = keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES);
      this.#set.run(key, final ? 1 : 0, output, input, webSearches, Math.trunc(lastTimeMs));
    }
  }

  /** The exporter must get the record again. A record that is no longer known is new when it is read again. */
  owe(key: Uint8Array, exporter: string): void {
    this.#owe.run(exporter, key);
  }

  /** The exporter has got the record again, or does not take it. */
  settle(key: string, exporter: string): void {
    if (this.#owed.get(key)?.has(exporter) !== true) return;
    this.#settle.run(keyBytes(key), exporter);
    const left = exportersOf(this.#owed, key);
    left.delete(exporter);
    if (left.size === 0) this.#owed.delete(key);
  }

  /** Returns how many records are forgotten. */
  prune(beforeMs: number): number {
    const { changes } = this.#prune.run(beforeMs);
    if (this.#owed.size > 0) this.#pruneOwed.run();
    this.reload();
    return Number(changes);
  }
}

function exportersOf(owed: Map<string, Set<string>>, key: string): Set<string> {
  const known = owed.get(key);
  if (known !== undefined) return known;
  const none = new Set<string>();
  owed.set(key, none);
  return none;
}
