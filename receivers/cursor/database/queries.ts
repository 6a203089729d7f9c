import type { SQLOutputValue } from "node:sqlite";
import { isConversationId } from "../turn.ts";
import { fieldsOf } from "./fields.ts";
import type { Slice } from "./slices.ts";

const COMPOSERS = `SELECT key, ${fieldsOf(["$.lastUpdatedAt", "$.createdAt"])} FROM cursorDiskKV
  WHERE key > ? AND key < 'composerData;' ORDER BY key`;
const HEADERS = `SELECT composerId, recency, isSubagent FROM composerHeaders
  WHERE (recency, composerId) > (?, ?) ORDER BY recency, composerId`;
const LAST_ROW = "SELECT max(rowid) AS row FROM cursorDiskKV";
/** By its number, not by its key: the other way round, SQLite reads every message there is. */
const NEW_ROWS = `SELECT rowid AS row, CASE WHEN (key >= 'bubbleId:' AND key < 'bubbleId;')
  OR (key >= 'composerData:' AND key < 'composerData;') THEN key END AS key
  FROM cursorDiskKV NOT INDEXED WHERE rowid > ? AND rowid <= ? ORDER BY rowid`;

/** A conversation and when it last changed, as far as Cursor says. */
export interface Header {
  id: string;
  changedMs: number;
  isSubagent: boolean;
}

/** Where a list of headers goes on. */
export interface HeaderPlace {
  changedMs: number;
  id: string;
}

export function lastRow({ db }: Slice): number {
  return int(db.prepare(LAST_ROW).get()?.["row"]);
}

/** Conversations with rows numbered above `after`, and the number up to which was looked. */
export function newRows(slice: Slice, after: number, last: number): { ids: string[]; row: number } {
  const ids = new Set<string>();
  for (const row of slice.db.prepare(NEW_ROWS).iterate(after, last)) {
    const id = conversationIn(text(row["key"]));
    if (id !== undefined) ids.add(id);
    if (slice.isOver()) return { ids: [...ids], row: int(row["row"]) };
  }
  return { ids: [...ids], row: last };
}

export interface HeaderList {
  headers: Header[];
  /** Undefined at the list's end. */
  place: HeaderPlace | undefined;
}

/** The next headers in the order of their changes; undefined where this version has no table of them. */
export function headersAfter(slice: Slice, from: HeaderPlace): HeaderList | undefined {
  const statement = unlessMissing(() => slice.db.prepare(HEADERS));
  if (statement === undefined) return undefined;
  return listed(slice, statement.iterate(from.changedMs, from.id), (row) => {
    const place = { id: text(row["composerId"]), changedMs: int(row["recency"]) };
    return { place, header: { ...place, isSubagent: int(row["isSubagent"]) === 1 } };
  });
}

/** The same out of the conversations themselves, in the order of their ids. */
export function composersAfter(slice: Slice, { id }: HeaderPlace): HeaderList {
  return listed(slice, slice.db.prepare(COMPOSERS).iterate(`composerData:${id}`), (row) => {
    const place = { id: text(row["key"]).slice("composerData:".length), changedMs: 0 };
    if (typeof row["fields"] !== "string") return { place };
    return { place, header: { id: place.id, changedMs: changedIn(row["fields"]), isSubagent: false } };
  });
}

type Row = Record<string, SQLOutputValue>;

function listed(
  slice: Slice,
  rows: Iterable<Row>,
  headerOf: (row: Row) => { place: HeaderPlace; header?: Header },
): HeaderList {
  const headers: Header[] = [];
  for (const row of rows) {
    const { place, header } = headerOf(row);
    if (header !== undefined && isConversationId(header.id)) headers.push(header);
    if (slice.isOver()) return { headers, place };
  }
  return { headers, place: undefined };
}

/** The conversation that a row belongs to. */
function conversationIn(key: string): string | undefined {
  const id = key.startsWith("composerData:") ? key.slice(13) : key.slice(9, key.indexOf(":", 9));
  return isConversationId(id) ? id : undefined;
}

function changedIn(fields: string): number {
  const values: unknown = JSON.parse(fields);
  const [updated, created]: unknown[] = Array.isArray(values) ? values : [];
  return int(updated) || int(created);
}

/** A table or a column that this version of Cursor does not have. */
export function unlessMissing<T>(prepare: () => T): T | undefined {
  try {
    return prepare();
  } catch (error) {
    if (error instanceof Error && /^no such (?:table|column)/.test(error.message)) return undefined;
    throw error;
  }
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function int(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.trunc(value) : 0;
}
