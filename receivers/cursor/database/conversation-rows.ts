import type { DatabaseConversation } from "../turn.ts";
import { conversationOf } from "./conversation.ts";
import {
  BUBBLE_PATHS,
  type Bubble,
  bubbleOf,
  type Composer,
  COMPOSER_PATHS,
  composerOf,
  fieldsOf,
  namesOf,
  VALUE,
} from "./fields.ts";
import { int, text, unlessMissing } from "./queries.ts";
import type { Progress, Slice } from "./slices.ts";

const BUBBLES = `SELECT key, ${fieldsOf(BUBBLE_PATHS)} FROM cursorDiskKV WHERE key > ? AND key < ? ORDER BY key`;
const COMPOSER = `SELECT ${fieldsOf(COMPOSER_PATHS)} FROM cursorDiskKV WHERE key = ?`;
const HEADER = "SELECT isSubagent FROM composerHeaders WHERE composerId = ?";
/** Messages in the row of their conversation. */
const OWN_BUBBLES = `SELECT message.key AS place, json_extract(message.value, ${namesOf(BUBBLE_PATHS)}) AS fields
  FROM cursorDiskKV AS row, json_each(${VALUE.replaceAll("value", "row.value")}, '$.conversation') AS message
  WHERE row.key = ? AND message.type = 'object' AND message.key >= ? ORDER BY message.key`;
const TEXT = `SELECT json_extract(${VALUE}, ?) AS text FROM cursorDiskKV WHERE key = ?`;

/** What was read of a conversation's rows. */
export interface Rows {
  id: string;
  /** Undefined until its own row was read; null when it has none, or one that is broken. */
  composer: Composer | null | undefined;
  isSubagent: boolean;
  bubbles: Bubble[];
  malformed: number;
  /** Key of the last row of a message, or place of the last message in the conversation's own row. */
  after: string;
  nextPlace: number;
}

export interface ReadConversation {
  /** Undefined when the database has nothing of it. */
  conversation: DatabaseConversation | undefined;
  /** Rows that could not be read. */
  malformed: number;
}

export function noRows(id: string): Rows {
  const counts = { malformed: 0, nextPlace: 0 };
  return { id, composer: undefined, isSubagent: false, bubbles: [], after: `bubbleId:${id}:`, ...counts };
}

/** Reads on for as long as the slice lasts. */
export function moreRows(slice: Slice, before: Rows): Progress<Rows> {
  const rows = { ...before, bubbles: [...before.bubbles] };
  if (rows.composer === undefined) rows.composer = composerIn(slice, rows);
  const { composer } = rows;
  const isDone =
    composer?.hasMessages === true && composer.order.length === 0
      ? ownBubbles(slice, rows)
      : bubbles(slice, rows);
  return { value: rows, isDone };
}

function composerIn({ db }: Slice, rows: Rows): Composer | null {
  const row = db.prepare(COMPOSER).get(`composerData:${rows.id}`);
  const header = unlessMissing(() => db.prepare(HEADER))?.get(rows.id);
  rows.isSubagent = int(header?.["isSubagent"]) === 1;
  const fields = row?.["fields"];
  const composer = typeof fields === "string" ? composerOf(fields) : undefined;
  if (row !== undefined && composer === undefined) rows.malformed += 1;
  return composer ?? null;
}

function bubbles(slice: Slice, rows: Rows): boolean {
  for (const { key, fields } of slice.db.prepare(BUBBLES).iterate(rows.after, `bubbleId:${rows.id};`)) {
    rows.after = text(key);
    add(rows, rows.after, fields);
    if (slice.isOver()) return false;
  }
  return true;
}

function ownBubbles(slice: Slice, rows: Rows): boolean {
  const key = `composerData:${rows.id}`;
  for (const { place, fields } of slice.db.prepare(OWN_BUBBLES).iterate(key, rows.nextPlace)) {
    add(rows, `${key}:${int(place)}`, fields);
    rows.nextPlace = int(place) + 1;
    if (slice.isOver()) return false;
  }
  return true;
}

function add(rows: Rows, key: string, fields: unknown): void {
  const bubble = typeof fields === "string" ? bubbleOf(key, fields) : undefined;
  if (bubble === undefined) rows.malformed += 1;
  else rows.bubbles.push(bubble);
}

export function conversationIn({ id, composer, isSubagent, malformed, ...rows }: Rows): ReadConversation {
  if (!composer && rows.bubbles.length === 0) return { conversation: undefined, malformed };
  const conversation = conversationOf(id, composer ?? undefined, rows.bubbles);
  return { conversation: { ...conversation, isSubagent }, malformed };
}

/** The text of a message; "" when it has none. Asked for only where the privacy mode lets it be read. */
export function textOf({ db }: Slice, key: string): string {
  const [, row, place] = /^(composerData:[^:]+):(\d+)$/.exec(key) ?? [];
  const path = place === undefined ? "$.text" : `$.conversation[${place}].text`;
  return text(db.prepare(TEXT).get(path, row ?? key)?.["text"]);
}
