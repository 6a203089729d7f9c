import {
  conversationIn,
  moreRows,
  noRows,
  type ReadConversation,
  type Rows,
  textOf,
} from "./conversation-rows.ts";
import { EmptyFile } from "./open.ts";
import { composersAfter, type Header, type HeaderPlace, headersAfter, lastRow, newRows } from "./queries.ts";
import { inSlices, isPassing, type Progress, type Slice } from "./slices.ts";

/**
 * What is asked of a database. Each answer has the file open for about `budgetMs` altogether, in slices; what is not
 * done is asked for again.
 */
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
  /** It has no table of conversations, or nothing at all: a new one, or that of a folder in which nothing was asked. */
  | { outcome: "empty" }
  /** Not a database of Cursor's, of a version that is not known, or one that this user may not read. */
  | { outcome: "unusable" };

export function run(job: Job): Answer {
  try {
    if (job.kind === "changes") return { outcome: "changes", changes: changes(job) };
    if (job.kind === "conversations") return { outcome: "conversations", found: conversations(job) };
    return { outcome: "texts", texts: texts(job) };
  } catch (error) {
    return { outcome: outcomeOf(error) };
  }
}

type Found = { id: string } & ReadConversation;

function conversations({ file, ids, budgetMs }: Extract<Job, { kind: "conversations" }>): Found[] {
  interface State {
    found: Found[];
    /** The one that is being read. */
    rows: Rows | undefined;
  }
  const read = (slice: Slice, before: State): Progress<State> => {
    const found = [...before.found];
    let { rows } = before;
    while (found.length < ids.length) {
      const id = ids[found.length] ?? "";
      const more = moreRows(slice, rows ?? noRows(id));
      rows = more.isDone ? undefined : more.value;
      if (more.isDone) found.push({ id, ...conversationIn(more.value) });
      if (slice.isOver()) break;
    }
    return { value: { found, rows }, isDone: found.length === ids.length };
  };
  // One that takes longer than that is read to its end, or it never would be.
  const mayEnd = ({ found }: State) => found.length > 0;
  return inSlices(file, budgetMs, { found: [], rows: undefined }, { read, mayEnd }).value.found;
}

function texts({ file, keys }: Extract<Job, { kind: "texts" }>): string[] {
  const read = (slice: Slice, before: string[]): Progress<string[]> => {
    const found = [...before];
    while (found.length < keys.length) {
      found.push(textOf(slice, keys[found.length] ?? ""));
      if (slice.isOver()) break;
    }
    return { value: found, isDone: found.length === keys.length };
  };
  return inSlices(file, Infinity, [], { read }).value;
}

interface Looking extends Changes {
  /** Number of the last row when the look began. */
  last: number | undefined;
}

function changes({ file, since, budgetMs }: Extract<Job, { kind: "changes" }>): Changes {
  const first: Looking = {
    ids: [],
    headers: [],
    place: { ...since, row: since.row ?? 0 },
    isRowEnd: false,
    isRenumbered: false,
    hasHeaders: true,
    last: undefined,
  };
  const read = (slice: Slice, before: Looking): Progress<Looking> => {
    let value = before;
    if (value.last === undefined) value = { ...value, ...numbered(slice, since.row) };
    if (!value.isRowEnd) value = withRows(slice, value);
    if (value.isRowEnd && value.place.headers !== undefined) value = withHeaders(slice, value);
    return { value, isDone: value.isRowEnd && value.place.headers === undefined };
  };
  const mayEnd = ({ last }: Looking) => last !== undefined;
  const { last: _, ...found } = inSlices(file, budgetMs, first, { read, mayEnd }).value;
  return { ...found, ids: [...new Set(found.ids)] };

  function numbered(slice: Slice, row: number | undefined): Partial<Looking> {
    const last = lastRow(slice);
    const isRenumbered = row !== undefined && row > last;
    const from = isRenumbered ? last : (row ?? last);
    return { last, isRenumbered, place: { ...since, row: from }, isRowEnd: from >= last };
  }
}

function withRows(slice: Slice, before: Looking): Looking {
  const last = before.last ?? 0;
  const { ids, row } = newRows(slice, before.place.row, last);
  return { ...before, ids: [...before.ids, ...ids], place: { ...before.place, row }, isRowEnd: row >= last };
}

function withHeaders(slice: Slice, before: Looking): Looking {
  const from = before.place.headers;
  if (from === undefined) return before;
  const list = headersAfter(slice, from);
  const { headers, place } = list ?? composersAfter(slice, from);
  return {
    ...before,
    headers: [...before.headers, ...headers],
    place: { ...before.place, headers: place },
    hasHeaders: list !== undefined,
  };
}

function outcomeOf(error: unknown): "busy" | "gone" | "empty" | "unusable" {
  if (!(error instanceof Error)) return "unusable";
  if (error instanceof EmptyFile || error.message === "no such table: cursorDiskKV") return "empty";
  if ("code" in error && error.code === "ENOENT") return "gone";
  if ("code" in error && error.code === "EACCES") return "unusable";
  if ("errcode" in error) return isPassing(error) ? "busy" : "unusable";
  // The file could not be read, or it changed meanwhile.
  return isPassing(error) || "code" in error ? "busy" : "unusable";
}
