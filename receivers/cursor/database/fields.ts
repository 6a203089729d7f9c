import { fileURLToPath } from "node:url";

/** One row is read in one go, however large it is: a longer one is passed over. */
const MOST_BYTES = 4 * 1024 * 1024;

/** The row's value where it is JSON, and not too large; otherwise null. */
export const VALUE = `CASE WHEN octet_length(value) <= ${MOST_BYTES} AND json_valid(CAST(value AS TEXT))
  THEN CAST(value AS TEXT) END`;

/**
 * Named fields alone are taken out of a row, inside SQLite: nothing else of it becomes part of this program's memory.
 * A value that is not JSON, or is very large, gives null.
 */
export function fieldsOf(paths: readonly string[]): string {
  return `json_extract(${VALUE}, ${namesOf(paths)}) AS fields`;
}

/** Paths of fields, as SQLite's functions take them. */
export function namesOf(paths: readonly string[]): string {
  return paths.map((path) => `'${path}'`).join(", ");
}

export const BUBBLE_PATHS = [
  "$.type",
  "$.createdAt",
  "$.requestId",
  "$.modelInfo.modelName",
  "$.tokenCount.inputTokens",
  "$.tokenCount.outputTokens",
  "$.workspaceUris[0]",
  "$.timingInfo.clientRpcSendTime",
  "$.timingInfo.clientEndTime",
];

// Checked by hand: a schema's library would be loaded into the thread once more, and take more memory than all else in it.

function word(value: unknown): string {
  return typeof value === "string" && value.length <= 4_096 ? value : "";
}

/**
 * Milliseconds since the Unix epoch, as a number or as ISO 8601, the first that is known; NaN when none is. Some
 * versions write for how long Cursor has run instead: that is no time.
 */
function time(...values: unknown[]): number {
  for (const value of values) {
    const ms = typeof value === "string" ? Date.parse(value) : value;
    if (typeof ms === "number" && ms > 1e12 && ms < 4e12) return Math.trunc(ms);
  }
  return Number.NaN;
}

/** -1 when unknown: zero is what a version writes that counts no tokens. */
function tokens(value: unknown): number {
  const isCount = typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 100_000_000;
  return isCount ? value : -1;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** What is known of one message: from a person (type 1), or of the agent (type 2). */
export interface Bubble {
  key: string;
  isAsked: boolean;
  timeMs: number;
  generation: string;
  model: string;
  input: number;
  output: number;
  cwd: string;
}

/** Undefined for what is no message. */
export function bubbleOf(key: string, fields: string): Bubble | undefined {
  const [type, at, request, model, input, output, folder, sent, ended] = list(JSON.parse(fields));
  if (typeof type !== "number") return undefined;
  const isAsked = type === 1;
  return {
    key,
    isAsked,
    timeMs: isAsked ? time(at, sent) : time(at, ended, sent),
    generation: word(request),
    model: word(model),
    input: tokens(input),
    output: tokens(output),
    cwd: folderOf(word(folder)),
  };
}

export const COMPOSER_PATHS = [
  "$.createdAt",
  "$.lastUpdatedAt",
  "$.status",
  "$.isDraft",
  "$.modelConfig.modelName",
  "$.workspaceIdentifier.uri.fsPath",
  "$.fullConversationHeadersOnly",
  "$.subagentComposerIds",
  "$.contextTokensUsed",
  "$.conversation[0].type",
];

export interface Composer {
  createdMs: number;
  updatedMs: number;
  status: string;
  isDraft: boolean;
  model: string;
  cwd: string;
  /** Ids of its messages, in their order. */
  order: string[];
  subagents: string[];
  /** The model's context holds something: something was asked. */
  isUsed: boolean;
  /** Its messages are in its own row, as the oldest versions wrote them. */
  hasMessages: boolean;
}

/** Undefined for what is no conversation. */
export function composerOf(fields: string): Composer | undefined {
  const values: unknown = JSON.parse(fields);
  if (!Array.isArray(values)) return undefined;
  const [created, updated, status, isDraft, model, cwd, headers, subagents, context, first]: unknown[] =
    values;
  return {
    createdMs: time(created),
    updatedMs: time(updated),
    status: word(status),
    isDraft: isDraft === 1 || isDraft === true,
    model: word(model),
    cwd: word(cwd),
    order: list(headers).map(idIn),
    subagents: list(subagents).map(word),
    isUsed: typeof context === "number" && context > 0,
    hasMessages: typeof first === "number",
  };
}

function idIn(header: unknown): string {
  const isObject = typeof header === "object" && header !== null && "bubbleId" in header;
  return isObject ? word(header.bubbleId) : "";
}

/** The path of a `file:` address; "" for a folder on another machine. */
export function folderOf(address: string): string {
  if (!address.startsWith("file://")) return "";
  try {
    return fileURLToPath(address);
  } catch {
    return "";
  }
}
