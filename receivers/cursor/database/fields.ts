import { fileURLToPath } from "node:url";

const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Named fields alone are taken out of a row, inside SQLite: nothing else of it becomes part of this program's memory.
 * A value that is not JSON, or is very large, gives null.
 */
export function fieldsOf(paths: readonly string[]): string {
  const named = paths.map((path) => `'${path}'`).join(", ");
  return `CASE WHEN octet_length(value) < ${MOST_BYTES} AND json_valid(CAST(value AS TEXT))
    THEN json_extract(CAST(value AS TEXT), ${named}) END AS fields`;
}
export const BUBBLE_PATHS = [
  "$.type",
  "$.createdAt",
  "$.requestId",
  "$.modelInfo.modelName",
  "$.tokenCount.inputTokens",
  "$.tokenCount.outputTokens",
  "$.workspaceUris[0]",
];

// Checked by hand: a schema's library would be loaded into the thread once more, and take more memory than all else in it.

function word(value: unknown): string {
  return typeof value === "string" && value.length <= 4_096 ? value : "";
}

/** Milliseconds since the Unix epoch, as a number or as ISO 8601; NaN when unknown. */
function time(value: unknown): number {
  const ms = typeof value === "string" ? Date.parse(value) : value;
  return typeof ms === "number" && ms > 0 && ms < 4e12 ? Math.trunc(ms) : Number.NaN;
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
  const [type, at, request, model, input, output, folder] = list(JSON.parse(fields));
  if (typeof type !== "number") return undefined;
  return {
    key,
    isAsked: type === 1,
    timeMs: time(at),
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
}

/** Undefined for what is no conversation. */
export function composerOf(fields: string): Composer | undefined {
  const values: unknown = JSON.parse(fields);
  if (!Array.isArray(values)) return undefined;
  const [created, updated, status, isDraft, model, cwd, headers, subagents, context]: unknown[] = values;
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
