import type { DatabaseSync } from "node:sqlite";

/** What somebody might try who wants the login tokens, in a database that may have been prepared for it. */
export const HOSTILE = [
  "SELECT value FROM ItemTable WHERE key = 'cursorAuth/accessToken'",
  'SELECT "value" FROM "main"."itemtable"',
  "SELECT count(*) FROM ItemTable",
  "SELECT 1 FROM ItemTable",
  "SELECT ItemTable.value FROM cursorDiskKV JOIN ItemTable USING (key)",
  "SELECT key FROM cursorDiskKV WHERE EXISTS (SELECT 1 FROM ItemTable WHERE value > 'a')",
  "SELECT key FROM cursorDiskKV UNION SELECT value FROM ItemTable",
  "SELECT key FROM cursorDiskKV ORDER BY (SELECT max(value) FROM ItemTable)",
  "SELECT (SELECT max(value) FROM ItemTable) FROM cursorDiskKV",
  "WITH t AS (SELECT * FROM ItemTable) SELECT * FROM t",
  "WITH RECURSIVE t(v) AS (SELECT value FROM ItemTable UNION SELECT v FROM t) SELECT v FROM t",
  "SELECT value FROM json_each((SELECT json_array(value) FROM ItemTable))",
  "SELECT * FROM json_tree((SELECT max(value) FROM ItemTable))",
  "SELECT * FROM pragma_table_info('ItemTable')",
  "SELECT value FROM composerHeaders",
  "SELECT sql FROM sqlite_master",
  "SELECT sql FROM sqlite_schema",
  "SELECT name FROM sqlite_temp_master",
  "SELECT * FROM tokens_view",
  "SELECT * FROM tokens_search",
  "SELECT * FROM dbstat",
  "SELECT data FROM sqlite_dbpage",
  "EXPLAIN SELECT value FROM ItemTable",
  "DELETE FROM cursorDiskKV",
  "INSERT INTO cursorDiskKV VALUES ('a', 'b')",
  "UPDATE cursorDiskKV SET value = (SELECT max(value) FROM ItemTable)",
  "CREATE TEMP VIEW t AS SELECT * FROM ItemTable",
  "CREATE TEMP TABLE t AS SELECT * FROM ItemTable",
  "CREATE TEMP TRIGGER t AFTER INSERT ON cursorDiskKV BEGIN SELECT 1; END",
  "ALTER TABLE ItemTable RENAME TO other",
  "VACUUM INTO 'copy.db'",
  "ATTACH 'other.db' AS other",
  "DETACH main",
  "BEGIN IMMEDIATE",
  "SAVEPOINT s",
  "PRAGMA journal_mode = DELETE",
  "PRAGMA writable_schema = ON",
  "PRAGMA table_info(ItemTable)",
  "PRAGMA wal_checkpoint(TRUNCATE)",
  "SELECT load_extension('x')",
  "SELECT readfile('x')",
  "SELECT hex(value) FROM cursorDiskKV",
  "SELECT group_concat(value) FROM cursorDiskKV",
] as const;

/** Undefined when the statement is answered, or fails for another reason than that it is not allowed, or is of nothing. */
export function refusal(db: DatabaseSync, sql: string): string | undefined {
  try {
    db.prepare(sql).all();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) return undefined;
    const isForbidden = "errcode" in error && error.errcode === 23;
    return isForbidden || /^(?:no such (?:table|function|module)|not authorized)/.test(error.message)
      ? error.message
      : undefined;
  }
}

/** Those that are not refused: there must be none. */
export function answered(db: DatabaseSync): string[] {
  return HOSTILE.filter((sql) => refusal(db, sql) === undefined);
}

/** Makes a database hostile: what a reader asks for leads to the tokens, if anything does. */
export function prepareTraps(db: DatabaseSync): void {
  db.exec(`CREATE VIEW tokens_view AS SELECT key, value FROM ItemTable;
    CREATE TRIGGER trap AFTER INSERT ON cursorDiskKV BEGIN
      INSERT OR REPLACE INTO cursorDiskKV SELECT 'bubbleId:' || key, value FROM ItemTable WHERE 0; END;
    CREATE VIRTUAL TABLE tokens_search USING fts5(key, value, content = 'ItemTable');`);
}
