import { fileURLToPath } from "node:url";
import * as z from "zod";

/**
 * Named fields alone are taken out of a row, inside SQLite: nothing else of it becomes part of this program's memory.
 * A value that is not JSON, or is very large, gives null.
 */
export function fieldsOf(paths: readonly string[]): string {
  const list = paths.map((path) => `'${path}'`).join(", ");
  return `CASE WHEN octet_length(value) < ${MOST_BYTES} AND json_valid(CAST(value AS TEXT))
    THEN json_extract(CAST(value AS TEXT), ${list}) END AS fields`;
}
const MOST_BYTES = 16 * 1024 * 1024;

export const BUBBLE_PATHS = [
  "$.type",
  "$.createdAt",
  "$.requestId",
  "$.modelInfo.modelName",
  "$.tokenCount.inputTokens",
  "$.tokenCount.outputTokens",
  "$.workspaceUris[0]",
];

const word = z.string().max(4_096).catch("");
/** Milliseconds since the Unix epoch, as a number or as ISO 8601; NaN when unknown. */
const time = z
  .union([z.number(), z.string().transform((text) => Date.parse(text))])
  .catch(Number.NaN)
  .transform((ms) => (ms > 0 && ms < 4e12 ? Math.trunc(ms) : Number.NaN));
/** Zero is what a version writes that counts no tokens. */
const tokens = z.int().positive().max(100_000_000).catch(-1);

const Bubble = z.tuple([z.number(), time, word, word, tokens, tokens, word]);

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
  const parsed = Bubble.safeParse(JSON.parse(fields));
  if (!parsed.success) return undefined;
  const [type, timeMs, generation, model, input, output, folder] = parsed.data;
  return { key, isAsked: type === 1, timeMs, generation, model, input, output, cwd: folderOf(folder) };
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

const flag = z.union([z.boolean(), z.number().transform((n) => n !== 0)]).catch(false);
const Composer = z.tuple([
  time,
  time,
  word,
  flag,
  word,
  word,
  z.array(z.object({ bubbleId: z.string() }).catch({ bubbleId: "" })).catch([]),
  z.array(z.string().catch("")).catch([]),
  z.number().catch(0),
]);

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

export function composerOf(fields: string): Composer | undefined {
  const parsed = Composer.safeParse(JSON.parse(fields));
  if (!parsed.success) return undefined;
  const [createdMs, updatedMs, status, isDraft, model, cwd, headers, subagents, context] = parsed.data;
  const order = headers.map(({ bubbleId }) => bubbleId);
  return { createdMs, updatedMs, status, isDraft, model, cwd, order, subagents, isUsed: context > 0 };
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
