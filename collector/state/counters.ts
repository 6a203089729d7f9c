import type { DatabaseSync, StatementSync } from "node:sqlite";
import { StateError } from "./errors.ts";
import { readNumber, writeMeta } from "./meta.ts";
import { int, text } from "./row.ts";

/** A word, then perhaps `:reason`, then perhaps `/exporter`. Anything else may come from data and counts as `other`. */
const NAME = /^[a-z][a-z0-9_.]{0,99}(:[a-z0-9_.]{1,99})?(\/[\w./:-]{1,199})?$/;

/** What was skipped for the time being may be taken back. */
const TAKEN_BACK = /^skipped:(text|deferred)\//;

/** Names that only the store may count. */
const KEPT = /^((acknowledged|rejected)\/|purged:|skipped:not_configured\/)/;

/** Counters and gauges, in memory as they are in the database. */
export class Counters {
  readonly #db: DatabaseSync;
  readonly #add: StatementSync;
  readonly #takeBack: StatementSync;
  #values = new Map<string, number>();
  #open = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#add = db.prepare(
      "INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
    );
    this.#takeBack = db.prepare("UPDATE counters SET value = value + ?2 WHERE name = ?1");
    this.reload();
  }

  reload(): void {
    this.#values = readCounters(this.#db);
    this.#open = readOpen(this.#db);
  }

  get values(): ReadonlyMap<string, number> {
    return this.#values;
  }

  /** Records begun and not yet complete. */
  get open(): number {
    return this.#open;
  }

  add(given: string, by: number): void {
    if (!Number.isSafeInteger(by) || (by < 0 && !TAKEN_BACK.test(given)))
      throw new StateError("invalid", "a counter cannot grow by that");
    if (by === 0) return;
    const name = NAME.test(given) ? given : "other";
    // A table's check looks at the row to insert before it finds that there is one.
    (by < 0 ? this.#takeBack : this.#add).run(name, by);
    this.#values.set(name, (this.#values.get(name) ?? 0) + by);
  }

  /** Adds what a caller counted. */
  addGiven(given: ReadonlyMap<string, number>): void {
    for (const [name, by] of given) {
      if (KEPT.test(name)) throw new StateError("invalid", "the store keeps this counter itself");
      this.add(name, by);
    }
  }

  setOpen(open: number): void {
    if (!Number.isSafeInteger(open) || open < 0)
      throw new StateError("invalid", "open records cannot be that many");
    if (this.#open === open) return;
    writeMeta(this.#db, "open", open);
    this.#open = open;
  }
}

export function readCounters(db: DatabaseSync): Map<string, number> {
  const rows = db.prepare("SELECT name, value FROM counters").all();
  return new Map(rows.map((row) => [text(row, "name"), int(row, "value")]));
}

export function readOpen(db: DatabaseSync): number {
  return readNumber(db, "open") ?? 0;
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
