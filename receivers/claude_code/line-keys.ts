import { KeyTable } from "./cursor.ts";

/** What a line is. Types without a meaning here are `other`; names never seen before are `unknown`. */
export const Kind = {
  none: 0,
  assistant: 1,
  user: 2,
  attachment: 3,
  progress: 4,
  system: 5,
  other: 6,
  unknown: 7,
} as const;

/** Strings of a line that are kept as byte positions until somebody needs them. */
export const Field = {
  timestamp: 1,
  uuid: 2,
  sessionId: 3,
  originalSession: 4,
  requestId: 5,
  cwd: 6,
  version: 7,
  promptId: 8,
  promptSource: 9,
  originKind: 10,
  messageId: 11,
  model: 12,
  stopReason: 13,
  serviceTier: 14,
  inferenceGeo: 15,
  speed: 16,
  iterations: 17,
  text: 18,
  sourceUuid: 19,
  attachmentType: 20,
  nestedTimestamp: 21,
  nestedRequestId: 22,
} as const;
export const FIELDS = 23;

/** Token counts of a line; -1 where the line has none. */
export const Count = {
  input: 0,
  output: 1,
  cacheWrite: 2,
  cacheRead: 3,
  write5m: 4,
  write1h: 5,
  webSearch: 6,
} as const;
export const COUNTS = 7;

export const TYPES = new KeyTable({
  assistant: Kind.assistant,
  user: Kind.user,
  attachment: Kind.attachment,
  progress: Kind.progress,
  system: Kind.system,
  ...Object.fromEntries(
    (
      "summary last-prompt ai-title custom-title agent-name agent-setting agent-color tag mode permission-mode atis-latch " +
      "pr-link file-history-snapshot file-history-delta worktree-state relocated continued-in fork-context-ref frame-link " +
      "bridge-session attribution-snapshot saved_hook_context cost-state queue-operation content-replacement started result"
    )
      .split(" ")
      .map((name) => [name, Kind.other]),
  ),
});

export const T = {
  type: 1, timestamp: 2, uuid: 3, sessionId: 4, session_id: 5, requestId: 6, cwd: 7, version: 8, promptId: 9, promptSource: 10,
  origin: 11, message: 12, isSidechain: 13, isMeta: 14, isCompactSummary: 15, isVisibleInTranscriptOnly: 16, turnCompanion: 17,
  toolUseResult: 18, attachment: 19, data: 20, agentId: 21, parentUuid: 22,
} as const; // prettier-ignore
export const TOP = new KeyTable(T);
/** The field that keeps a top-level string, by key; 0 for keys that need more. */
export const KEPT = new Uint8Array(32);
KEPT[T.timestamp] = Field.timestamp;
KEPT[T.uuid] = Field.uuid;
KEPT[T.sessionId] = Field.sessionId;
KEPT[T.session_id] = Field.originalSession;
KEPT[T.requestId] = Field.requestId;
KEPT[T.cwd] = Field.cwd;
KEPT[T.version] = Field.version;
KEPT[T.promptId] = Field.promptId;
KEPT[T.promptSource] = Field.promptSource;
export const M = { id: 1, model: 2, stop_reason: 3, usage: 4, content: 5 } as const;
export const MESSAGE = new KeyTable(M);
export const U = {
  input_tokens: 1, output_tokens: 2, cache_creation_input_tokens: 3, cache_read_input_tokens: 4, cache_creation: 5,
  server_tool_use: 6, service_tier: 7, inference_geo: 8, speed: 9, iterations: 10,
  ephemeral_5m_input_tokens: 11, ephemeral_1h_input_tokens: 12, web_search_requests: 13,
} as const; // prettier-ignore
export const USAGE = new KeyTable(U);
export const B = { type: 1, id: 2, name: 3, tool_use_id: 4, text: 5, prompt: 6, origin: 7, source_uuid: 8, kind: 9, searchCount: 10, message: 11, agentId: 12 } as const; // prettier-ignore
export const BLOCK = new KeyTable(B);
export const V = { tool_use: 1, tool_result: 2, image: 3, text: 4, document: 5 } as const;
export const BLOCK_TYPE = new KeyTable(V);
export const WEB_SEARCH = new KeyTable({ WebSearch: 1 });
