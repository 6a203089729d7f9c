import type { DatabaseSync } from "node:sqlite";
import { withDatabase } from "./open.ts";
import {
  composersAfter,
  type Header,
  type HeaderPlace,
  headersAfter,
  lastRow,
  newRows,
  type ReadConversation,
  readConversation,
  textOf,
} from "./queries.ts";

/** What is asked of a database. Each answer ends within about `budgetMs`; what is not done is asked for again. */
export type Job =
  | { kind: "changes"; file: string; since: Place; budgetMs: number }
  | { kind: "conversations"; file: string; ids: string[]; budgetMs: number }
  | { kind: "texts"; file: string; keys: string[] };

/** How far changes were looked for. */
export interface Place {
  /** Number of the last row that was looked at; undefined: of none, and none is to be. */
  row: number | undefined;
  /** Undefined: headers were listed to their end. */
  headers: HeaderPlace | undefined;
}

export interface Changes {
  /** Conversations that have new rows. */
  ids: string[];
  headers: Header[];
  place: Place & { row: number };
  /** False when rows are left that were not looked at. */
  isRowEnd: boolean;
  /** The database numbers its rows anew: what was known of their numbers is void. */
  isRenumbered: boolean;
  /** It has a list of headers, so that asking again costs little. */
  hasHeaders: boolean;
}

export type Answer =
  | { outcome: "changes"; changes: Changes }
  | { outcome: "conversations"; found: ({ id: string } & ReadConversation)[] }
  | { outcome: "texts"; texts: string[] }
  /** Not now: somebody writes, or the file is being replaced. */
  | { outcome: "busy" }
  /** There is no such file. */
  | { outcome: "gone" }
  /** It has no table of conversations: a new one, or that of a folder in which nothing was asked. */
  | { outcome: "empty" }
  /** Not a database of Cursor's, or of a version that is not known. */
  | { outcome: "unusable" };

export function run(job: Job): Answer {
  try {
    return withDatabase(job.file, (db) => answer(db, job));
  } catch (error) {
    return { outcome: outcomeOf(error) };
  }
}

function answer(db: DatabaseSync, job: Job): Answer {
  if (job.kind === "texts") return { outcome: "texts", texts: job.keys.map((key) => textOf(db, key)) };
  const end = performance.now() + job.budgetMs;
  if (job.kind === "changes") return { outcome: "changes", changes: changes(db, job.since, end) };
  const found: ({ id: string } & ReadConversation)[] = [];
  for (const id of job.ids) {
    found.push({ id, ...readConversation(db, id) });
    if (performance.now() >= end) break;
  }
  return { outcome: "conversations", found };
}

function changes(db: DatabaseSync, since: Place, end: number): Changes {
  const last = lastRow(db);
  const isRenumbered = since.row !== undefined && since.row > last;
  let row = isRenumbered ? last : (since.row ?? last);
  const ids = new Set<string>();
  while (row < last && performance.now() < end) {
    const rows = newRows(db, row, last);
    row = rows.row;
    for (const id of rows.ids) ids.add(id);
  }
  const listed = headers(db, since.headers, end);
  return {
    ids: [...ids],
    headers: listed.headers,
    place: { row, headers: listed.place },
    isRowEnd: row >= last,
    isRenumbered,
    hasHeaders: listed.hasHeaders,
  };
}

function headers(
  db: DatabaseSync,
  from: HeaderPlace | undefined,
  end: number,
): { headers: Header[]; place: HeaderPlace | undefined; hasHeaders: boolean } {
  const found: Header[] = [];
  if (from === undefined) return { headers: found, place: undefined, hasHeaders: true };
  let place: HeaderPlace = from;
  let hasHeaders = true;
  do {
    const page = headersAfter(db, place);
    if (page === undefined) {
      hasHeaders = false;
      const { headers: composers, last } = composersAfter(db, place.id);
      found.push(...composers);
      if (last === undefined) return { headers: found, place: undefined, hasHeaders };
      place = { changedMs: 0, id: last };
      continue;
    }
    const last = page.at(-1);
    if (last === undefined) return { headers: found, place: undefined, hasHeaders };
    found.push(...page);
    place = { changedMs: last.changedMs, id: last.id };
  } while (performance.now() < end);
  return { headers: found, place, hasHeaders };
}

/** Primary codes of SQLite's that pass by themselves: busy, locked, read-only (a crash left a journal), I/O, cannot open, schema. */
const PASSING = new Set([5, 6, 8, 10, 14, 17]);

function outcomeOf(error: unknown): "busy" | "gone" | "empty" | "unusable" {
  if (!(error instanceof Error)) return "unusable";
  if (error.message === "no such table: cursorDiskKV") return "empty";
  if ("code" in error && error.code === "ENOENT") return "gone";
  if ("errcode" in error && typeof error.errcode === "number") {
    return PASSING.has(error.errcode & 0xff) ? "busy" : "unusable";
  }
  // The file could not be read, or it changed meanwhile.
  return error.name === "ChangedMeanwhile" || "code" in error ? "busy" : "unusable";
}
