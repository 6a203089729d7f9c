import { constants } from "node:sqlite";

/**
 * What a statement of ours may touch. Everything else is refused by SQLite itself when the statement is prepared:
 * above all `ItemTable`, which holds login tokens.
 */
const COLUMNS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["cursorDiskKV", new Set(["key", "value", "ROWID", ""])],
  ["composerHeaders", new Set(["composerId", "recency", "isSubagent", ""])],
  // The elements of a list in a value that may be read.
  ["json_each", new Set(["key", "value", "type", "json", "root", ""])],
]);
const FUNCTIONS: ReadonlySet<string> = new Set(["json_extract", "json_valid", "octet_length", "max"]);

/** For `DatabaseSync.setAuthorizer`. */
export function authorize(action: number, first: string | null, second: string | null): number {
  if (action === constants.SQLITE_SELECT) return constants.SQLITE_OK;
  const isAllowed =
    (action === constants.SQLITE_READ && COLUMNS.get(first ?? "")?.has(second ?? "") === true) ||
    (action === constants.SQLITE_FUNCTION && FUNCTIONS.has(second ?? ""));
  return isAllowed ? constants.SQLITE_OK : constants.SQLITE_DENY;
}
