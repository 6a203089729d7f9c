/** Makes a home with everything that Cursor writes, in several versions, and lists what a reader is to find in it. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Conversation,
  corpusConversations,
  type CorpusVersion,
  idOf,
  WORKS,
} from "./corpus-conversations.ts";
import { writeOtherTiers } from "./corpus-others.ts";
import { munged, PROMPT_CANARY, SECRET_CANARY } from "./home.ts";
import { CursorStorage } from "./storage.ts";

export interface CorpusOptions {
  version?: CorpusVersion;
  /** The database keeps a list of its conversations. */
  headers?: boolean;
}

type Json = Record<string, unknown>;

export class CursorCorpus {
  readonly home: string;
  readonly userDir: string;
  readonly storage: CursorStorage;
  readonly #version: CorpusVersion;
  readonly #headers: boolean;

  constructor(home: string, { version = 17, headers = version === 17 }: CorpusOptions = {}) {
    this.home = home;
    this.userDir = path.join(home, ".config", "Cursor", "User");
    this.#version = version;
    this.#headers = headers;
    const file = path.join(this.userDir, "globalStorage", "state.vscdb");
    this.storage = new CursorStorage(file, { journal: "wal", headers });
    this.storage.transaction(() => {
      this.#login();
      for (const each of corpusConversations(version)) this.#conversation(each);
      this.#traps();
    });
    this.#rewritten();
    for (const folder of WORKS) this.workspace(folder);
    this.#transcripts();
    writeOtherTiers(home);
  }

  /** Another answer of the first conversation, which is in the log alone. */
  live(): void {
    this.storage.keepInLog();
    const answer = { type: 2, createdAt: new Date(T0 + 120_000).toISOString(), text: PROMPT_CANARY };
    this.storage.put(`bubbleId:${A}:${idOf("live")}`, answer);
  }

  /** The database of one folder. */
  workspaceFile(folder: string): string {
    const name = createHash("md5").update(folder).digest("hex");
    return path.join(this.userDir, "workspaceStorage", name, "state.vscdb");
  }

  workspace(folder: string): void {
    const file = this.workspaceFile(folder);
    const storage = new CursorStorage(file, { journal: "rollback" });
    const head = { composerId: idOf("C"), createdAt: 1, unifiedMode: "agent" };
    const item = (key: string, value: unknown) => storage.put(key, value, { table: "ItemTable" });
    item("composer.composerData", { allComposers: [head], selectedComposerIds: [A] });
    item("aiService.generations", [{ unixMs: T0, type: "composer", textDescription: SECRET_CANARY }]);
    item("aiService.prompts", [{ text: SECRET_CANARY, commandType: 4 }]);
    storage.close();
    writeFileSync(
      path.join(path.dirname(file), "workspace.json"),
      JSON.stringify({ folder: pathToFileURL(folder).href }),
    );
  }

  close(): void {
    this.storage.close();
  }

  #login(): void {
    const item = (key: string, value: unknown) => this.storage.put(key, value, { table: "ItemTable" });
    for (const key of ["cursorAuth/accessToken", "cursorAuth/refreshToken"]) item(key, SECRET_CANARY);
    item("cursorAuth/cachedEmail", `${SECRET_CANARY}@example.com`);
    item("composer.composerHeaders", { allComposers: [{ composerId: A, name: SECRET_CANARY }] });
  }

  #conversation({ composer, header, messages }: Conversation): void {
    const id = String(composer["composerId"]);
    this.storage.put(`composerData:${id}`, composer);
    if (this.#headers) {
      const { createdMs, changedMs, isSubagent } = header;
      this.storage.putHeader({ id, createdMs, changedMs, isSubagent, value: { name: SECRET_CANARY } });
    }
    // The oldest version has them in the conversation's own row.
    if (this.#version === 1) return;
    for (const [n, message] of messages.entries()) {
      const json = JSON.stringify(message);
      const key = `bubbleId:${id}:${String(message["bubbleId"])}`;
      this.storage.put(key, n % 3 === 2 ? Buffer.from(json) : json);
    }
  }

  /** Rows that a reader may stumble over, or is not to look into. */
  #traps(): void {
    const file = { uri: WORKS[0], content: SECRET_CANARY };
    const rows: [string, unknown][] = [
      [`messageRequestContext:${A}:${idOf("b")}`, { projectLayouts: [SECRET_CANARY] }],
      [`checkpointId:${A}:${idOf("cp")}`, { files: [file] }],
      [`codeBlockDiff:${A}:${idOf("diff")}`, { newModelDiffWrtV0: [SECRET_CANARY] }],
      [`codeBlockPartialInlineDiffFates:${A}:${idOf("fate")}`, [{ fate: "accepted", addedLines: 3 }]],
      [`inlineDiffs-${idOf("ws")}`, []],
      [`inlineDiff:${idOf("ws")}:${idOf("inline")}`, file],
      [`ofsContent:${idOf("ofs")}`, SECRET_CANARY],
      ["composer.content.aaa", `${SECRET_CANARY}\na\n`],
      [
        `agentKv:blob:${"a".repeat(64)}`,
        Buffer.from(JSON.stringify({ role: "user", content: SECRET_CANARY })),
      ],
      [`agentKv:blob:${"b".repeat(64)}`, Buffer.from([10, 32, 255, 254, 0])],
      [`agentKv:checkpoint:${idOf("D")}`, "c".repeat(64)],
      [`bubbleId:${idOf("gone")}:${idOf("orphan")}`, { type: 2, text: SECRET_CANARY }],
      [`bubbleId:task-call_abc123\nfc_def456:${idOf("task")}`, { type: 2, text: SECRET_CANARY }],
      [`bubbleId:${A}:${idOf("null")}`, null],
      [`bubbleId:${A}:${idOf("torn")}`, `{"_v":3,"type":2,"text":"${SECRET_CANARY}`],
    ];
    for (const [key, value] of rows) this.storage.put(key, value);
  }

  /** An answer that came in piece by piece: its row has a new number each time, or is changed in its place. */
  #rewritten(): void {
    const last = corpusConversations(this.#version)[0]?.messages.at(-1);
    if (last === undefined || this.#version === 1) return;
    const key = `bubbleId:${A}:${String(last["bubbleId"])}`;
    this.storage.put(key, { ...last, text: "Test" });
    this.storage.update(key, { ...last, text: "Test add" });
    this.storage.put(key, last, { how: "upsert" });
  }

  #transcripts(): void {
    const dir = path.join(this.home, ".cursor", "projects", munged(WORKS[0]), "agent-transcripts");
    const write = (file: string, lines: Json[]) => {
      mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
      writeFileSync(path.join(dir, file), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    };
    const F = idOf("cli-F");
    write(`${A}/${A}.jsonl`, [
      asked(
        `<timestamp>Tuesday, Nov 17, 2026, 7:20 AM (UTC)</timestamp>\n<user_query>\n${prompt("A1")}\n</user_query>`,
      ),
      did("I'll read the code first.\n\n[REDACTED]", "Read", { path: `${WORKS[0]}/src/checkout.ts` }),
      did("", "Shell", { command: `npm test -- ${SECRET_CANARY}` }),
      did("", "Task", { subagent_type: "explore", prompt: SECRET_CANARY }),
      did(`Done. ${PROMPT_CANARY}-out`),
      { type: "turn_ended", status: "success" },
      asked(`<user_query>\n${prompt("A7")}\n</user_query>`),
      did("", "CallMcpTool", { server: "linear", arguments: { title: SECRET_CANARY } }),
      did(`Test added. ${PROMPT_CANARY}-out`),
      { type: "turn_ended", status: "success" },
    ]);
    write(`${A}/subagents/${idOf("A-sub")}.jsonl`, [
      asked(SECRET_CANARY),
      did("", "Grep", { pattern: SECRET_CANARY }),
      did("found 3"),
    ]);
    write(`${F}/${F}.jsonl`, [
      asked(`<user_query>\n${prompt("F1")}\n</user_query>`),
      did("", "Write", { path: `${WORKS[0]}/Dockerfile`, contents: SECRET_CANARY }),
      { type: "turn_ended", status: "error", error: `User aborted ${SECRET_CANARY}` },
    ]);
  }
}

const A = idOf("A");
const T0 = Date.UTC(2026, 10, 17, 7, 20);

function prompt(name: string): string {
  return `Do it. ${PROMPT_CANARY}-${name}`;
}

function asked(text: string): Json {
  return { role: "user", message: { content: [{ type: "text", text }] } };
}

function did(text: string, name?: string, input?: Json): Json {
  const content: Json[] = text === "" ? [] : [{ type: "text", text }];
  if (name !== undefined) content.push({ type: "tool_use", name, input });
  return { role: "assistant", message: { content } };
}
