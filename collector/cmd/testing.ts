/** For tests of commands: a machine with a Claude Code home, a configuration, and `talos` as processes. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Status } from "#state/types.ts";

const MAIN = path.resolve(import.meta.dirname, "main.ts");
/** Long enough for a machine that is busy with other tests. */
const PATIENCE_MS = 60_000;

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface MachineConfig {
  /** More settings of the receiver, as YAML. */
  receiver?: string;
  /** Ids of file exporters. */
  exporters?: string[];
  /** A whole exporter in their place, as YAML. */
  exporter?: { id: string; yaml: string };
  startAt?: "beginning" | "end";
  keySource?: "file" | "memory";
}

export class Machine {
  readonly dir: string = mkdtempSync(path.join(tmpdir(), "talos-machine-"));
  readonly home: string = path.join(this.dir, "home");
  readonly stateDir: string = path.join(this.dir, "state");
  readonly configFile: string = path.join(this.dir, "config.yaml");
  /** Everything that the processes wrote. */
  output = "";
  /** For the processes, beside what this one has. */
  readonly env: Record<string, string> = {};
  #child: ChildProcess | undefined;
  #serial = 0;

  constructor(over: MachineConfig = {}) {
    mkdirSync(path.join(this.home, "projects"), { recursive: true });
    this.configure(over);
  }

  configure(over: MachineConfig): void {
    const exporters = over.exporter === undefined ? (over.exporters ?? ["file"]) : [over.exporter.id];
    const yaml = exporters.map((id) => `  ${id}: ${over.exporter?.yaml ?? `{ path: ${this.outFile(id)} }`}`);
    const text = `receivers:
  claude_code:
    include: ["${this.home}/projects/**/*.jsonl"]
    start_at: ${over.startAt ?? "beginning"}
${over.receiver ?? ""}
processors: { cwd_hash: { salt: "a-team-salt-of-32-characters-012" }, redaction: { mode: "off" } }
exporters:
${yaml.join("\n")}
service:
  state_dir: ${this.stateDir}
  outbox: { key_source: ${over.keySource ?? "file"} }
  batch: { timeout: 1s }
  pipelines:
    logs: { receivers: [claude_code], processors: [cwd_hash, redaction], exporters: [${exporters.join(", ")}] }
`;
    writeFileSync(this.configFile, text);
  }

  outFile(exporter: string): string {
    return path.join(this.dir, `${exporter.replace("/", "-")}.jsonl`);
  }

  /** Appends one whole request to a session's file. Its counts tell which it was. */
  request(session: string, of: { output: number; cwd?: string; atMs?: number; id?: string }): void {
    this.#serial += 1;
    const id = of.id ?? `${session}-${this.#serial}`;
    const line = {
      type: "assistant",
      uuid: `uuid-${id}`,
      parentUuid: null,
      isSidechain: false,
      sessionId: session,
      cwd: of.cwd ?? "/srv/work/app",
      version: "2.1.330",
      timestamp: new Date(of.atMs ?? Date.now()).toISOString(),
      requestId: `req_${id}`,
      message: {
        id: `msg_${id}`,
        type: "message",
        role: "assistant",
        model: "claude-sonnet-5-5",
        content: [{ type: "text", text: "An answer." }],
        stop_reason: "end_turn",
        usage: { input_tokens: 10, output_tokens: of.output },
      },
    };
    const folder = path.join(this.home, "projects", "-srv-work");
    mkdirSync(folder, { recursive: true });
    appendFileSync(path.join(folder, `${session}.jsonl`), `${JSON.stringify(line)}\n`);
  }

  /** Output tokens of every record that left, in order of size. */
  sent(exporter = "file"): number[] {
    const file = this.outFile(exporter);
    if (!existsSync(file)) return [];
    const tokens = readFileSync(file, "utf8").matchAll(
      /"gen_ai\.usage\.output_tokens","value":\{"intValue":"(\d+)"/g,
    );
    return Array.from(tokens, (match) => Number(match[1])).toSorted((a, b) => a - b);
  }

  /** `talos run` until `stop`. */
  run(): void {
    this.begin("run");
  }

  /** Any command until `stop`. */
  begin(...args: string[]): void {
    this.#child = this.#spawn([...args, "--config", this.configFile]);
  }

  /** `talos run` without a configuration, as an enrolled machine starts it. */
  followAlone(): void {
    this.#child = this.#spawn(["run"]);
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  /** A command with the configuration. */
  async talos(...args: string[]): Promise<Ran> {
    return this.talosAlone(...args, "--config", this.configFile);
  }

  /** A command as it is. */
  async talosAlone(...args: string[]): Promise<Ran> {
    const child = this.#spawn(args);
    const ran: Ran = { code: null, stdout: "", stderr: "" };
    child.stdout?.on("data", (chunk: Buffer) => void (ran.stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => void (ran.stderr += chunk.toString()));
    ran.code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return ran;
  }

  async status(): Promise<Status & { paused: { fromMs: number; untilMs: number | null } | null }> {
    return JSON.parse((await this.talos("status", "--json")).stdout) as never;
  }

  async dispose(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.dir, { recursive: true, force: true });
  }

  #spawn(args: string[]): ChildProcess {
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, HOME: this.dir, NO_COLOR: "1", ...this.env },
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk: Buffer) => void (this.output += chunk.toString()));
    return child;
  }
}

/** Waits until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`it never came to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
