/** Makes the data of an invented Cursor: databases and transcripts, with what a reader may stumble over. */
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { CursorStorage } from "./storage.ts";

/** Text of the user's. It leaves in the mode that sends prompts and answers, and in no other. */
export const PROMPT_CANARY = "CANARY-PROMPT-of-an-invented-user";
/** Login tokens, file contents, arguments and results of tools: it leaves in no mode. */
export const SECRET_CANARY = "CANARY-SECRET-never-to-be-read";

/** `headers`: as of 2026. `composers`: without a list of conversations. `tokens`: as of 2025, with token counts. */
export type CursorVersion = "headers" | "composers" | "tokens";

export interface InventedTurn {
  /** Milliseconds since the Unix epoch, UTC. */
  atMs: number;
  prompt: string;
  answer: string;
  /** The version counts tokens. */
  tokens?: { input: number; output: number };
  /** Nothing came back. */
  isUnanswered?: boolean;
}

export interface InventedConversation {
  id: string;
  folder: string;
  model: string;
  turns: InventedTurn[];
  status?: string;
  /** The conversation that began this one. */
  parent?: string;
  /** What Cursor wrote of it. */
  tiers?: readonly ("database" | "transcript")[];
  /** The database keeps the conversation, and not its messages. */
  withoutMessages?: boolean;
}

export function uuid(name: string): string {
  const hex = createHash("sha256").update(name).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The name that Cursor gives the folder of a project's transcripts. */
export function munged(folder: string): string {
  return folder.replaceAll(/[^A-Za-z0-9]/g, "-").replaceAll(/^-+|-+$/g, "");
}

export class CursorHome {
  readonly home: string;
  readonly userDir: string;
  readonly version: CursorVersion;
  readonly storage: CursorStorage;

  constructor(home: string, version: CursorVersion = "headers") {
    this.home = home;
    this.userDir = path.join(home, ".config", "Cursor", "User");
    this.version = version;
    const file = path.join(this.userDir, "globalStorage", "state.vscdb");
    this.storage = new CursorStorage(file, { journal: "wal", headers: version === "headers" });
    for (const key of ["cursorAuth/accessToken", "cursorAuth/refreshToken"]) {
      this.storage.put(key, SECRET_CANARY, { table: "ItemTable" });
    }
    this.#traps();
  }

  /** Writes all of a conversation, or what was added to it. */
  write(conversation: InventedConversation): void {
    const { tiers = ["database", "transcript"] } = conversation;
    if (tiers.includes("transcript")) this.#writeTranscript(conversation);
    if (tiers.includes("database")) this.writeRows(conversation);
  }

  transcriptFile({ id, folder, parent }: Pick<InventedConversation, "id" | "folder" | "parent">): string {
    const dir = path.join(this.home, ".cursor", "projects", munged(folder), "agent-transcripts");
    return parent === undefined
      ? path.join(dir, id, `${id}.jsonl`)
      : path.join(dir, parent, "subagents", `${id}.jsonl`);
  }

  #writeTranscript(conversation: InventedConversation): void {
    const file = this.transcriptFile(conversation);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, "");
    for (const turn of conversation.turns) this.appendTurn(conversation, turn);
  }

  /** The lines of one more turn, as they are when it is over. */
  appendTurn(conversation: InventedConversation, turn: InventedTurn): void {
    const file = this.transcriptFile(conversation);
    mkdirSync(path.dirname(file), { recursive: true });
    appendFileSync(
      file,
      transcriptLines(conversation, turn)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(""),
    );
  }

  /** All rows of a conversation: what was there is written again, as Cursor does. */
  writeRows(conversation: InventedConversation, how: "replace" | "upsert" = "replace"): void {
    const { id, turns, parent } = conversation;
    const bubbles =
      conversation.withoutMessages === true
        ? []
        : turns.flatMap((turn, n) => bubblesOf(this, { conversation, turn, n }));
    const changedMs = (turns.at(-1)?.atMs ?? 0) + 9_000;
    const createdMs = turns[0]?.atMs ?? 0;
    this.storage.transaction(() => {
      for (const [n, bubble] of bubbles.entries()) {
        const json = JSON.stringify(bubble);
        // Newer rows are stored as bytes.
        this.storage.put(
          `bubbleId:${id}:${String(bubble["bubbleId"])}`,
          n % 2 === 0 ? json : Buffer.from(json),
          {
            how,
          },
        );
      }
      this.storage.put(
        `composerData:${id}`,
        composerOf(this, { conversation, bubbles, createdMs, changedMs }),
        { how },
      );
      if (this.version === "headers") {
        this.storage.putHeader({ id, createdMs, changedMs, isSubagent: parent !== undefined });
      }
    });
  }

  /** A folder that was opened in the editor. Its own database has a rollback journal. */
  openFolder(folder: string): string {
    const dir = path.join(this.userDir, "workspaceStorage", createHash("md5").update(folder).digest("hex"));
    mkdirSync(dir, { recursive: true });
    writeFileSync(path.join(dir, "workspace.json"), JSON.stringify({ folder: pathToFileURL(folder).href }));
    const file = path.join(dir, "state.vscdb");
    const storage = new CursorStorage(file, { journal: "rollback" });
    const generations = [{ unixMs: 1, textDescription: SECRET_CANARY }];
    storage.put("aiService.generations", generations, { table: "ItemTable" });
    storage.close();
    return file;
  }

  close(): void {
    this.storage.close();
  }

  #traps(): void {
    const orphan = uuid("orphan");
    this.storage.put(`composer.content.${uuid("content")}`, SECRET_CANARY);
    this.storage.put(`messageRequestContext:${orphan}:${uuid("b")}`, { files: [SECRET_CANARY] });
    this.storage.put(`bubbleId:task-call_1\nfc_2:${uuid("task")}`, { type: 2, text: SECRET_CANARY });
    this.storage.put(`bubbleId:${orphan}:${uuid("left")}`, { type: 2, text: SECRET_CANARY });
    this.storage.put(`agentKv:blob:${"0".repeat(64)}`, Buffer.from([10, 32, 255, 254]));
  }

  /** Rows of a conversation that nobody can read: two. */
  breakRows(id: string): void {
    this.storage.put(`bubbleId:${id}:${uuid("null")}`, null);
    this.storage.put(`bubbleId:${id}:${uuid("torn")}`, `{"_v":3,"type":2,"text":"${SECRET_CANARY}`);
  }
}

type Json = Record<string, unknown>;

function transcriptLines(
  { folder, parent }: InventedConversation,
  { atMs, prompt, answer, isUnanswered }: InventedTurn,
): Json[] {
  const message = (role: string, ...content: Json[]) => ({ role, message: { content } });
  const stamp = new Date(atMs)
    .toLocaleString("en-US", {
      weekday: "long",
      month: "short",
      day: "numeric",
      year: "numeric",
      hour: "numeric",
      minute: "2-digit",
      timeZone: "UTC",
    })
    .replaceAll("\u202f", " ")
    .replace(/ at /, ", ");
  const asked =
    parent === undefined
      ? `<timestamp>${stamp} (UTC)</timestamp>\n<user_query>\n${prompt} ${PROMPT_CANARY}\n</user_query>`
      : `${prompt} ${PROMPT_CANARY}`;
  const lines: Json[] = [message("user", { type: "text", text: asked })];
  if (isUnanswered === true) return [...lines, { type: "turn_ended", status: "error", error: "aborted" }];
  const read = { type: "tool_use", name: "Read", input: { path: `${folder}/src/${SECRET_CANARY}.ts` } };
  const run = { type: "tool_use", name: "Shell", input: { command: SECRET_CANARY } };
  lines.push(message("assistant", { type: "text", text: "[REDACTED]" }, read));
  lines.push(message("assistant", run));
  lines.push(message("assistant", { type: "text", text: `${answer} ${PROMPT_CANARY}` }));
  lines.push({ type: "turn_ended", status: "success" });
  return lines;
}

interface Place {
  conversation: InventedConversation;
  turn: InventedTurn;
  n: number;
}

function bubblesOf({ version }: CursorHome, { conversation: { id, folder, model }, turn, n }: Place): Json[] {
  const at = (ms: number) =>
    version === "tokens" ? {} : { createdAt: new Date(turn.atMs + ms).toISOString() };
  const bubble = (name: string, type: number, text: string, more: Json): Json => ({
    _v: 3,
    type,
    bubbleId: uuid(`${id} ${n} ${name}`),
    text,
    tokenCount: { inputTokens: 0, outputTokens: 0 },
    context: { mentions: [SECRET_CANARY] },
    ...more,
  });
  const asked = bubble("asked", 1, `${turn.prompt} ${PROMPT_CANARY}`, {
    ...at(0),
    requestId: uuid(`${id} ${n} request`),
    modelInfo: { modelName: model },
    ...(version === "headers" ? {} : { workspaceUris: [pathToFileURL(folder).href] }),
  });
  if (turn.isUnanswered === true) return [asked];
  const tool = bubble("tool", 2, "", {
    createdAt: new Date(turn.atMs + 2_000).toISOString(),
    capabilityType: 15,
    toolFormerData: {
      name: "read_file_v2",
      status: "completed",
      rawArgs: SECRET_CANARY,
      result: SECRET_CANARY,
    },
  });
  const thinking = bubble("thinking", 2, "", {
    createdAt: new Date(turn.atMs + 3_000).toISOString(),
    thinking: { text: SECRET_CANARY },
  });
  const { tokens = { input: 0, output: 0 } } = turn;
  const answer = bubble("answer", 2, `${turn.answer} ${PROMPT_CANARY}`, {
    createdAt: new Date(turn.atMs + 8_000).toISOString(),
    tokenCount: { inputTokens: tokens.input, outputTokens: tokens.output },
  });
  return [asked, tool, thinking, answer];
}

function composerOf(
  { version }: CursorHome,
  {
    conversation: { folder, model, status = "completed" },
    bubbles,
    createdMs,
    changedMs,
  }: { conversation: InventedConversation; bubbles: Json[]; createdMs: number; changedMs: number },
): Json {
  return {
    _v: version === "tokens" ? 10 : 17,
    name: `title ${SECRET_CANARY}`,
    status,
    isDraft: false,
    unifiedMode: "agent",
    createdAt: createdMs,
    lastUpdatedAt: changedMs,
    fullConversationHeadersOnly: bubbles.map(({ bubbleId, type }) => ({ bubbleId, type })),
    modelConfig: { modelName: model },
    contextTokensUsed: 41_230,
    contextTokenLimit: 200_000,
    usageData: {},
    totalLinesAdded: 48,
    totalLinesRemoved: 6,
    ...(version === "headers" && { workspaceIdentifier: { uri: { fsPath: folder, scheme: "file" } } }),
  };
}
