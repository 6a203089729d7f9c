import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";

const HISTORY_DAYS = 21;
const PROJECTS = ["/home/invented/shop", "/home/invented/payments", "/home/invented/website"];
/** Shares of the requests, and roughly how much each model answers with. */
const MODELS = [
  { id: "claude-sonnet-5-5", share: 0.5, output: 700 },
  { id: "claude-opus-5-5", share: 0.25, output: 1_100 },
  { id: "claude-haiku-5-5", share: 0.2, output: 350 },
  { id: "claude-fable-5-2", share: 0.05, output: 900 },
];

export interface InventedOptions {
  /** Folder that gets `projects/`. */
  dir: string;
  nowMs: number;
  random: () => number;
}

/**
 * An invented developer: writes transcripts in Claude Code's format, three weeks of history and then live, so that
 * a newcomer sees data move where there is no Claude Code. Its texts are constants and hold nothing of anybody.
 */
export class InventedDeveloper {
  readonly #o: InventedOptions;
  #session: Session | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: InventedOptions) {
    this.#o = options;
  }

  /** Writes the past once; a second start finds it. */
  writeHistory(): void {
    if (existsSync(path.join(this.#o.dir, "projects"))) return;
    for (let day = HISTORY_DAYS; day > 0; day--) this.#writeDay(this.#o.nowMs - day * 86_400_000);
  }

  /** A request every few seconds, as a busy afternoon has. */
  start(): void {
    const step = () => {
      if (this.#session === undefined || this.#session.requests > 25) this.#session = this.#newSession();
      this.#turnStep(this.#session, Date.now());
      this.#timer = setTimeout(step, 1_500 + this.#o.random() * 4_500);
    };
    step();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #writeDay(dayMs: number): void {
    const weekday = new Date(dayMs).getDay();
    const sessions = weekday === 0 || weekday === 6 ? this.#int(0, 1) : this.#int(2, 6);
    for (let i = 0; i < sessions; i++) {
      const session = this.#newSession();
      let atMs = dayMs - (dayMs % 86_400_000) + (8 + this.#o.random() * 9) * 3_600_000;
      for (let n = this.#int(4, 40); n > 0 && atMs < this.#o.nowMs; n--) {
        this.#turnStep(session, atMs);
        atMs += this.#int(4_000, 90_000);
      }
    }
  }

  #newSession(): Session {
    const cwd = PROJECTS[this.#int(0, PROJECTS.length - 1)] ?? "/home/invented/shop";
    const folder = path.join(this.#o.dir, "projects", cwd.replaceAll(/[^a-z0-9]/gi, "-"));
    mkdirSync(folder, { recursive: true });
    const id = randomUUID();
    return { id, cwd, file: path.join(folder, `${id}.jsonl`), requests: 0, cached: 0, prompt: randomUUID() };
  }

  #turnStep(session: Session, atMs: number): void {
    const lines: object[] = [];
    if (session.requests % 5 === 0) {
      session.prompt = randomUUID();
      lines.push(this.#prompt(session, atMs - 1_500));
    }
    lines.push(this.#answer(session, atMs));
    session.requests += 1;
    appendFileSync(session.file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  #prompt(session: Session, atMs: number): object {
    const content = "An invented prompt.";
    return {
      ...envelope(session, atMs),
      type: "user",
      promptSource: "typed",
      origin: { kind: "human" },
      message: { role: "user", content },
    };
  }

  #answer(session: Session, atMs: number): object {
    const model = this.#model();
    const written = this.#int(400, 9_000);
    const usage = {
      input_tokens: this.#int(2, 60),
      cache_creation_input_tokens: written,
      cache_read_input_tokens: session.cached,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: written },
      output_tokens: Math.round(model.output * (0.3 + 1.6 * this.#o.random())),
      service_tier: "standard",
      speed: "standard",
    };
    session.cached = Math.min(session.cached + written, 160_000);
    const content = [{ type: "text", text: "An invented answer." }];
    const message = {
      model: model.id,
      id: `msg_01${token()}`,
      type: "message",
      role: "assistant",
      content,
      usage,
    };
    return {
      ...envelope(session, atMs),
      type: "assistant",
      requestId: `req_011${token()}`,
      message: { ...message, stop_reason: "end_turn", stop_sequence: null },
    };
  }

  #model(): (typeof MODELS)[number] {
    let left = this.#o.random();
    for (const model of MODELS) {
      left -= model.share;
      if (left < 0) return model;
    }
    return { id: "claude-sonnet-5-5", share: 0, output: 700 };
  }

  #int(from: number, to: number): number {
    return from + Math.floor(this.#o.random() * (to - from + 1));
  }
}

interface Session {
  id: string;
  cwd: string;
  file: string;
  requests: number;
  /** Tokens that the next request reads from the cache. */
  cached: number;
  prompt: string;
}

function envelope({ id, cwd, prompt }: Session, atMs: number): object {
  return {
    parentUuid: null,
    isSidechain: false,
    userType: "external",
    cwd,
    sessionId: id,
    version: "2.1.330",
    entrypoint: "cli",
    uuid: randomUUID(),
    timestamp: new Date(atMs).toISOString(),
    promptId: prompt,
  };
}

function token(): string {
  return randomUUID().replaceAll("-", "").slice(0, 22);
}
