import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { type DatabaseConversation, isConversationId } from "../turn.ts";
import { conversationOf } from "./conversation.ts";
import { BUBBLE_PATHS, type Bubble, bubbleOf, COMPOSER_PATHS, composerOf, fieldsOf } from "./fields.ts";

type Row = Record<string, SQLOutputValue>;

/** A statement is over in a moment: an unfinished one keeps the write-ahead log from being emptied. */
const BUBBLES_AT_ONCE = 100;
const COMPOSERS_AT_ONCE = 50;
const HEADERS_AT_ONCE = 1_000;
const ROWIDS_AT_ONCE = 20_000;

const BUBBLES = `SELECT key, ${fieldsOf(BUBBLE_PATHS)} FROM cursorDiskKV
  WHERE key > ? AND key < ? ORDER BY key LIMIT ${BUBBLES_AT_ONCE}`;
const COMPOSER = `SELECT ${fieldsOf(COMPOSER_PATHS)} FROM cursorDiskKV WHERE key = ?`;
const COMPOSERS = `SELECT key, ${fieldsOf(["$.lastUpdatedAt", "$.createdAt"])} FROM cursorDiskKV
  WHERE key > ? AND key < 'composerData;' ORDER BY key LIMIT ${COMPOSERS_AT_ONCE}`;
const HEADERS = `SELECT composerId, recency, isSubagent FROM composerHeaders
  WHERE (recency, composerId) > (?, ?) ORDER BY recency, composerId LIMIT ${HEADERS_AT_ONCE}`;
const HEADER = "SELECT isSubagent FROM composerHeaders WHERE composerId = ?";
const LAST_ROW = "SELECT max(rowid) AS row FROM cursorDiskKV";
/** By its number, not by its key: the other way round, SQLite reads every message there is. */
const NEW_ROWS = `SELECT key FROM cursorDiskKV NOT INDEXED WHERE rowid > ? AND rowid <= ?
  AND ((+key >= 'bubbleId:' AND +key < 'bubbleId;') OR (+key >= 'composerData:' AND +key < 'composerData;'))`;
const TEXT = `SELECT ${fieldsOf(["$.text", "$.type"])} FROM cursorDiskKV WHERE key = ?`;

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

export function lastRow(db: DatabaseSync): number {
  return int(db.prepare(LAST_ROW).get()?.["row"]);
}

/** Conversations with rows numbered above `after`, and the number up to which was looked. */
export function newRows(db: DatabaseSync, after: number, last: number): { ids: string[]; row: number } {
  const row = Math.min(last, after + ROWIDS_AT_ONCE);
  const keys = db
    .prepare(NEW_ROWS)
    .all(after, row)
    .map(({ key }) => text(key));
  return { ids: [...new Set(keys.flatMap((key) => conversationIn(key) ?? []))], row };
}

/** The next headers in the order of their changes; undefined where this version has no table of them. */
export function headersAfter(db: DatabaseSync, { changedMs, id }: HeaderPlace): Header[] | undefined {
  const statement = unlessMissing(() => db.prepare(HEADERS));
  return statement?.all(changedMs, id).flatMap((row) => {
    const header = { id: text(row["composerId"]), changedMs: int(row["recency"]) };
    return isConversationId(header.id) ? [{ ...header, isSubagent: int(row["isSubagent"]) === 1 }] : [];
  });
}

/** The same out of the conversations themselves, in the order of their ids. */
export function composersAfter(
  db: DatabaseSync,
  id: string,
): { headers: Header[]; last: string | undefined } {
  const rows = db.prepare(COMPOSERS).all(`composerData:${id}`);
  const headers = rows.flatMap((row) => {
    const own = conversationIn(text(row["key"]));
    if (own === undefined || typeof row["fields"] !== "string") return [];
    return [{ id: own, changedMs: changedIn(row["fields"]), isSubagent: false }];
  });
  const last = rows.length < COMPOSERS_AT_ONCE ? undefined : text(rows.at(-1)?.["key"]).slice(13);
  return { headers, last };
}

export interface ReadConversation {
  /** Undefined when the database has nothing of it. */
  conversation: DatabaseConversation | undefined;
  /** Rows that could not be read. */
  malformed: number;
}

export function readConversation(db: DatabaseSync, id: string): ReadConversation {
  const row = db.prepare(COMPOSER).get(`composerData:${id}`);
  const fields = row?.["fields"];
  const composer = typeof fields === "string" ? composerOf(fields) : undefined;
  const { bubbles, malformed } = bubblesOf(db, id);
  const isBroken = row !== undefined && composer === undefined;
  if (composer === undefined && bubbles.length === 0) {
    return { conversation: undefined, malformed: malformed + (isBroken ? 1 : 0) };
  }
  const conversation = conversationOf(id, composer, bubbles);
  const header = unlessMissing(() => db.prepare(HEADER))?.get(id);
  conversation.isSubagent = int(header?.["isSubagent"]) === 1;
  return { conversation, malformed: malformed + (isBroken ? 1 : 0) };
}

function bubblesOf(db: DatabaseSync, id: string): { bubbles: Bubble[]; malformed: number } {
  const statement = db.prepare(BUBBLES);
  const bubbles: Bubble[] = [];
  let malformed = 0;
  let rows: Row[];
  let after = `bubbleId:${id}:`;
  do {
    rows = statement.all(after, `bubbleId:${id};`);
    for (const { key, fields } of rows) {
      after = text(key);
      const bubble = typeof fields === "string" ? bubbleOf(after, fields) : undefined;
      if (bubble === undefined) malformed += 1;
      else bubbles.push(bubble);
    }
  } while (rows.length === BUBBLES_AT_ONCE);
  return { bubbles, malformed };
}

/** The text of a message; "" when it has none. Asked for only where the privacy mode lets it be read. */
export function textOf(db: DatabaseSync, key: string): string {
  const fields = db.prepare(TEXT).get(key)?.["fields"];
  const [found]: unknown[] = typeof fields === "string" ? asArray(JSON.parse(fields)) : [];
  return typeof found === "string" ? found : "";
}

/** The conversation that a row belongs to. */
function conversationIn(key: string): string | undefined {
  const id = key.startsWith("composerData:") ? key.slice(13) : key.slice(9, key.indexOf(":", 9));
  return isConversationId(id) ? id : undefined;
}

function changedIn(fields: string): number {
  const [updated, created] = asArray(JSON.parse(fields));
  return int(updated) || int(created);
}

/** A table or a column that this version of Cursor does not have. */
function unlessMissing<T>(prepare: () => T): T | undefined {
  try {
    return prepare();
  } catch (error) {
    if (error instanceof Error && /^no such (?:table|column)/.test(error.message)) return undefined;
    throw error;
  }
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function int(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.trunc(value) : 0;
}
