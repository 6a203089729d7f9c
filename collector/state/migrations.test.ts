import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import type { StateError } from "./errors.ts";
import { MIGRATIONS, migrate, schemaVersion } from "./migrations.ts";

const STEPS = [
  "CREATE TABLE a (x INTEGER) STRICT",
  "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x * 2",
];

function tables(db: DatabaseSync): string[] {
  return db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
    .all()
    .map((row) => String(row["name"]));
}

it("makes every table from nothing, all of them STRICT", () => {
  const db = new DatabaseSync(":memory:");
  expect(migrate(db)).toBe(0);
  expect(schemaVersion(db)).toBe(MIGRATIONS.length);
  expect(tables(db)).toEqual([
    "counters",
    "emitted",
    "eras",
    "health",
    "meta",
    "missed",
    "outbox",
    "owed",
    "positions",
    "refilled",
    "rewinds",
  ]);
  const loose = db
    .prepare(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%' AND strict = 0",
    )
    .all();
  expect(loose).toEqual([]);
});

it.each([
  { from: 0, data: 0 },
  { from: 1, data: 1 },
  { from: 2, data: 1 },
])("runs only the steps after version $from", ({ from, data }) => {
  const db = new DatabaseSync(":memory:");
  migrate(db, STEPS.slice(0, from));
  if (from > 0) db.exec("INSERT INTO a (x) VALUES (21)");
  expect(migrate(db, STEPS)).toBe(from);
  const expected = from === 2 ? null : 42;
  expect(
    db
      .prepare("SELECT y FROM a")
      .all()
      .map((row) => row["y"]),
  ).toEqual(data === 0 ? [] : [expected]);
  expect(schemaVersion(db)).toBe(2);
});

it.each([
  { version: MIGRATIONS.length + 1, code: "newer" },
  { version: -1, code: "corrupt" },
])("refuses version $version as $code", ({ version, code }) => {
  const db = new DatabaseSync(":memory:");
  db.exec(`PRAGMA user_version = ${version}`);
  expect(() => migrate(db)).toThrow(expect.objectContaining({ code }) as StateError);
});
