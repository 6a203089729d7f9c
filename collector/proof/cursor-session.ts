import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { inventedWord, type Planted } from "./canaries.ts";
import { answerOf, type Invented, promptOf, type Secret } from "./session.ts";

type Json = Record<string, unknown>;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const TURNS = 2;
const TABLES = `PRAGMA journal_mode = WAL;
  CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
  CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);
  CREATE TABLE composerHeaders (composerId TEXT PRIMARY KEY, workspaceId TEXT, createdAt INTEGER,
    lastUpdatedAt INTEGER, isArchived INTEGER, isSubagent INTEGER, recency INTEGER, checkpointAt INTEGER, value TEXT)`;

/** Where an invented Cursor keeps what it writes. */
export interface CursorFolders {
  projects: string;
  userDir: string;
}

export function cursorFolders(home: string): CursorFolders {
  return { projects: path.join(home, "cursor", "projects"), userDir: path.join(home, "cursor", "User") };
}

/**
 * Writes an invented Cursor: its database and transcripts of one conversation from now and one from before, with
 * something planted in every place that they have, the table of its login included.
 */
export function writeCursorHome(
  home: string,
  planted: Planted,
  { secrets, nowMs }: { secrets: readonly Secret[]; nowMs: number },
): Invented {
  const { projects, userDir } = cursorFolders(home);
  const storage = path.join(userDir, "globalStorage");
  mkdirSync(storage, { recursive: true, mode: 0o700 });
  const db = new DatabaseSync(path.join(storage, "state.vscdb"));
  try {
    db.exec(TABLES);
    const cursor = new Cursor(db, projects, planted);
    cursor.writeLogin();
    cursor.writeConversation([oldTurn(planted, nowMs - 2 * DAY_MS)]);
    const turns = Array.from({ length: TURNS }, (_, n) => ({
      atMs: nowMs - (10 - n) * MINUTE_MS,
      prompt: promptOf(planted, n, secrets.slice(n, n + 1)),
      answer: answerOf(planted, []),
    }));
    cursor.writeConversation(turns);
  } finally {
    db.close();
  }
  // One more request than its files tell of: a hook does.
  return { source: "cursor", prompts: TURNS, requests: TURNS + 1, answers: TURNS };
}

interface Turn {
  atMs: number;
  prompt: string;
  answer: string;
}

/** From before: it may be counted, and no text of it may be read. */
function oldTurn(planted: Planted, atMs: number): Turn {
  const name = planted.name("old", "a name in an old prompt to Cursor");
  const word = planted.word("old", "a word of an old answer of Cursor's");
  return { atMs, prompt: `Tell ${name} about the release.`, answer: `Told: ${word}.` };
}

class Cursor {
  readonly #db: DatabaseSync;
  readonly #projects: string;
  readonly #planted: Planted;
  readonly #cwd: string;

  constructor(db: DatabaseSync, projects: string, planted: Planted) {
    this.#db = db;
    this.#projects = projects;
    this.#planted = planted;
    this.#cwd = `/home/${inventedWord(3)}/${planted.word("place", "a folder that Cursor has open")}`;
  }

  /** Read by nobody: SQLite itself refuses that table. */
  writeLogin(): void {
    const put = this.#db.prepare("INSERT INTO ItemTable VALUES (?, ?)");
    for (const key of ["accessToken", "refreshToken", "cachedEmail"]) {
      put.run(`cursorAuth/${key}`, this.#planted.word("login", `Cursor's ${key}`));
    }
  }

  writeConversation(turns: readonly Turn[]): void {
    const id = this.#planted.uuid("a conversation's id");
    const ids = turns.flatMap((turn) => this.#writeBubbles(id, turn));
    const [first, last] = [turns[0]?.atMs ?? 0, turns.at(-1)?.atMs ?? 0];
    this.#put(`composerData:${id}`, {
      _v: 17,
      name: this.#planted.word("tool", "the title of a conversation"),
      status: "completed",
      createdAt: first,
      lastUpdatedAt: last,
      modelConfig: { modelName: "claude-4-sonnet" },
      workspaceIdentifier: { uri: { fsPath: this.#cwd } },
      fullConversationHeadersOnly: ids.map((bubbleId) => ({ bubbleId })),
    });
    const header = this.#db.prepare(
      `INSERT INTO composerHeaders (composerId, createdAt, lastUpdatedAt, isSubagent, recency)
       VALUES (?, ?, ?, 0, ?)`,
    );
    header.run(id, first, last, last);
    this.#writeTranscript(id, turns);
  }

  #writeBubbles(conversation: string, { atMs, prompt, answer }: Turn): string[] {
    const write = (type: number, ms: number, more: Json) => {
      const bubbleId = this.#planted.uuid("a message's id in Cursor's database");
      const createdAt = new Date(atMs + ms).toISOString();
      this.#put(`bubbleId:${conversation}:${bubbleId}`, { _v: 3, type, bubbleId, createdAt, ...more });
      return bubbleId;
    };
    const attached = this.#planted.word("tool", "a file that was attached to a prompt");
    const result = this.#planted.word("tool", "a tool's result in Cursor's database");
    const thought = this.#planted.word("tool", "thinking in Cursor's database");
    const diff = this.#planted.word("tool", "a diff in Cursor's database");
    this.#put(`codeBlockDiff:${conversation}:${diff}`, { newModelDiff: diff });
    return [
      write(1, 0, {
        text: prompt,
        requestId: this.#planted.uuid("a request's id in Cursor's database"),
        context: { fileSelections: [attached] },
      }),
      write(2, 1_000, { text: "", toolFormerData: { name: "read_file", rawArgs: "{}", result } }),
      write(2, 2_000, { text: answer, thinking: { text: thought } }),
    ];
  }

  #writeTranscript(id: string, turns: readonly Turn[]): void {
    const munged = this.#cwd.replaceAll(/[^A-Za-z0-9]/g, "-").slice(1);
    const folder = path.join(this.#projects, munged, "agent-transcripts", id);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lines = turns.flatMap(({ prompt, answer }) => [
      said("user", { type: "text", text: `<user_query>\n${prompt}\n</user_query>` }),
      said("assistant", {
        type: "tool_use",
        name: "Shell",
        input: { command: this.#planted.word("tool", "a command in Cursor's transcript") },
      }),
      said("assistant", { type: "text", text: answer }),
      { type: "turn_ended", status: "success" },
    ]);
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    writeFileSync(path.join(folder, `${id}.jsonl`), text, { mode: 0o600 });
  }

  #put(key: string, value: Json): void {
    this.#db.prepare("INSERT INTO cursorDiskKV VALUES (?, ?)").run(key, JSON.stringify(value));
  }
}

function said(role: string, content: Json): Json {
  return { role, message: { content: [content] } };
}
