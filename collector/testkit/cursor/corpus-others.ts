import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { idOf, WORKS } from "./corpus-conversations.ts";
import { munged, PROMPT_CANARY, SECRET_CANARY } from "./home.ts";

const T0 = Date.UTC(2026, 10, 17, 7, 20);

/** What Cursor writes beside conversations. A reader has no business in it. */
export function writeOtherTiers(home: string): void {
  attribution(path.join(home, ".cursor", "ai-tracking", "ai-code-tracking.db"));
  const hash = createHash("md5").update(WORKS[0]).digest("hex");
  commandLine(path.join(home, ".cursor", "chats", hash, idOf("cli-F"), "store.db"));
  writeHookPayloads(path.join(home, "hooks"), home);
}

function opened(file: string): DatabaseSync {
  mkdirSync(path.dirname(file), { recursive: true });
  const db = new DatabaseSync(file);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA user_version = 1;");
  return db;
}

/** Who wrote which lines, with whole files. */
function attribution(file: string): void {
  const db = opened(file);
  db.exec(`CREATE TABLE ai_code_hashes (hash TEXT PRIMARY KEY, source TEXT NOT NULL, fileName TEXT, requestId TEXT,
      conversationId TEXT, timestamp INTEGER, model TEXT, createdAt INTEGER NOT NULL);
    CREATE TABLE scored_commits (commitHash TEXT, branchName TEXT, linesAdded INTEGER, commitMessage TEXT,
      PRIMARY KEY (commitHash, branchName));
    CREATE TABLE conversation_summaries (conversationId TEXT PRIMARY KEY, title TEXT, updatedAt INTEGER NOT NULL);
    CREATE TABLE tracked_file_content (gitPath TEXT PRIMARY KEY, content TEXT, conversationId TEXT);`);
  const insert = db.prepare("INSERT INTO ai_code_hashes VALUES (?, ?, ?, ?, ?, ?, 'default', ?)");
  for (let n = 0; n < 48; n += 1) {
    const source = n % 6 === 0 ? "tab" : "composer";
    insert.run(`h${n}`, source, `${WORKS[0]}/src/a.ts`, idOf("A-request1"), idOf("A"), T0 + n, T0 + n);
  }
  db.prepare("INSERT INTO scored_commits VALUES ('0a1b2c3d', 'main', 60, ?)").run(SECRET_CANARY);
  db.prepare("INSERT INTO tracked_file_content VALUES ('src/a.ts', ?, ?)").run(SECRET_CANARY, idOf("A"));
  db.close();
}

/** What the command line keeps of a chat. */
function commandLine(file: string): void {
  const db = opened(file);
  db.exec(
    "CREATE TABLE blobs (id TEXT PRIMARY KEY, data BLOB); CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT);",
  );
  const meta = {
    agentId: idOf("cli-F"),
    name: SECRET_CANARY,
    mode: "default",
    lastUsedModel: "composer-2.5",
  };
  db.prepare("INSERT INTO meta VALUES ('0', ?)").run(Buffer.from(JSON.stringify(meta)).toString("hex"));
  const row = JSON.stringify({ role: "user", content: [{ type: "text", text: SECRET_CANARY }] });
  db.prepare("INSERT INTO blobs VALUES ('b', ?)").run(Buffer.from(row));
  db.close();
}

/** What Cursor gives a hook on its standard input, by the hook's event. */
function hookPayloads(home: string): Map<string, Record<string, unknown>> {
  const A = idOf("A");
  const common = {
    conversation_id: A,
    generation_id: idOf("generation"),
    model: "claude-sonnet-5",
    session_id: A,
    cursor_version: "3.18.25",
    workspace_roots: [WORKS[0]],
    user_email: `${SECRET_CANARY}@example.com`,
    transcript_path: path.join(
      home,
      ".cursor/projects",
      munged(WORKS[0]),
      "agent-transcripts",
      A,
      `${A}.jsonl`,
    ),
  };
  const tokens = {
    input_tokens: 23_666,
    output_tokens: 512,
    cache_read_tokens: 21_000,
    cache_write_tokens: 1_200,
  };
  const edit = { old_string: "a\n", new_string: `a\nb\n${SECRET_CANARY}\n` };
  const ran = {
    tool_name: "Shell",
    tool_input: SECRET_CANARY,
    tool_output: SECRET_CANARY,
    tool_use_id: "t1",
  };
  const own: Record<string, Record<string, unknown>> = {
    sessionStart: { is_background_agent: false, composer_mode: "agent" },
    beforeSubmitPrompt: { prompt: `Do it. ${PROMPT_CANARY}-A1`, attachments: [] },
    postToolUse: { ...ran, cwd: WORKS[0], duration: 5_432 },
    afterFileEdit: { file_path: `${WORKS[0]}/src/checkout.ts`, edits: [edit] },
    afterAgentResponse: { text: PROMPT_CANARY, ...tokens },
    stop: { status: "completed", loop_count: 0, ...tokens },
    sessionEnd: { reason: "window_close", duration_ms: 99_500, final_status: "completed" },
  };
  return new Map(
    Object.entries(own).map(([event, more]) => [event, { ...common, hook_event_name: event, ...more }]),
  );
}

/** One file for each of them. */
function writeHookPayloads(dir: string, home: string): void {
  mkdirSync(dir, { recursive: true });
  for (const [event, payload] of hookPayloads(home)) {
    writeFileSync(path.join(dir, `${event}.json`), JSON.stringify(payload));
  }
}
