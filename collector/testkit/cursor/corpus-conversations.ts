import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import { PROMPT_CANARY, SECRET_CANARY } from "./home.ts";

type Json = Record<string, unknown>;

/**
 * What a conversation's row says of its own version. 17: of 2026. 10: of 2025, with token counts. 3: of early 2025. 1:
 * older, with its messages within.
 */
export type CorpusVersion = 1 | 3 | 10 | 17;

/** One folder's name has a space in it. */
export const WORKS = ["/home/dev/work/acme-shop", "/home/dev/work/infra tools"] as const;

const NAMESPACE = Buffer.from("00000000000040008000 00000000c0de".replace(" ", ""), "hex");

/** The same at every call: a UUID out of a name. */
export function idOf(name: string): string {
  const hash = createHash("sha1").update(NAMESPACE).update(name).digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex", 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export interface Conversation {
  composer: Json;
  header: { createdMs: number; changedMs: number; isSubagent: boolean };
  messages: Json[];
}

interface Told {
  name: string;
  createdMs: number;
  changedMs: number;
  model: string;
  folder?: string;
  more?: Json;
  messages?: Json[];
}

const T0 = Date.UTC(2026, 10, 17, 7, 20);
const DAY_MS = 86_400_000;
const OLD = Date.UTC(2025, 9, 31, 8, 40);

/** A request and an answer, and what may be of them. */
function message(name: string, type: 1 | 2, atMs: number, more: Json = {}): Json {
  return {
    _v: 3,
    type,
    bubbleId: idOf(name),
    text: "",
    unifiedMode: 2,
    requestId: type === 1 ? idOf(`${name} request`) : "",
    createdAt: new Date(atMs).toISOString(),
    tokenCount: { inputTokens: 0, outputTokens: 0 },
    context: { fileSelections: [SECRET_CANARY] },
    attachedCodeChunks: [SECRET_CANARY],
    workspaceUris: [pathToFileURL(WORKS[0]).href],
    ...more,
  };
}

function tool(name: string): Json {
  const used = {
    name,
    status: "completed",
    rawArgs: SECRET_CANARY,
    params: SECRET_CANARY,
    result: SECRET_CANARY,
  };
  return { capabilityType: 15, toolFormerData: used };
}

const text = (name: string) => ({ text: `Do it. ${PROMPT_CANARY}-${name}` });
const sonnet = { modelInfo: { modelName: "claude-sonnet-5" } };

/** An agent's work in two turns, with tools, thoughts and a sub-agent. */
function agent(): Told[] {
  const gauge = { tokensUsed: 18_204, tokenLimit: 200_000, percentageRemaining: 91 };
  const messages = [
    message("A-b1", 1, T0, { ...text("A1"), ...sonnet, contextWindowStatusAtCreation: gauge }),
    message("A-b2", 2, T0 + 3_100, { thinking: { text: SECRET_CANARY }, capabilityType: 30 }),
    message("A-b3", 2, T0 + 5_200, tool("read_file_v2")),
    message("A-b4", 2, T0 + 9_400, tool("edit_file_v2")),
    message("A-b5", 2, T0 + 15_800, tool("run_terminal_command_v2")),
    message("A-b6", 2, T0 + 21_000, { text: `Done. ${PROMPT_CANARY}-out`, usageUuid: idOf("usage") }),
    message("A-b7", 1, T0 + 90_000, { ...text("A7"), ...sonnet }),
    message("A-b8", 2, T0 + 93_000, tool("MCP-linear-create_issue")),
    message("A-b9", 2, T0 + 99_000, { text: `Test added. ${PROMPT_CANARY}-out` }),
  ];
  const more = {
    totalLinesAdded: 48,
    totalLinesRemoved: 6,
    contextTokensUsed: 41_230,
    promptTokenBreakdown: { totalUsedTokens: 41_230 },
    subagentComposerIds: [idOf("A-sub")],
  };
  const times = { createdMs: T0, changedMs: T0 + 99_500 };
  const sub = [
    message("A-sub-b1", 1, T0 + 6_000, { text: SECRET_CANARY }),
    message("A-sub-b2", 2, T0 + 8_000, { text: "found 3" }),
  ];
  return [
    { name: "A", ...times, model: "claude-sonnet-5", folder: WORKS[0], more, messages },
    {
      name: "A-sub",
      createdMs: T0 + 6_000,
      changedMs: T0 + 8_000,
      model: "composer-2.5",
      folder: WORKS[0],
      more: { contextTokensUsed: 9_100 },
      messages: sub,
    },
  ];
}

/** A question whose conversation says nothing of its last message; one of an old version, with counts and cents. */
function questions(): Told[] {
  const tb = T0 + DAY_MS;
  const uri = { workspaceUris: [pathToFileURL(WORKS[1]).href] };
  const asking = [
    message("B-b1", 1, tb, { ...text("B1"), ...uri, modelInfo: { modelName: "default" } }),
    message("B-b2", 2, tb + 4_000, { text: `A bucket. ${PROMPT_CANARY}-out`, ...uri }),
  ];
  const { createdAt: _, ...undated } = message("C-b1", 1, OLD, text("C1"));
  const counts = { inputTokens: 59_541, outputTokens: 6_700 };
  const times = { clientStartTime: 165_658.8, clientRpcSendTime: OLD, clientEndTime: OLD + 8_000 };
  const counted = message("C-b2", 2, OLD + 8_000, {
    text: `An answer. ${PROMPT_CANARY}-out`,
    tokenCount: counts,
    timingInfo: times,
  });
  const aborted = { unifiedMode: "chat", status: "aborted", contextTokensUsed: 12_044 };
  const paid = { usageData: { "claude-4.5-sonnet": { costInCents: 28, amount: 7 } }, totalLinesAdded: 12 };
  return [
    {
      name: "B",
      createdMs: tb,
      changedMs: tb + 10,
      model: "default",
      folder: WORKS[1],
      more: aborted,
      messages: asking,
    },
    {
      name: "C",
      createdMs: OLD,
      changedMs: OLD + 8_000,
      model: "claude-4.5-sonnet",
      more: paid,
      messages: [undated, counted],
    },
  ];
}

/** One that has no messages, and a draft. */
function bare(): Told[] {
  const td = T0 + 2 * DAY_MS;
  const te = T0 + 3 * DAY_MS;
  const used = { contextTokensUsed: 35_411, contextTokenLimit: 176_000 };
  const draft = { isDraft: true, status: "none" };
  return [
    { name: "D", createdMs: td, changedMs: td + 60_000, model: "gpt-5.6-sol", folder: WORKS[0], more: used },
    { name: "E", createdMs: te, changedMs: te, model: "default", folder: WORKS[0], more: draft },
  ];
}

export function corpusConversations(version: CorpusVersion): Conversation[] {
  return [...agent(), ...questions(), ...bare()].map((told) => {
    const { name, createdMs, changedMs, messages = [] } = told;
    const header = { createdMs, changedMs, isSubagent: name === "A-sub" };
    return { composer: composerOf(told, version), header, messages };
  });
}

function composerOf(
  { name, createdMs, changedMs, model, folder, more, messages = [] }: Told,
  version: CorpusVersion,
): Json {
  const listed = messages.map(({ bubbleId, type }) => ({ bubbleId, type }));
  const within = version === 1 ? { conversation: messages } : { fullConversationHeadersOnly: listed };
  const fsPath =
    version === 17 && folder !== undefined ? { uri: { fsPath: folder, scheme: "file" } } : undefined;
  return {
    ...(version > 1 && { _v: version }),
    composerId: idOf(name),
    name: `title ${SECRET_CANARY}`,
    status: "completed",
    isDraft: false,
    unifiedMode: "agent",
    createdAt: createdMs,
    lastUpdatedAt: changedMs,
    ...within,
    conversationMap: {},
    originalFileStates: { [`file://${WORKS[0]}`]: { content: SECRET_CANARY } },
    usageData: {},
    modelConfig: { modelName: model, maxMode: false },
    ...(fsPath !== undefined && { workspaceIdentifier: fsPath }),
    ...more,
  };
}
