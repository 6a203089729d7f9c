import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Factory, Platform } from "#component/component.ts";
import { parseConfigText } from "#config/load.ts";
import { VERSION } from "#config/version.ts";
import type { Mode } from "#proto/egress.ts";
import { contractHash, writeAcceptance } from "../consent/acceptance.ts";
import { InForce } from "../consent/in-force.ts";
import { createLogger } from "../service/logger.ts";
import { planService } from "../service/plan.ts";
import { Service } from "../service/service.ts";
import { systemClock } from "../service/system.ts";
import type { Captured, StandIn } from "./stand-in.ts";
import { cursorFolders } from "./cursor-session.ts";
import { filesBelow } from "./search.ts";

/** Texts that are older than this when the collector begins are history. */
const ACCEPTED_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface ModeOptions {
  mode: Mode;
  /** Of this mode alone. */
  dir: string;
  /** Of the invented sessions. */
  home: string;
  /** What the recorder of Cursor's hooks wrote. */
  hooks: string;
  components: readonly Factory[];
  standIn: StandIn;
  nowMs: number;
  signal: AbortSignal;
}

/** All that a collector in one mode let out, and all that it left. */
export interface ModeRun {
  mode: Mode;
  requests: Captured[];
  /** By their path in its folders. */
  files: Map<string, Buffer>;
  log: string;
  /** False when something was not delivered. */
  isDelivered: boolean;
}

/** Runs the collector as `talos run --once` does, with folders of its own. */
export async function runMode(options: ModeOptions): Promise<ModeRun> {
  const { mode, dir, components, standIn, nowMs, signal } = options;
  const configDir = path.join(dir, "config");
  mkdirSync(configDir, { recursive: true, mode: 0o700 });
  writeDecisions(configDir, mode, nowMs - ACCEPTED_MS);
  mkdirSync(path.join(dir, "state"), { mode: 0o700 });
  cpSync(options.hooks, path.join(dir, "state", path.basename(options.hooks)), { recursive: true });
  // Nothing of this machine: not its variables, not its proxies, not its home.
  const platform: Platform = { os: systemOf(process.platform), homeDir: dir, env: {} };
  const plan = planService(
    parseConfigText(configText(options), "the configuration of the proof", platform),
    components,
    platform,
  );
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const modes = new InForce({ configDir, clock: systemClock });
  const service = await Service.open({
    plan,
    version: VERSION,
    clock: systemClock,
    log: createLogger({ level: "debug", format: "text", write, now: Date.now }),
    platform,
    once: true,
    hurry: true,
    modes,
  });
  let isDelivered = false;
  try {
    await service.start();
    await Promise.race([service.readToEnd(), abortOf(signal)]);
    isDelivered = await service.drain(signal);
  } finally {
    await service.stop(AbortSignal.abort());
  }
  const files = new Map(filesBelow(dir).map((file) => [path.relative(dir, file), readFileSync(file)]));
  return { mode, requests: standIn.take(), files, log: lines.join(""), isDelivered };
}

/** When this machine began to follow, and what its developer accepted. */
function writeDecisions(configDir: string, mode: Mode, atMs: number): void {
  const firstStart = { first_start_ms: atMs, instance_id: "0".repeat(32) };
  writeFileSync(path.join(configDir, "first-start.json"), JSON.stringify(firstStart), { mode: 0o600 });
  if (mode === "off") return;
  writeAcceptance(configDir, {
    mode,
    by: "developer",
    team: "",
    agent: "",
    retention_days: 30,
    contract: contractHash(mode),
    accepted_at: atMs,
    expires_at: atMs + DAY_MS,
  });
}

function configText({ mode, dir, home, standIn }: ModeOptions): string {
  const to = `endpoint: ${standIn.url}, token: "a-token-of-the-proof"`;
  // JSON is YAML, whatever a folder is called.
  const at = (...parts: string[]) => JSON.stringify(path.join(...parts).replaceAll("\\", "/"));
  const { projects, userDir } = cursorFolders(home);
  const categorize =
    mode === "categorize_local"
      ? `provider: ollama, endpoint: ${standIn.url}, pause_on_battery: false`
      : `provider: auto, ${to}`;
  return `receivers:
  claude_code: { include: [${at(home, "projects/**/*.jsonl")}], start_at: beginning }
  cursor: { include: [${at(projects, "*/agent-transcripts/**/*.jsonl")}], user_dir: ${at(userDir)}, start_at: beginning }
processors:
  cwd_hash: { salt: "the-salt-of-the-proof-0123456789" }
  redaction: { mode: ${mode === "off" ? "full" : mode} }
  categorize: { ${categorize} }
exporters:
  otlp_http/talos: { ${to}, destination: talos }
service:
  state_dir: ${at(dir, "state")}
  config_dir: ${at(dir, "config")}
  outbox: { key_source: file }
  pipelines:
    logs: { receivers: [claude_code, cursor], processors: [cwd_hash, redaction, categorize], exporters: [otlp_http/talos] }
`;
}

function systemOf(platform: NodeJS.Platform): Platform["os"] {
  return platform === "darwin" || platform === "win32" ? platform : "linux";
}

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(new Error("stopped"));
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
