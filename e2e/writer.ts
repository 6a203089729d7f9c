import { randomUUID } from "node:crypto";
import { appendFileSync, mkdirSync } from "node:fs";
import path from "node:path";

/** What was written, counted once per request whatever the number of its lines and copies. */
export interface Truth {
  requests: number;
  prompts: number;
  input: number;
  cacheRead: number;
  cacheWrite: number;
  output: number;
}

export const CANARIES = {
  prompt: "CANARY-PROMPT-4f1c",
  answer: "CANARY-ANSWER-88ab",
  tool: "CANARY-TOOL-9d2e",
  branch: "CANARY-BRANCH-01fe",
  folder: "canary-folder-77aa",
  secret: "ghp_CANARYabcdefghijklmnopqrstuvwxyz012345",
};

interface Session {
  id: string;
  cwd: string;
  file: string;
  turn: string;
  /** Whole lines written so far, for copies. */
  lines: string[];
  /** The end of a line that is only half written. */
  rest: string;
}

/**
 * Appends to many transcripts as several Claude Codes at once would: several lines per request with growing counts,
 * lines cut in the middle of a write, replays under another request id, and forks that copy old lines.
 */
export class TranscriptWriter {
  readonly truth: Truth = { requests: 0, prompts: 0, input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
  /** Every local id, folder and text that must not be found anywhere outside the transcripts. */
  readonly canaries = new Set<string>(Object.values(CANARIES));
  readonly #home: string;
  readonly #random: () => number;
  readonly #sessions: Session[] = [];
  readonly #now: () => number;

  constructor(home: string, options: { sessions: number; random: () => number; now: () => number }) {
    this.#home = home;
    this.#random = options.random;
    this.#now = options.now;
    for (let i = 0; i < options.sessions; i++) this.#sessions.push(this.#newSession(i));
  }

  /** Appends one request, perhaps with its prompt, to one of the transcripts. */
  step(): void {
    const session = this.#sessions[this.#int(this.#sessions.length)];
    if (session === undefined) return;
    if (this.#random() < 0.3) this.#prompt(session);
    this.#request(session);
    if (this.#random() < 0.02) this.#fork(session);
  }

  /** Ends every line that is half written. */
  finish(): void {
    for (const session of this.#sessions) this.#write(session, "");
  }

  #newSession(n: number): Session {
    const cwd = `/home/ana/${CANARIES.folder}/project-${n % 5}`;
    const folder = path.join(this.#home, "projects", cwd.replaceAll(/[^a-z0-9]/gi, "-"));
    mkdirSync(folder, { recursive: true });
    const id = this.#local(randomUUID());
    this.canaries.add(cwd);
    return { id, cwd, file: path.join(folder, `${id}.jsonl`), turn: "", lines: [], rest: "" };
  }

  #prompt(session: Session): void {
    session.turn = this.#local(randomUUID());
    const content = `${CANARIES.prompt} please fix it, token ${CANARIES.secret}`;
    const origin = { promptSource: "typed", origin: { kind: "human" }, promptId: session.turn };
    this.#line(session, { type: "user", ...origin, message: { role: "user", content } });
    this.truth.prompts += 1;
  }

  #request(session: Session): void {
    const usage = {
      input_tokens: this.#int(50),
      cache_read_input_tokens: this.#int(90_000),
      cache_creation_input_tokens: this.#int(5_000),
      output_tokens: 10 + this.#int(2_000),
    };
    const id = this.#local(`msg_01${randomUUID().replaceAll("-", "").slice(0, 22)}`);
    const requestId = this.#local(`req_011${randomUUID().replaceAll("-", "").slice(0, 20)}`);
    const blocks = 1 + this.#int(3);
    for (let i = 1; i <= blocks; i++) {
      const last = i === blocks;
      const counts = last ? usage : { ...usage, output_tokens: Math.min(usage.output_tokens, i) };
      const content = [{ type: "text", text: CANARIES.answer.repeat(1 + this.#int(40)) }];
      const message = {
        model: "claude-sonnet-4-6",
        id,
        type: "message",
        role: "assistant",
        content,
        usage: counts,
      };
      const end = last ? "end_turn" : null;
      this.#line(session, {
        type: "assistant",
        requestId,
        promptId: session.turn,
        message: { ...message, stop_reason: end },
      });
    }
    if (this.#random() < 0.05) this.#replay(session);
    const result = [{ type: "tool_result", tool_use_id: "toolu_1", content: CANARIES.tool.repeat(20) }];
    this.#line(session, {
      type: "user",
      message: { role: "user", content: result },
      toolUseResult: { stdout: CANARIES.tool },
    });
    this.truth.requests += 1;
    this.truth.input += usage.input_tokens;
    this.truth.cacheRead += usage.cache_read_input_tokens;
    this.truth.cacheWrite += usage.cache_creation_input_tokens;
    this.truth.output += usage.output_tokens;
  }

  /** The same answer again under another request id: not a request. */
  #replay(session: Session): void {
    const last = session.lines.at(-1);
    if (last === undefined) return;
    const record = JSON.parse(last) as Record<string, unknown>;
    this.#write(
      session,
      JSON.stringify({
        ...record,
        requestId: this.#local(`req_011R${randomUUID().slice(0, 8)}`),
        uuid: randomUUID(),
      }),
    );
  }

  /** A new file that begins with copies of an old one's lines under a session id of its own. */
  #fork(from: Session): void {
    const fork = this.#newSession(this.#sessions.length);
    for (const line of from.lines.slice(-8)) {
      const record = JSON.parse(line) as Record<string, unknown>;
      this.#write(fork, JSON.stringify({ ...record, session_id: from.id, sessionId: fork.id }));
    }
    this.#sessions.push(fork);
    this.#sessions.shift();
    this.#write(from, "");
  }

  #line(session: Session, fields: object): void {
    const envelope = {
      parentUuid: null,
      isSidechain: false,
      userType: "external",
      cwd: session.cwd,
      sessionId: session.id,
      version: "2.1.330",
      gitBranch: CANARIES.branch,
      uuid: this.#local(randomUUID()),
      timestamp: new Date(this.#now()).toISOString(),
    };
    this.#write(session, JSON.stringify({ ...envelope, ...fields }));
  }

  /** Appends a line; now and then only its first half, and the rest with the next one. */
  #write(session: Session, line: string): void {
    const text = session.rest + (line === "" ? "" : `${line}\n`);
    if (line !== "") session.lines.push(line);
    if (session.lines.length > 40) session.lines.shift();
    const cut =
      line !== "" && this.#random() < 0.2 ? session.rest.length + this.#int(line.length) : text.length;
    session.rest = text.slice(cut);
    if (cut > 0) appendFileSync(session.file, text.slice(0, cut));
  }

  #local(id: string): string {
    this.canaries.add(id);
    return id;
  }

  #int(below: number): number {
    return Math.floor(this.#random() * below);
  }
}

/** A small seeded generator (mulberry32), so that a failing run can be run again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
