import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Status } from "#state/types.ts";
import { PROJECT } from "./backend.ts";

export interface CollectorOptions {
  /** Folder that holds `projects/`, and Cursor's folders where there are any. */
  home: string;
  endpoint: string;
  token: string;
  salt: string;
  startAt?: "beginning" | "end";
  encoding?: "proto" | "json";
  /** More exporters, as YAML below `exporters:`, and their ids. */
  more?: { yaml: string; ids: string[] };
}

const CLI = ["--enable-source-maps", path.join(PROJECT, "collector/cmd/main.ts")];

/** A collector as users run it: a process of its own, with a configuration file and a state folder. */
export class CollectorProcess {
  readonly dir: string;
  readonly configFile: string;
  readonly stateDir: string;
  #child: ChildProcess | undefined;
  #output = "";

  constructor(options: CollectorOptions) {
    this.dir = mkdtempSync(path.join(tmpdir(), "talos-collector-"));
    this.stateDir = path.join(this.dir, "state");
    this.configFile = path.join(this.dir, "config.yaml");
    writeFileSync(this.configFile, configText(this.stateDir, options), { mode: 0o600 });
  }

  /** Everything the processes wrote to their terminals so far. */
  get output(): string {
    return this.#output;
  }

  run(): void {
    this.#child = spawn(process.execPath, [...CLI, "run", "--config", this.configFile], { cwd: PROJECT });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#output += chunk.toString("utf8");
      });
    }
  }

  /** Sends a signal that does not end the process. */
  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  async kill(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill(signal);
    return code;
  }

  /** `talos run --once`: resolves to its exit code. */
  async runOnce(): Promise<number | null> {
    return (await this.command("run", "--once", "--config", this.configFile)).status;
  }

  async status(): Promise<Status> {
    return JSON.parse((await this.command("status", "--json", "--config", this.configFile)).stdout) as Status;
  }

  /** Any `talos` command. Never blocks this process, which may be the other end of the collector's connection. */
  async command(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const child = spawn(process.execPath, [...CLI, ...args], {
      cwd: PROJECT,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].on("data", (chunk: Buffer) => {
        texts[name] += chunk.toString("utf8");
      });
    }
    const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
    this.#output += texts.stdout + texts.stderr;
    return { status, ...texts };
  }

  readFile(name: string): Buffer {
    return readFileSync(path.join(this.dir, name));
  }
}

function configText(stateDir: string, options: CollectorOptions): string {
  const more = options.more ?? { yaml: "", ids: [] };
  return `
receivers:
  claude_code:
    include: ["${options.home}/projects/**/*.jsonl"]
    start_at: ${options.startAt ?? "beginning"}
  cursor:
    include: ["${options.home}/.cursor/projects/*/agent-transcripts/**/*.jsonl"]
    user_dir: "${options.home}/.config/Cursor/User"
    start_at: ${options.startAt ?? "beginning"}
processors:
  cwd_hash: { salt: "${options.salt}" }
  redaction: { mode: "off" }
exporters:
  otlp_http/talos:
    endpoint: "${options.endpoint}"
    token: "${options.token}"
    destination: talos
    encoding: ${options.encoding ?? "proto"}
    timeout: 5s
${more.yaml}
service:
  state_dir: "${stateDir}"
  outbox: { key_source: file }
  batch: { timeout: 1s }
  pipelines:
    logs:
      receivers: [claude_code, cursor]
      processors: [cwd_hash, redaction]
      exporters: [${["otlp_http/talos", ...more.ids].join(", ")}]
`;
}
