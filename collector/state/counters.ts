import type { DatabaseSync, StatementSync } from "node:sqlite";
import { StateError } from "./errors.ts";
import { int, text } from "./row.ts";

/** A word, then perhaps `:reason`, then perhaps `/exporter`. Nothing that a file or a record could have named. */
const NAME = /^[a-z][a-z0-9_.]{0,99}(:[a-z0-9_.]{1,99})?(\/[\w./-]{1,199})?$/;

/** Names that only the store may count, because they follow from its rows. */
const KEPT = /^(read$|(spooled|again|acknowledged|rejected)\/|purged:|skipped:not_configured\/)/;

/** Counters and gauges, in memory as they are in the database. */
export class Counters {
  readonly #db: DatabaseSync;
  readonly #add: StatementSync;
  readonly #setOpen: StatementSync;
  #values = new Map<string, number>();
  #open = new Map<string, number>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#add = db.prepare(
      "INSERT INTO counters (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
    );
    this.#setOpen = db.prepare(
      "INSERT INTO open_records (scope, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
    this.reload();
  }

  reload(): void {
    this.#values = readCounters(this.#db);
    this.#open = readOpen(this.#db);
  }

  get values(): ReadonlyMap<string, number> {
    return this.#values;
  }

  /** Records begun and not yet complete, of all scopes. */
  get open(): number {
    return sum(this.#open.values());
  }

  add(name: string, by: number): void {
    if (!NAME.test(name) || !Number.isSafeInteger(by) || by < 0) {
      throw new StateError("invalid", "a counter has an impossible name or value");
    }
    if (by === 0) return;
    this.#add.run(name, by);
    this.#values.set(name, (this.#values.get(name) ?? 0) + by);
  }

  /** Adds what a caller counted. */
  addGiven(given: ReadonlyMap<string, number>): void {
    for (const [name, by] of given) {
      if (KEPT.test(name)) throw new StateError("invalid", "the store keeps this counter itself");
      this.add(name, by);
    }
  }

  setOpen(scope: string, value: number): void {
    if (this.#open.get(scope) === value) return;
    this.#setOpen.run(scope, value);
    this.#open.set(scope, value);
  }
}

export function readCounters(db: DatabaseSync): Map<string, number> {
  const rows = db.prepare("SELECT name, value FROM counters").all();
  return new Map(rows.map((row) => [text(row, "name"), int(row, "value")]));
}

export function readOpen(db: DatabaseSync): Map<string, number> {
  const rows = db.prepare("SELECT scope, value FROM open_records").all();
  return new Map(rows.map((row) => [text(row, "scope"), int(row, "value")]));
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
