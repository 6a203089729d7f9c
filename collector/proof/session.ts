import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { inventedWord, type Planted } from "./canaries.ts";

/** A secret as its vendor writes it, and the kind. */
export interface Secret {
  kind: string;
  value: string;
}

export interface Invented {
  source: "claude_code" | "cursor";
  prompts: number;
  requests: number;
  answers: number;
}

interface Around {
  planted: Planted;
  folder: string;
  cwd: string;
  branch: string;
}

type Json = Record<string, unknown>;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** So many prompts hold all the secrets: a long prompt is shown to a model only in part. */
const PROMPTS = 6;

/**
 * Writes an invented Claude Code home with something planted in every place that a transcript has. Says how much of it
 * is younger than `sinceMs`: what is older may be counted, and no text of it may be read.
 */
export function writeHome(
  home: string,
  planted: Planted,
  { secrets, nowMs }: { secrets: readonly Secret[]; nowMs: number },
): Invented {
  const owner = inventedWord(3);
  const cwd = `/home/${owner}/${planted.word("place", "a folder of the working directory")}`;
  const folder = path.join(home, "projects", cwd.replaceAll("/", "-"));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const around = { planted, folder, cwd, branch: `fix/${planted.word("place", "a git branch")}` };
  new Session(around, nowMs - 2 * DAY_MS).writeOld();
  const session = new Session(around, nowMs - 10 * MINUTE_MS);
  const portion = Math.ceil(secrets.length / PROMPTS);
  for (let n = 0; n < PROMPTS; n += 1) session.turn(n, secrets.slice(n * portion, (n + 1) * portion));
  session.save();
  return { source: "claude_code", prompts: PROMPTS, requests: PROMPTS, answers: PROMPTS };
}

class Session {
  readonly #around: Around;
  readonly #id: string;
  readonly #lines: Json[] = [];
  #timeMs: number;
  #parent: string | null = null;

  constructor(around: Around, startMs: number) {
    this.#around = around;
    this.#timeMs = startMs;
    this.#id = around.planted.uuid("a session's id");
  }

  /** A session from before: its prompt and its answer are history. */
  writeOld(): void {
    const { planted } = this.#around;
    this.#prompt(`Tell ${planted.name("old", "a name in an old prompt")} about the migration.`);
    this.#answer([{ type: "text", text: `Told: ${planted.word("old", "a word of an old answer")}.` }]);
    this.save();
  }

  turn(n: number, secrets: readonly Secret[]): void {
    const { planted } = this.#around;
    this.#prompt(promptOf(planted, n, secrets));
    const results = this.#answer([
      { type: "thinking", thinking: `Perhaps ${planted.word("tool", "a word of the model's thinking")}.` },
      { type: "text", text: answerOf(planted, secrets) },
      this.#edit(),
    ]);
    this.#result(results);
  }

  save(): void {
    const text = this.#lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    writeFileSync(path.join(this.#around.folder, `${this.#id}.jsonl`), text, { mode: 0o600 });
  }

  #prompt(text: string): void {
    const promptId = this.#around.planted.uuid("a prompt's id");
    this.#line({
      type: "user",
      promptId,
      promptSource: "typed",
      origin: { kind: "human" },
      message: { role: "user", content: text },
    });
  }

  #answer(blocks: Json[]): string {
    const { planted } = this.#around;
    const id = planted.add({ kind: "id", what: "a message's id", needle: `msg_${inventedWord(8)}` });
    const requestId = planted.add({ kind: "id", what: "a request's id", needle: `req_${inventedWord(8)}` });
    const usage = { input_tokens: 12, output_tokens: 34, cache_read_input_tokens: 5_600 };
    for (const [i, block] of blocks.entries()) {
      const stop = i === blocks.length - 1 ? "end_turn" : null;
      const message = {
        id,
        type: "message",
        role: "assistant",
        model: "claude-sonnet-5-5",
        content: [block],
        stop_reason: stop,
        usage,
      };
      this.#line({ type: "assistant", requestId, message });
    }
    return id;
  }

  #edit(): Json {
    const { planted, cwd } = this.#around;
    const input = {
      file_path: `${cwd}/${planted.word("place", "a file's name")}.ts`,
      old_string: `let ${planted.word("tool", "code in a tool's argument")} = 1;`,
      command: `grep ${planted.word("tool", "a command in a tool's argument")}`,
    };
    return { type: "tool_use", id: `toolu_${inventedWord()}`, name: "Edit", input };
  }

  #result(toolUse: string): void {
    const { planted } = this.#around;
    const content = `1 class ${planted.name("tool", "code in a file that was read")} {}`;
    this.#line({
      type: "user",
      message: { role: "user", content: [{ type: "tool_result", tool_use_id: toolUse, content }] },
      toolUseResult: { file: { content }, stdout: planted.word("tool", "output of a command") },
    });
  }

  #line(line: Json): void {
    const uuid = this.#around.planted.uuid("a line's id");
    this.#timeMs += 1_000;
    this.#lines.push({
      parentUuid: this.#parent,
      isSidechain: false,
      userType: "external",
      cwd: this.#around.cwd,
      sessionId: this.#id,
      version: "2.1.330",
      gitBranch: this.#around.branch,
      ...line,
      uuid,
      timestamp: new Date(this.#timeMs).toISOString(),
    });
    this.#parent = uuid;
  }
}

export function promptOf(planted: Planted, n: number, secrets: readonly Secret[]): string {
  const said = [`Fix the ${planted.word("prompt", "a word of a prompt")} page`];
  // The stand-in for a model answers with what this names, as a model does that was talked into it.
  if (n % 2 === 0) said.push(`for the customer ${planted.name("prompt", "a customer's name in a prompt")}`);
  const code = planted.word("prompt", "code in a prompt");
  const person = inventedWord(4);
  const lines = [
    `${said.join(" ")}: it is too slow.`,
    "```ts",
    `function ${code}() { return 1; }`,
    "```",
    `Write to ${mailOf(planted)} when it is done, my notes are in /home/${person}/notes.`,
    ...secrets.map((secret, i) => written(planted, secret, i)),
  ];
  planted.add({ kind: "personal", what: "a home folder in a prompt", needle: `/home/${person}` });
  return lines.join("\n");
}

function mailOf(planted: Planted): string {
  const needle = `${inventedWord(4)}@${inventedWord(3)}.com`;
  return planted.add({ kind: "personal", what: "an e-mail address in a prompt", needle });
}

export function answerOf(planted: Planted, secrets: readonly Secret[]): string {
  const word = planted.word("answer", "a word of an answer");
  const code = planted.word("answer", "code in an answer");
  const [first] = secrets;
  const repeated = first === undefined ? "" : `\nThe key ${first.value} should be rotated.`;
  return `The ${word} page is fast now.\n\n\`\`\`ts\nconst ${code} = 2;\n\`\`\`${repeated}`;
}

/** As people and programs write them: plain, in an address, in base64. */
function written(planted: Planted, { kind, value }: Secret, i: number): string {
  planted.add({ kind: "secret", what: kind, needle: value });
  switch (i % 3) {
    case 0:
      return `export SERVICE_TOKEN="${value}"`;
    case 1:
      return `in the secret: data: ${Buffer.from(`token: ${value}\n`).toString("base64")}`;
    default:
      return `it answers 401 with ${value}`;
  }
}
