import { randomUUID } from "node:crypto";
import { appendFileSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { sleep } from "./processes.ts";

/** How much one second of the invented work writes. */
export const BYTES_PER_SECOND: number = 2 ** 20;

const FILES = 4;
/** Ends in the middle of lines nearly always, as a program's own writes may. */
const WRITE_BYTES = 300_000;
/** Where work has a pace: a program writes what it has, not what fills a block. */
const WRITES_PER_SECOND = 32;
const TEXT_BYTES = 1_500;
const RESULT_BYTES = 8_000;

interface Work {
  files: string[];
  requests: number;
}

/**
 * Invented work in portions: each appends to a few transcripts in turn, and is removed when it was delivered, so that
 * the disk holds little of it. A request tells its portion by its cached input tokens.
 */
export class SoakWriter {
  readonly #dir: string;
  readonly #portionBytes: number;
  readonly #open = new Map<number, Work>();
  readonly #startMs: number;
  readonly #filler = "invented words, as many as an answer has. ".repeat(300);
  portions = 0;
  requests = 0;
  files = 0;
  bytes = 0;

  constructor(dir: string, portionBytes: number, startMs: number) {
    this.#dir = dir;
    this.#portionBytes = portionBytes;
    this.#startMs = startMs;
  }

  /** Portions that were not removed, with the number of their requests. */
  get open(): ReadonlyMap<number, { requests: number }> {
    return this.#open;
  }

  /** Appends one portion, as fast as it can or at a pace. Lets others run between the writes. */
  async write(bytesPerSecond: number = Infinity): Promise<void> {
    this.portions += 1;
    const work: Work = { files: [], requests: 0 };
    this.#open.set(this.portions, work);
    const rests = Array.from({ length: FILES }, (_, n) => {
      const session = randomUUID();
      const folder = path.join(this.#dir, "projects", `app-${n}`);
      mkdirSync(folder, { recursive: true });
      const file = path.join(folder, `${session}.jsonl`);
      work.files.push(file);
      return { file, bytes: this.#text(session, work) };
    });
    this.files += FILES;
    const step = Math.min(WRITE_BYTES, Math.floor(bytesPerSecond / WRITES_PER_SECOND));
    const begun = performance.now();
    let written = 0;
    while (rests.some(({ bytes }) => bytes.length > 0)) {
      for (const rest of rests) {
        appendFileSync(rest.file, rest.bytes.subarray(0, step));
        written += Math.min(step, rest.bytes.length);
        rest.bytes = rest.bytes.subarray(step);
        await pause(begun + (written / bytesPerSecond) * 1_000);
      }
    }
  }

  remove(portion: number): void {
    for (const file of this.#open.get(portion)?.files ?? []) rmSync(file);
    this.#open.delete(portion);
  }

  #text(session: string, work: Work): Buffer {
    const parts: string[] = [];
    for (let bytes = 0; bytes < this.#portionBytes / FILES;) {
      const lines = this.#request(session);
      parts.push(lines);
      bytes += lines.length;
      this.bytes += lines.length;
      this.requests += 1;
      work.requests += 1;
    }
    return Buffer.from(parts.join(""), "latin1");
  }

  /** A request and the result of its tool, which makes it final. */
  #request(session: string): string {
    const envelope = {
      parentUuid: null,
      isSidechain: false,
      userType: "external",
      cwd: "/home/mira/src/app",
      sessionId: session,
      version: "2.1.330",
      timestamp: new Date(this.#startMs + (this.bytes / BYTES_PER_SECOND) * 1_000).toISOString(),
    };
    const usage = {
      input_tokens: 12,
      cache_read_input_tokens: this.portions,
      cache_creation_input_tokens: 900,
      output_tokens: 350,
    };
    const message = {
      id: `msg_01${randomUUID().replaceAll("-", "").slice(0, 22)}`,
      type: "message",
      role: "assistant",
      model: "claude-sonnet-4-6",
      content: [{ type: "text", text: this.#filler.slice(0, TEXT_BYTES) }],
      stop_reason: "end_turn",
      usage,
    };
    const content = [
      { type: "tool_result", tool_use_id: "toolu_1", content: this.#filler.slice(0, RESULT_BYTES) },
    ];
    const lines = [
      { ...envelope, type: "assistant", uuid: randomUUID(), requestId: `req_${randomUUID()}`, message },
      { ...envelope, type: "user", uuid: randomUUID(), message: { role: "user", content } },
    ];
    return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  }
}

async function pause(untilMs: number): Promise<void> {
  const ms = untilMs - performance.now();
  await (ms > 0 ? sleep(ms) : new Promise(setImmediate));
}
