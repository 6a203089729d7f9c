/** For tests and measurements: a machine on which Cursor ends turns, with the hook's command as it is installed. */
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { posixEntry, RECORDER, type Recorder } from "./command.ts";
import { HookEvent } from "./event.ts";

const PATIENCE_MS = 120_000;

export interface Answer {
  stdout: string;
  code: number | null;
  ms: number;
}

export class HookMachine {
  readonly dir: string = mkdtempSync(path.join(tmpdir(), "talos-hooks-"));
  readonly home: string = path.join(this.dir, "home");
  readonly folder: string = path.join(this.dir, "state", "cursor-hooks");
  /** For the command, beside what this process has. */
  readonly env: Record<string, string> = {};
  readonly privateKey: KeyObject;

  constructor() {
    mkdirSync(path.join(this.home, ".cursor", "projects"), { recursive: true });
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const { publicKey, privateKey } = generateKeyPairSync("x25519");
    this.privateKey = privateKey;
    writeFileSync(path.join(this.folder, "key.pub"), `${publicKey.export({ format: "jwk" }).x}\n`, {
      mode: 0o600,
    });
  }

  command(over: Partial<Recorder> = {}): string {
    return posixEntry({ node: process.execPath, recorder: RECORDER, folder: this.folder, ...over }).command;
  }

  /** Ends a turn as Cursor does. `input` may be left open. */
  async end(input: string | Buffer, { command = this.command(), close = true } = {}): Promise<Answer> {
    const begun = performance.now();
    const child = spawn("sh", ["-c", command], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, HOME: this.home, ...this.env },
    });
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => void (stdout += chunk.toString()));
    // Who does not read to the end is no failure of Cursor's.
    child.stdin.on("error", () => {});
    if (close) child.stdin.end(input);
    else child.stdin.write(input);
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    const ms = performance.now() - begun;
    child.stdin.destroy();
    return { stdout: stdout.trim(), code, ms };
  }

  /** Every line that is there, as the collector reads it. */
  lines(): HookEvent[] {
    const segments = readdirSync(this.folder).filter((name) => name.endsWith(".jsonl"));
    return segments
      .flatMap((name) => readFileSync(path.join(this.folder, name), "utf8").split("\n"))
      .filter((line) => line !== "")
      .map((line) => HookEvent.strict().parse(JSON.parse(line)));
  }

  /** Waits until so many lines are there: a busy machine's recorder is later than its command. */
  async recorded(count: number): Promise<HookEvent[]> {
    await until(() => this.lines().length >= count);
    return this.lines();
  }

  dropped(): { full: number; foreign: number; malformed: number } {
    const sizeOf = (reason: string) => {
      const file = path.join(this.folder, `dropped-${reason}`);
      return existsSync(file) ? statSync(file).size : 0;
    };
    return { full: sizeOf("full"), foreign: sizeOf("foreign"), malformed: sizeOf("malformed") };
  }

  dispose(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Waits until it is so. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error("it never came to be");
    // oxlint-disable-next-line no-await-in-loop -- it waits
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What Cursor says at the end of a turn, with all its fields. */
export function stopPayload(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    conversation_id: "6b1f5f0e-3f0a-4c44-9a53-0c8b5d0d7a11",
    generation_id: "0f7c2a34-5f39-4a9f-8d0e-6a2f4b1f9c77",
    session_id: "6b1f5f0e-3f0a-4c44-9a53-0c8b5d0d7a11",
    hook_event_name: "stop",
    model: "claude-sonnet-5",
    cursor_version: "3.18.25",
    workspace_roots: ["/home/dev/work/acme-shop"],
    user_email: "dev@example.com",
    transcript_path: null,
    status: "completed",
    loop_count: 0,
    input_tokens: 23_666,
    output_tokens: 512,
    cache_read_tokens: 21_000,
    cache_write_tokens: 1_200,
    ...over,
  };
}
